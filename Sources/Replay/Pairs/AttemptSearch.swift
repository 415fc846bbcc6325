import Log
import Nostr
import Reducers

/// Finds the requests that belong to one attempt.
///
/// Both machines choose their own attempt ids, and often the same for one attempt to connect. There is no index of them, so
/// the log is read backwards, and not much further once one was found.
struct AttemptSearch {
    /// How far apart requests of one attempt may be.
    static let spanMicroseconds: Int64 = 600 * Position.microsecondsPerSecond
    /// The beginning of an attempt's id is enough from this many characters on.
    static let minimumCharacters = 6
    /// Requests of one attempt that are shown.
    static let maximumRequests = 64

    /// The requests of an attempt, oldest first; at least one.
    ///
    /// - Parameters:
    ///   - text: the attempt's id or its beginning, an event's id or its beginning, or a position.
    ///   - end: the position to look before.
    /// - Throws: `ReplayFailure` for what is unknown, ambiguous, erased, or no request.
    static func find(
        _ text: String, before end: UInt64, in reader: borrowing LogReader, progress: (UInt64, UInt64) -> Void
    ) throws -> (id: Text, requests: [RecordedEntry]) {
        if let entry = try event(text, in: reader, progress: progress) {
            guard let id = id(of: entry) else {
                throw ReplayFailure(
                    .negative,
                    "entry \(entry.leaf.seq) is \(EntryWords.type(entry)), not a connect request or a call-me-now with an id"
                )
            }
            let upper = try reader.firstPosition(atOrAfter: entry.leaf.time &+ spanMicroseconds)
            return (id, try requests(of: id, before: min(upper, end), in: reader, progress: progress))
        }
        let found = try requests(beginning: text, before: end, in: reader, progress: progress)
        return found
    }

    /// The event that a text names, if it names one.
    private static func event(
        _ text: String, in reader: borrowing LogReader, progress: (UInt64, UInt64) -> Void
    ) throws -> RecordedEntry? {
        guard let point = try? LogPoint(parsingEvent: text) else { return nil }
        var seq: UInt64
        switch point {
        case .position(let position):
            guard position < reader.size else { throw Lookup.beyond(position, reader.size) }
            seq = position
        case .event(let prefix):
            do {
                seq = try Lookup.positions(of: prefix, in: reader, progress: progress).first ?? 0
            } catch let failure as ReplayFailure {
                // Hex digits may be an attempt's id just as well.
                if failure.message.hasPrefix("more than one") { throw failure }
                return nil
            }
        case .time: return nil
        }
        guard let stored = try reader.entry(at: seq) else { return nil }
        var entry = try RecordedEntry(stored)
        if entry.event?.kind != .callMeNow, let cause = entry.cause, let stored = try reader.entry(at: cause) {
            seq = cause
            entry = try RecordedEntry(stored)
        }
        if case .erased = entry.content {
            throw ReplayFailure(.negative, "entry \(seq) cannot be read: its payload was erased")
        }
        return entry
    }

    /// The attempt's id in a request or in a call-me-now.
    private static func id(of entry: RecordedEntry) -> Text? {
        guard let event = entry.event, event.kind == .meshConnectRequest || event.kind == .callMeNow else { return nil }
        return AttemptReader.attemptID(of: event)
    }

    private static func requests(
        of id: Text, before end: UInt64, in reader: borrowing LogReader, progress: (UInt64, UInt64) -> Void
    ) throws -> [RecordedEntry] {
        var found: [RecordedEntry] = []
        try scan(needle(id), before: end, in: reader, progress: progress) { entry, other in
            guard other == id else { return false }
            found.append(entry)
            return true
        }
        guard !found.isEmpty else { throw unknown(id.string) }
        return found.reversed()
    }

    private static func requests(
        beginning text: String, before end: UInt64, in reader: borrowing LogReader, progress: (UInt64, UInt64) -> Void
    ) throws -> (id: Text, requests: [RecordedEntry]) {
        var found: [(id: Text, entry: RecordedEntry)] = []
        let exact = Text(text)
        try scan(needle(exact), before: end, in: reader, progress: progress) { entry, id in
            guard id == exact || (text.count >= minimumCharacters && id.utf8.starts(with: exact.utf8)) else {
                return false
            }
            found.append((id, entry))
            return true
        }
        guard let first = found.first else { throw unknown(text) }
        let id = found.contains { $0.id == exact } ? exact : first.id
        if id != exact, let other = found.first(where: { $0.id != id }) {
            // An older attempt may have all of the text as its id.
            if let requests = try? requests(of: exact, before: end, in: reader, progress: progress) {
                return (exact, requests)
            }
            throw ReplayFailure(
                .negative,
                """
                more than one attempt begins with \(text): \(Printable.text(id)) and \(Printable.text(other.id)); give \
                more of it
                """)
        }
        return (id, found.filter { $0.id == id }.map(\.entry).reversed())
    }

    /// Looks at requests backwards until they are too old to belong to those that were taken.
    private static func scan(
        _ needle: Needle?, before end: UInt64, in reader: borrowing LogReader, progress: (UInt64, UInt64) -> Void,
        _ take: (RecordedEntry, Text) -> Bool
    ) throws {
        var oldest: Int64?
        var count = 0
        try reader.backwards(before: end, types: [.clientEvent], containing: needle, progress: progress) { entry in
            if let oldest, oldest &- entry.leaf.time > spanMicroseconds { return false }
            guard let event = entry.event, event.kind == .meshConnectRequest,
                let id = AttemptReader.attemptID(of: event)
            else { return true }
            guard take(entry, id) else { return true }
            oldest = entry.leaf.time
            count += 1
            return count < maximumRequests
        }
    }

    /// What a request with this id has to contain; `nil` where JSON may spell the id in several ways.
    private static func needle(_ id: Text) -> Needle? {
        let isPlain = id.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c && $0 != 0x2f }
        return isPlain ? Needle(id.utf8) : nil
    }

    private static func unknown(_ text: String) -> ReplayFailure {
        ReplayFailure(
            .negative,
            """
            no attempt \(Printable.text(Text(text))) in this log: no connect request carries this id, or its payload was \
            erased; `pairs --json` lists the ids
            """)
    }
}
