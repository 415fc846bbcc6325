import Nostr

/// The tables of a report.
struct ReportTables {
    /// Rows of a table that has as many as there are pairs.
    private static let maximumRows = 200

    let report: Report
    let words: ReportWords

    /// Who asked for whom, the busiest first.
    var pairs: Markup {
        let busiest = report.pairs.sorted { ($1.value.all, $0.key) < ($0.value.all, $1.key) }
        let rows = busiest.prefix(ReportTables.maximumRows).map { pair, count -> Markup in
            """
            <tr data-a="\(pair.requester.hex)" data-b="\(pair.target.hex)"><td>\(words.name(pair.requester))</td>\
            <td>\(words.name(pair.target))</td><td class="number">\(count.granted)</td>\
            <td class="number">\(count.refused)</td></tr>
            """
        }
        let rest = busiest.count - rows.count
        return """
            <details class="table"><summary>The same as a table</summary><div class="scroll"><table><thead><tr>\
            <th>who asked</th><th>for whom</th><th class="number">connected</th><th class="number">refused</th></tr></thead>
            <tbody>\(rows)</tbody></table></div>\(rest > 0 ? "<p>and \(rest) pairs more</p>" : "")</details>
            """
    }

    /// Every reason that was given, the most frequent first.
    var refusals: Markup {
        guard !report.refusals.isEmpty else { return "<p class=\"none\">Nothing was refused in this range.</p>" }
        let sorted = report.refusals.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        let most = Double(sorted.first?.value.count ?? 1)
        let rows = sorted.map { reason, refusals -> Markup in
            let meaning = ReportWords.meaning(refusals.code)
            let told: Markup = meaning == nil ? "" : "<br><q>\(reason)</q>"
            return """
                <tr><td class="number">\(refusals.count.grouped)<svg class="bar" width="100%" height="4" \
                aria-hidden="true"><rect width="\(100 * Double(refusals.count) / most)%" height="4"/></svg></td>\
                <td>\(meaning ?? reason)\(told)</td>\
                <td>\(refusals.isAboutCalls ? "a call" : "something else")</td>\
                <td>\(ReportWords.count(UInt64(refusals.authors.count), "key"))</td>\
                <td><code>why \(refusals.latest)</code></td></tr>
                """
        }
        return """
            <div class="scroll"><table><thead><tr><th class="number">how often</th><th>why, and what they were told</th>\
            <th>what it was</th><th>by</th><th>the latest</th></tr></thead><tbody>\(rows)</tbody></table></div>\(dropped)
            """
    }

    /// What never came into the log, since it was too much.
    private var dropped: Markup {
        guard !report.dropped.isEmpty else { return "" }
        let counts = report.dropped.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.grouped)" }
        return """
            <p>Turned away before the log, so that a flood cannot fill the disk: \(counts.joined(separator: ", ")).</p>
            """
    }
}
