import ArgumentParser
import Foundation

/// A moment as `archive --before` takes it: a date, a date with a time, seconds since 1970, or `-30d`.
struct ArchiveTime: ExpressibleByArgument {
    /// Microseconds since 1970.
    let microseconds: Int64

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
    /// A thousand years in seconds: beyond any log, and far from an overflow.
    private static let maximumSeconds: Int64 = 31_557_600_000

    init?(argument: String) {
        if argument.hasPrefix("-"), let unit = argument.last.flatMap({ ArchiveTime.units[$0] }),
            let count = Int64(argument.dropFirst().dropLast()), count >= 0,
            count <= ArchiveTime.maximumSeconds / unit
        {
            microseconds = Clock.microseconds() - count * unit * 1_000_000
        } else if let seconds = Int64(argument), (0...ArchiveTime.maximumSeconds).contains(seconds) {
            microseconds = seconds * 1_000_000
        } else {
            let formatter = ISO8601DateFormatter()
            let text = argument.count == 10 ? argument + "T00:00:00Z" : argument
            guard let date = formatter.date(from: text) else { return nil }
            microseconds = Int64(date.timeIntervalSince1970 * 1_000_000)
        }
    }

    /// The moment as people write it, in UTC.
    static func text(_ microseconds: Int64) -> String {
        ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(microseconds) / 1_000_000))
    }
}
