import Nostr

/// A point of a log as a user writes it: a position, a time, or an event.
enum LogPoint: Equatable {
    case position(UInt64)
    case time(TimeText)
    case event(EventPrefix)
}

/// The beginning of an event's id, or all of it.
struct EventPrefix: Equatable {
    /// Hex digits that tell one event from the others in any log that fits on a disk.
    static let minimumDigits = 8

    /// 8 to 64 lower-case hex digits.
    let hex: [UInt8]

    /// `nil` for anything but 8 to 64 hex digits of either case.
    init?(_ text: String) {
        let digits = text.utf8.map { (0x41...0x46).contains($0) ? $0 | 0x20 : $0 }
        guard (EventPrefix.minimumDigits...64).contains(digits.count),
            digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        hex = digits
    }

    /// The id, when all of it is given.
    var id: EventID? { EventID(hex: text) }

    /// As the user wrote it.
    var text: String { String(decoding: hex, as: UTF8.self) }
}

extension LogPoint {
    /// Plain numbers of up to this many digits are positions: a billion entries.
    private static let positionDigits = 9
    /// Plain numbers of up to this many digits are seconds since 1970; longer ones are the beginning of an event's id.
    private static let secondsDigits = 11

    /// Reads a position, a time, or an event's id.
    init(parsing text: String) throws(TextError) {
        let isNumber = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        if isNumber, text.count <= LogPoint.positionDigits, let position = UInt64(text) {
            self = .position(position)
        } else if !(isNumber && text.count <= LogPoint.secondsDigits), let prefix = EventPrefix(text) {
            self = .event(prefix)
        } else {
            do {
                self = .time(try TimeText(parsing: text))
            } catch {
                throw TextError(
                    description: """
                        \(text) is no point of a log; expected a position (17), an event's id (8 to 64 hex digits), or a \
                        time: \(TimeText.forms)
                        """)
            }
        }
    }

    /// Reads what `why` explains: a position, or an event's id.
    init(parsingEvent text: String) throws(TextError) {
        let point = try? LogPoint(parsing: text)
        switch point {
        case .position, .event: self = point ?? .position(0)
        default:
            if let position = UInt64(text) {
                self = .position(position)
            } else {
                throw TextError(
                    description: """
                        \(text) is no event; expected its id (at least the first \(EventPrefix.minimumDigits) hex \
                        digits), or the position of its entry (17)
                        """)
            }
        }
    }
}
