import Foundation

/// One line of the table: what was measured, what it stands beside, and what is aimed at.
struct Figure: Encodable {
    /// What is to be compared with the aim.
    enum Aim: Encodable, Equatable {
        /// The figure itself, in its unit.
        case atLeast(Double)
        case atMost(Double)
        /// The figure divided by the limit.
        case ratioAtLeast(Double)
        case ratioAtMost(Double)
    }

    /// What was measured.
    var what: String
    var value: Double
    var unit: String
    /// What the machine, or a quieter relay, did in the same run.
    var limit: Double?
    /// What the limit is.
    var beside: String?
    var aim: Aim?

    init(
        _ what: String, _ value: Double, _ unit: String, limit: Double? = nil, beside: String? = nil, aim: Aim? = nil
    ) {
        self.what = what
        self.value = value
        self.unit = unit
        self.limit = limit
        self.beside = beside
        self.aim = aim
    }

    /// The figure divided by the limit.
    var ratio: Double? { limit.map { value / $0 } }

    /// Whether the aim is met; `nil` without one.
    var isMet: Bool? {
        switch aim {
        case .atLeast(let bound): value >= bound
        case .atMost(let bound): value <= bound
        case .ratioAtLeast(let bound): ratio.map { $0 >= bound }
        case .ratioAtMost(let bound): ratio.map { $0 <= bound }
        case nil: nil
        }
    }

    private enum Key: String, CodingKey {
        case what, value, unit, limit, beside, ratio, aim, met
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(what, forKey: .what)
        try object.encode(value.isFinite ? value : nil, forKey: .value)
        try object.encode(unit, forKey: .unit)
        try object.encodeIfPresent(limit, forKey: .limit)
        try object.encodeIfPresent(beside, forKey: .beside)
        try object.encodeIfPresent(ratio, forKey: .ratio)
        try object.encodeIfPresent(aim?.text, forKey: .aim)
        try object.encodeIfPresent(isMet, forKey: .met)
    }
}

extension Figure.Aim {
    /// As it is printed.
    var text: String {
        switch self {
        case .atLeast(let bound): "≥ \(Figure.short(bound))"
        case .atMost(let bound): "≤ \(Figure.short(bound))"
        case .ratioAtLeast(let bound): "≥ \(Figure.short(bound)) ×"
        case .ratioAtMost(let bound): "≤ \(Figure.short(bound)) ×"
        }
    }
}

extension Figure {
    /// A number with three or four digits that mean something.
    static func short(_ number: Double) -> String {
        switch abs(number) {
        case 1000...: String(Int(number.rounded()))
        case 100...: String(format: "%.0f", number)
        case 10...: String(format: "%.1f", number)
        default: String(format: "%.2f", number)
        }
    }

    /// The line of the table.
    var line: String {
        func pad(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        let beside = limit.map { "\(Figure.short($0)) " + (self.beside ?? "") } ?? ""
        let met = isMet.map { $0 ? "met" : "MISSED" } ?? ""
        return [
            pad(what, 58), pad("\(Figure.short(value)) \(unit)", 20), pad(beside, 34),
            pad(ratio.map(Figure.short) ?? "", 6), pad(aim?.text ?? "", 12), met,
        ].joined(separator: " ")
    }

    /// The line above the others.
    static let heading =
        "what".padding(toLength: 58, withPad: " ", startingAt: 0) + " figure               beside it"
        + "                          ratio  aim"
}
