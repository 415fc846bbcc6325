import Nostr

/// HTML or SVG. What is put into it as a text is escaped, so that a name with `<script>` in it is a name.
///
///     let line: Markup = "<td>\(member.name)</td>"
struct Markup: ExpressibleByStringInterpolation {
    private(set) var text: String

    init(stringLiteral text: String) { self.text = text }

    init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

    /// One after the other, each on a line.
    init(_ parts: some Sequence<Markup>) { text = parts.map(\.text).joined(separator: "\n") }

    /// Text that is markup already: our own script and style.
    init(trusted text: String) { self.text = text }

    struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(2 * literalCapacity) }

        mutating func appendLiteral(_ literal: String) { text += literal }

        mutating func appendInterpolation(_ markup: Markup) { text += markup.text }

        mutating func appendInterpolation(_ parts: [Markup]) { text += Markup(parts).text }

        mutating func appendInterpolation(_ number: some FixedWidthInteger) { text += String(number) }

        /// A length or a share, with two digits behind the point.
        mutating func appendInterpolation(_ number: Double) {
            let hundredths = Int((number * 100).rounded())
            let digits = String(hundredths.magnitude % 100)
            text += "\(hundredths < 0 ? "-" : "")\(hundredths.magnitude / 100).\(digits.count < 2 ? "0" : "")\(digits)"
        }

        mutating func appendInterpolation(_ string: String) { text += Markup.escaped(string) }
    }

    /// A text in which nothing is markup, in an element as in a quoted attribute; and nothing invisible.
    private static func escaped(_ string: String) -> String {
        var result = ""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(" ")
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                    result.unicodeScalars.append("\u{fffd}")
                default: result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }
}
