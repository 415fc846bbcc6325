import ArgumentParser
import Glibc

/// When lines are coloured.
enum ColourChoice: String, ExpressibleByArgument, CaseIterable {
    /// On a terminal, unless the environment has NO_COLOR (https://no-color.org) or the terminal is a dumb one.
    case auto
    case always
    case never

    /// Whether to colour what goes there.
    func applies(toTerminal isTerminal: Bool, environment: (String) -> String? = ColourChoice.environment) -> Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto: isTerminal && (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
        }
    }

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// A colour of the terminal's own palette, which its owner chose to be readable (ECMA-48, "SGR").
enum Colour: String {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case magenta = "35"
    case cyan = "36"
    case faint = "2"

    /// The text in this colour, and what follows as before.
    func callAsFunction(_ text: String) -> String { "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" }
}
