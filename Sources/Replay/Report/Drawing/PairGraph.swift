import Glibc
import Nostr

/// Who was connected with whom: members on a circle, a line for each pair, the thicker the more often.
///
/// A circle has the same layout every time, no knots, and room for two hundred names.
struct PairGraph {
    private struct Point {
        var x: Double
        var y: Double
        /// Radians, from the right, clockwise.
        var angle: Double
    }

    private let report: Report
    private let words: ReportWords
    /// The keys in the order of the circle.
    private let keys: [PublicKey]
    /// Keys that had to be left out.
    let omitted: Int
    private let radius: Double
    /// Whether there are so many names that they stand out like rays.
    private let isRadial: Bool
    /// Room for a name beside the circle.
    private let nameWidth: Double

    /// As many names as have room side by side.
    private static let uprightNames = 16
    /// Characters of a name that have room.
    private static let nameCharacters = 20
    /// Room for a name above and below it.
    private static let nameHeight = 30.0

    init(_ report: Report, _ words: ReportWords) {
        self.report = report
        self.words = words
        var weights: [PublicKey: UInt64] = [:]
        for (pair, count) in report.pairs {
            weights[pair.requester, default: 0] += count.all
            weights[pair.target, default: 0] += count.all
        }
        let busiest = weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        omitted = max(0, busiest.count - Report.maximumLanes)
        // By name, so that a person finds it.
        keys = words.sorted(busiest.prefix(Report.maximumLanes).map(\.key))
        radius = keys.count > PairGraph.uprightNames ? max(260, Double(keys.count) * 14 / (2 * .pi)) : 150
        isRadial = keys.count > PairGraph.uprightNames
        let longest = keys.map { PairGraph.shown(words.brief($0)).count }.max() ?? 0
        nameWidth = 30 + 8 * Double(longest)
    }

    var markup: Markup {
        guard !keys.isEmpty else { return "<p class=\"none\">Nobody asked to be connected in this range.</p>" }
        let width = 2 * (radius + nameWidth)
        let height = 2 * (radius + (isRadial ? nameWidth : PairGraph.nameHeight))
        let points = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, point($0)) })
        let pairs = report.pairs.filter { points[$0.key.requester] != nil && points[$0.key.target] != nil }
        // Where there are many lines, each is thin and pale, so that what is frequent stands out.
        let density = max(1, Double(pairs.count) / 40)
        let most = pairs.values.map { max($0.granted, $0.refused) }.max() ?? 1
        let edges = pairs.sorted { $0.key < $1.key }.flatMap { pair, count in
            guard let from = points[pair.requester], let to = points[pair.target] else { return [Markup]() }
            return [
                edge(pair, count.refused, "refused", most, density, from, to),
                edge(pair, count.granted, "granted", most, density, from, to),
            ]
        }
        return """
            <div class="scroll"><svg id="graph" class="graph" viewBox="\(-width / 2) \(-height / 2) \(width) \(height)" role="group" \
            aria-label="Who was connected with whom">
            <g class="edges">\(edges)</g>
            <g class="nodes">\(keys.enumerated().map { node($1, point($0)) })</g>
            </svg></div>
            """
    }

    private static func shown(_ name: String) -> String {
        name.count > nameCharacters ? name.prefix(nameCharacters - 1) + "…" : name
    }

    private func point(_ index: Int) -> Point {
        let angle = -Double.pi / 2 + 2 * .pi * Double(index) / Double(max(1, keys.count))
        return Point(x: radius * cos(angle), y: radius * sin(angle), angle: angle)
    }

    /// A curve that bends towards the middle; one that was refused bends less, so that both are seen.
    private func edge(
        _ pair: Report.Pair, _ count: UInt64, _ outcome: String, _ most: UInt64, _ density: Double, _ from: Point,
        _ to: Point
    ) -> Markup {
        guard count > 0 else { return "" }
        let pull = outcome == "granted" ? 0.55 : 0.35
        // There and back are two lines.
        let side = pair.requester < pair.target ? 6.0 : -6.0
        let middle = (x: (from.x + to.x) / 2, y: (from.y + to.y) / 2)
        let x = middle.x * (1 - pull) + side
        let y = middle.y * (1 - pull) + side
        let weight = log(Double(count) + 1) / log(Double(most) + 2)
        let width = (1.4 + 6.6 * weight) / density.squareRoot()
        let opacity = max(0.12, 0.8 / density.squareRoot()) + 0.5 * weight * (1 - 1 / density)
        let title = "\(words.name(pair.requester)) → \(words.name(pair.target)): \(outcome) \(ReportWords.times(count))"
        if pair.requester == pair.target {
            return """
                <circle class="\(outcome)" data-a="\(pair.requester.hex)" data-b="\(pair.target.hex)" \
                cx="\(from.x - 9 * cos(from.angle))" cy="\(from.y - 9 * sin(from.angle))" r="9" \
                stroke-width="\(width)" stroke-opacity="\(min(1, opacity))"><title>\(title)</title></circle>
                """
        }
        return """
            <path class="\(outcome)" data-a="\(pair.requester.hex)" data-b="\(pair.target.hex)" \
            d="M\(from.x) \(from.y)Q\(x) \(y) \(to.x) \(to.y)" stroke-width="\(width)" stroke-opacity="\(min(1, opacity))"><title>\(title)</title></path>
            """
    }

    private func node(_ key: PublicKey, _ point: Point) -> Markup {
        let isLeft = cos(point.angle) < -0.001
        let x = point.x + 12 * cos(point.angle)
        let y = point.y + 12 * sin(point.angle)
        let turn = point.angle * 180 / .pi + (isLeft ? 180 : 0)
        let isMember = report.spans[key] != nil
        let text = words.brief(key)
        let isPole = !isRadial && abs(cos(point.angle)) < 0.2
        let rotation = isRadial ? turn : 0
        let anchor = isPole ? "middle" : isLeft ? "end" : "start"
        let shift = !isPole ? 4 : sin(point.angle) > 0 ? 14 : -6
        return """
            <g class="node\(isMember ? "" : " stranger")" data-key="\(key.hex)" tabindex="0" role="button" \
            aria-pressed="false" aria-label="\(words.name(key))\(isMember ? "" : ", never a member")">
            <circle cx="\(point.x)" cy="\(point.y)" r="6"/>
            <text x="\(x)" y="\(y)" dy="\(shift)" text-anchor="\(anchor)" transform="rotate(\(rotation) \(x) \(y))">\(PairGraph.shown(text))</text>
            <title>\(words.name(key))\(isMember ? "" : ", never a member")</title></g>
            """
    }
}
