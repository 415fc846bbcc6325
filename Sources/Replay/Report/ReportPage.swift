import Nostr
import Reducers

/// The whole report as one page that needs nothing else: no network, no fonts, no other file.
struct ReportPage {
    let report: Report
    private let words: ReportWords

    init(_ report: Report) {
        self.report = report
        words = ReportWords(report: report)
    }

    var html: String {
        let style = ReportStyle.css
        let script = ReportScript.javascript
        // Nothing is loaded from anywhere, and nothing runs but this script, whatever a name contains.
        let policy: Markup = """
            default-src 'none'; style-src 'sha256-\(ReportPage.hash(style))'; \
            script-src 'sha256-\(ReportPage.hash(script))'; base-uri 'none'; form-action 'none'
            """
        let page: Markup = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(Markup(trusted: policy.text))">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
            <title>\(report.origin): \(range)</title><style>\(Markup(trusted: style))</style></head><body>
            \(header)
            <main>\(ReportVerdict(report: report).markup)\(totals)\(graph)\(timeline)\(attempts)\(refusals)\(membership)</main>
            \(footer)
            <script>\(Markup(trusted: script))</script></body></html>

            """
        return page.text
    }

    private static func hash(_ text: String) -> String { Base64.encode(SHA256.hash(Array(text.utf8)).bytes) }

    private var range: String {
        let (from, to) = (report.times.lowerBound, report.times.upperBound)
        let end = ReportWords.day(from) == ReportWords.day(to) ? ReportWords.clock(to) + " UTC" : ReportWords.moment(to)
        return "\(ReportWords.day(from)) \(ReportWords.clock(from)) to \(end)"
    }

    /// The options that pick this range.
    private var options: String {
        "--from \(report.positions.lowerBound) --to \(report.positions.upperBound - 1)"
    }

    private var since: String {
        let from = Timestamp.text(report.times.lowerBound, .microseconds)
        return "--since \(from) --until \(Timestamp.text(report.times.upperBound, .microseconds))"
    }

    private var header: Markup {
        """
        <header><p class="kicker">Ringdown · who was connected with whom, and was it right</p><h1>\(report.origin)</h1>
        <p>\(range) · entries \(report.positions.lowerBound.grouped) to \((report.positions.upperBound - 1).grouped) of \
        \(report.logSize.grouped)</p></header>
        """
    }

    private var totals: Markup {
        let members = report.spans.filter { $0.value.contains { $0.ended == nil } }.count
        let joined = report.spans.values.flatMap { $0 }.filter { report.positions.contains($0.since) }.count
        let left = report.spans.values.filter { $0.last?.ended != nil }.count
        let cards: [(String, String, String)] = [
            (report.attempts.grouped, "asked to be connected", ""),
            (report.granted.grouped, "were connected", "granted"),
            (report.rungAtBothEnds.grouped, "rang at both ends", "granted"),
            (report.refused.grouped, "were refused", "refused"),
            (members.grouped, "belong at the end", ""),
            ("\(joined) / \(left)", "joined or changed / left", ""),
        ]
        return """
            <ul class="totals">\(cards.map { "<li class=\"\($0.2)\"><strong>\($0.0)</strong> \($0.1)</li>" as Markup })</ul>
            """
    }

    private func section(_ id: String, _ title: String, _ lead: Markup, _ body: Markup, _ command: String) -> Markup {
        """
        <section id="\(id)"><h2>\(title)</h2><p class="lead">\(lead)</p>\(body)
        <p class="repeat">Repeat it: <code>ringdown-replay \(command)</code></p></section>
        """
    }

    private var graph: Markup {
        let graph = PairGraph(report, words)
        let more = graph.omitted > 0 ? " \(graph.omitted) keys with fewer attempts are left out." : ""
        return section(
            "who", "Who was connected with whom",
            """
            A line for each pair, the thicker the more often; dashed where it was refused. Choose a name to see its lines \
            alone.\(more)
            """, "\(graph.markup)\(ReportTables(report: report, words: words).pairs)",
            "pairs --data DIR \(since)")
    }

    private var timeline: Markup {
        let timeline = Timeline(report, words)
        let more = timeline.omitted > 0 ? " \(timeline.omitted) keys with fewer attempts are left out." : ""
        let lead: Markup = """
            A lane for each member: solid while it belonged, hatched before and after. A line joins who asked and whom it \
            asked for. A connection on hatched ground would be a mistake, and is circled, unless the relay was open to \
            everybody then.\(latest)\(more)
            """
        let body: Markup = """
            <div class="controls" hidden>
            <label>Moment <input id="moment" type="range" min="0" max="1000" value="1000"></label>
            <label>Closer <input id="zoom" type="range" min="0" max="100" value="0"></label>
            <span class="steps"><button id="previous" type="button">‹ attempt before</button>
            <button id="next" type="button">attempt after ›</button></span>
            <output id="clock" for="moment"></output></div>
            <div id="told" class="told" aria-live="polite" hidden></div>
            \(Overview(report: report).markup)\(timeline.markup)
            """
        return section("when", "When it happened", lead, body, "log --data DIR --from \(report.positions.lowerBound)")
    }

    private var latest: String {
        guard report.attempts > UInt64(report.stories.count) else { return "" }
        return """
             Of \(report.attempts.grouped) attempts the latest \(report.stories.count.grouped) are drawn; the bars and all \
            sums count every one.
            """
    }

    private var attempts: Markup {
        section(
            "attempts", "Every attempt",
            "Open one for its story: what was checked, what each check saw, and whether the rules give the same.\(latest)",
            AttemptList(report: report, words: words).markup, "pairs --data DIR \(since)")
    }

    private var refusals: Markup {
        section(
            "refusals", "What was refused, and why",
            "Every reason that was given in this range, calls and everything else.",
            ReportTables(report: report, words: words).refusals,
            "export --data DIR --format csv --table decisions \(options)")
    }

    private var membership: Markup {
        let chart = MembershipChart(report, words)
        let changes = chart.changes
        let table: Markup =
            changes.isEmpty
            ? "<p class=\"none\">Nobody joined or left in this range.</p>"
            : """
            <div class="scroll"><table><thead><tr><th>when</th><th>who</th><th>what</th><th>by</th><th>ask</th></tr></thead>
            <tbody>\(changes)</tbody></table></div>
            """
        return section(
            "members", "Who belonged, and when",
            """
            <span class="legend member">member</span> <span class="legend admin">admin</span> \
            <span class="legend owner">owner</span>\(chart.omitted > 0 ? " \(chart.omitted) keys more are left out." : "")
            """, "\(chart.markup)\(table)",
            "export --data DIR --format csv --table members \(options)")
    }

    private var footer: Markup {
        """
        <footer><p>Names are what members call themselves; the key behind a name is what counts, and nobody can choose it. \
        Times are the relay’s, in UTC. <code>DIR</code> is the relay’s data directory, or a copy of it; \
        <code>why 17</code> in a table stands for <code>ringdown-replay why --data DIR 17</code>.</p>
        <p>Made by ringdown-replay \(Release.version) with <code>ringdown-replay report --data DIR \(options) --out \
        FILE.html</code>.</p></footer>
        """
    }
}
