import Nostr
import Reducers

/// Who belonged when: a bar for each span in which somebody had a role.
struct MembershipChart {
    private static let rowHeight = 38

    private let report: Report
    private let words: ReportWords
    private let keys: [PublicKey]
    /// Keys that had to be left out.
    let omitted: Int

    init(_ report: Report, _ words: ReportWords) {
        self.report = report
        self.words = words
        // In the order in which they came.
        let all = report.spans.sorted {
            ($0.value.first?.since ?? 0, $0.key) < ($1.value.first?.since ?? 0, $1.key)
        }
        omitted = max(0, all.count - Report.maximumLanes)
        keys = all.prefix(Report.maximumLanes).map(\.key)
    }

    var markup: Markup {
        guard !keys.isEmpty else { return "<p class=\"none\">Nobody was a member in this range.</p>" }
        let height = keys.count * MembershipChart.rowHeight + 20
        return """
            <svg class="gantt" width="100%" height="\(height)" role="img" aria-label="Who belonged when">
            \(keys.enumerated().map { row($1, $0) })
            <text x="0" y="\(height - 4)">\(ReportWords.moment(report.times.lowerBound))</text>
            <text x="100%" y="\(height - 4)" text-anchor="end">\(ReportWords.moment(report.times.upperBound))</text>
            </svg>
            """
    }

    private func row(_ key: PublicKey, _ index: Int) -> Markup {
        let top = index * MembershipChart.rowHeight
        let spans = report.spans[key] ?? []
        let bars = spans.map { span -> Markup in
            let begin = report.share(span.began)
            let end = report.share(span.ended ?? report.frame.upperBound)
            return """
                <rect class="span \(span.role.name)" x="\(begin)%" y="\(top + 17)" width="\(max(0.4, end - begin))%" \
                height="12"><title>\(story(key, span))</title></rect>
                """
        }
        let last = spans.last
        let state: Markup = last?.ended == nil ? "\(last?.role.name ?? "")" : "left"
        return """
            <g><line class="rail" x1="0" x2="100%" y1="\(top + 23)" y2="\(top + 23)"/>\
            <text x="0" y="\(top + 12)">\(words.name(key))</text>\
            <text class="role" x="100%" y="\(top + 12)" text-anchor="end">\(state)</text>\(bars)</g>
            """
    }

    private func story(_ key: PublicKey, _ span: Report.Span) -> String {
        let end = span.ended.map { "until \(ReportWords.moment($0))" } ?? "and still"
        return "\(words.name(key)): \(span.role.name) since \(ReportWords.moment(span.began)), \(end)"
    }

    /// Joins, leaves and changes of the range, a line each.
    var changes: [Markup] {
        var lines: [(time: Int64, text: Markup)] = []
        for (key, spans) in report.spans {
            for (index, span) in spans.enumerated() {
                let isChange = index > 0 && spans[index - 1].isChange
                if report.positions.contains(span.since) {
                    let verb = isChange ? "became \(span.role.name)" : "joined as \(span.role.name)"
                    lines.append(
                        (
                            span.began,
                            line(span.began, key, verb, span.by, "why \(span.since)")
                        ))
                }
                if let ended = span.ended, !span.isChange {
                    let verb = span.endedBy == key ? "left" : "was removed"
                    let command = "why \(span.until ?? span.since)"
                    lines.append((ended, line(ended, key, verb, span.endedBy, command)))
                }
            }
        }
        return lines.sorted { ($0.time, $0.text.text) < ($1.time, $1.text.text) }.prefix(Report.maximumStories).map(
            \.text)
    }

    private func line(_ time: Int64, _ key: PublicKey, _ verb: String, _ by: PublicKey?, _ command: String) -> Markup {
        """
        <tr><td><time>\(ReportWords.moment(time))</time></td><td>\(words.name(key))</td><td>\(verb)</td>\
        <td>\(words.actor(by))</td><td><code>\(command)</code></td></tr>
        """
    }
}
