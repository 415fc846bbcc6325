import Nostr
import Reducers

/// A lane for each member, solid while it was a direct member and hatched before and after; each attempt is a line from
/// the lane of who asked to the lane of whom it asked for. So a pairing on hatched ground jumps out.
///
/// All places are shares of the width, and all times are in the attributes, so that a few lines of script can zoom.
struct Timeline {
    /// The height of a lane: the name, and the bar under it.
    private static let laneHeight = 40
    private static let barTop = 18
    private static let barHeight = 14
    private static let axisHeight = 22

    private let report: Report
    private let words: ReportWords
    private let lanes: [PublicKey]
    private let laneOf: [PublicKey: Int]
    /// Keys that had to be left out.
    let omitted: Int

    init(_ report: Report, _ words: ReportWords) {
        self.report = report
        self.words = words
        var weights: [PublicKey: Int] = [:]
        for key in report.spans.keys { weights[key] = 0 }
        for story in report.stories {
            for key in [story.attempt.decision.author, story.attempt.decision.target] {
                if let key { weights[key, default: 0] += 1 }
            }
        }
        let busiest = weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        omitted = max(0, busiest.count - Report.maximumLanes)
        lanes = words.sorted(busiest.prefix(Report.maximumLanes))
        laneOf = Dictionary(uniqueKeysWithValues: lanes.enumerated().map { ($1, $0) })
    }

    var markup: Markup {
        let height = lanes.count * Timeline.laneHeight + Timeline.axisHeight
        return """
            <svg id="timeline" class="timeline\(report.stories.count > 200 ? " dense" : "")" width="100%" height="\(height)" role="group" aria-label="Timeline" \
            data-from="\(report.frame.lowerBound)" data-to="\(report.frame.upperBound)">
            <defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" \
            patternTransform="rotate(45)"><rect class="ground" width="7" height="7"/>\
            <line class="hatching" x1="0" y1="0" x2="0" y2="7"/></pattern></defs>
            \(lanes.enumerated().map { lane($1, $0) })
            <g id="ticks">\((0...4).map { tick(Double($0) * 25, height) })</g>
            \(report.stories.map(attempt))
            <line id="now" class="now" x1="100%" x2="100%" y1="0" y2="\(height - Timeline.axisHeight)"/>
            </svg>
            """
    }

    private func lane(_ key: PublicKey, _ index: Int) -> Markup {
        let top = index * Timeline.laneHeight + Timeline.barTop
        let spans = (report.spans[key] ?? []).map { span -> Markup in
            let begin = report.share(span.began)
            let end = report.share(span.ended ?? report.frame.upperBound)
            let until = span.ended.map { "until \(ReportWords.moment($0))" } ?? "and still is"
            return """
                <rect class="span \(span.role.name)" data-from="\(span.began)" \
                data-to="\(span.ended ?? report.frame.upperBound)" x="\(begin)%" y="\(top)" width="\(end - begin)%" \
                height="\(Timeline.barHeight)"><title>\(words.name(key)): \(span.role.name) since \
                \(ReportWords.moment(span.began)) \(until)</title></rect>
                """
        }
        return """
            <g class="lane" data-key="\(key.hex)">
            <text x="2" y="\(top - 5)">\(words.name(key))</text>
            <rect class="outside" x="0" y="\(top)" width="100%" height="\(Timeline.barHeight)" fill="url(#hatch)"/>
            \(spans)
            </g>
            """
    }

    private func tick(_ place: Double, _ height: Int) -> Markup {
        let frame = report.frame
        let time = frame.lowerBound + Int64(place / 100 * Double(frame.upperBound - frame.lowerBound))
        let anchor = place == 0 ? "start" : place == 100 ? "end" : "middle"
        return """
            <svg x="\(place)%" y="\(height - Timeline.axisHeight)" overflow="visible"><line x1="0" x2="0" y1="0" y2="5"/>\
            <text y="17" text-anchor="\(anchor)">\(ReportWords.clock(time))</text></svg>
            """
    }

    private func attempt(_ story: Report.Story) -> Markup {
        let attempt = story.attempt
        let time = attempt.request.time
        let ends = [attempt.decision.author, attempt.decision.target].compactMap { $0 }
        let places = ends.compactMap { key in
            laneOf[key].map { (key: key, y: $0 * Timeline.laneHeight + Timeline.barTop + Timeline.barHeight / 2) }
        }
        guard let first = places.first, let last = places.last else { return "" }
        let isOutside = places.contains { !report.isMember($0.key, at: time) }
        let marks = places.enumerated().map { index, place -> Markup in
            let outside: Markup = report.isMember(place.key, at: time) ? "" : " outside"
            return "<circle class=\"end\(outside)\" cy=\"\(place.y)\" r=\"\(index == 0 ? 5 : 4)\"/>"
        }
        let alarm: Markup =
            attempt.isGranted && isOutside && !story.wasOpen
            ? "<circle class=\"alarm\" cy=\"\(last.y)\" r=\"11\"/>" : ""
        let title = """
            \(words.name(attempt.decision.author)) → \(words.name(attempt.decision.target)): \
            \(attempt.decision.outcome.rawValue), \(ReportWords.clock(time))
            """
        return """
            <svg class="attempt \(attempt.decision.outcome.rawValue)" data-time="\(time)" \
            data-story="story-\(attempt.request.seq)" x="\(report.share(time))%" overflow="visible" tabindex="-1" \
            role="button" aria-label="\(title)"><line class="reach" x1="0" x2="0" y1="\(first.y)" y2="\(last.y)"/>\
            <line x1="0" x2="0" y1="\(first.y)" y2="\(last.y)"/>\(marks)\(alarm)<title>\(title)</title></svg>
            """
    }
}
