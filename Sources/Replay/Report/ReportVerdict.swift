/// Whether the log is right, in the words of somebody who is no engineer, and what to compare it with.
struct ReportVerdict {
    let report: Report

    var markup: Markup {
        guard let verification = report.verification else {
            return """
                <section class="verdict unknown"><h2>This log was not checked.</h2>
                <p>Everything below is what the log says. Run <code>ringdown-replay verify --data DIR</code>, or make this \
                report without <code>--no-verify</code>.</p>\(checkpoint)</section>
                """
        }
        guard let divergence = verification.divergence else { return right(verification) }
        let rest: Markup =
            divergence.position.map { position in
                """
                The \(ReportWords.count(position, "entry")) before it are right. Do not rely on anything that this report \
                says of entry \(position) or later.
                """
            } ?? "Every entry by itself is right, but what is stored beside the entries is not."
        return """
            <section class="verdict wrong"><h2>This log is not what it has to be.</h2>
            <p>The first thing that is wrong: \(divergence.place).</p>
            <dl><dt>It had to be</dt><dd>\(divergence.expected)</dd><dt>It is</dt><dd>\(divergence.found)</dd></dl>
            <p>\(rest)</p><p class="repeat">Repeat it: <code>ringdown-replay verify --data DIR</code></p>\(checkpoint)</section>
            """
    }

    private func right(_ verification: Verification) -> Markup {
        let erased: Markup =
            verification.erased == 0
            ? ""
            : """
            <p>The contents of \(ReportWords.count(verification.erased, "entry")) were erased on request; that they were \
            there, and when, can still be proven.</p>
            """
        return """
            <section class="verdict right"><h2>This log was checked: every decision followed the rules.</h2>
            <p>\(what(verification)) were computed anew, and \(verification.signatures.grouped) signatures were checked. \(verification.decisions.grouped) decisions came out \
            as they are recorded.</p>\(erased)
            <p class="repeat">Repeat it: <code>ringdown-replay verify --data DIR</code></p>\(checkpoint)</section>
            """
    }

    /// The whole log, or the part that a copy was cut to.
    private func what(_ verification: Verification) -> Markup {
        guard let cut = verification.cut else {
            return "All \(verification.entries.grouped) entries, from the very first,"
        }
        return """
            This is a part of a log: entries \(cut.lowerBound.grouped) to \((cut.upperBound - 1).grouped), with the \
            fingerprints of all others. Those \(verification.entries.grouped) entries
            """
    }

    private var checkpoint: Markup {
        let note: Markup = report.checkpoint?.markup ?? ""
        return """
            <div class="checkpoint"><p>The fingerprint of its \(report.logSize.grouped) entries. Whoever has the same one \
            has the same log:</p><code class="root">\(report.logRoot.hex)</code>\(note)</div>
            """
    }
}
