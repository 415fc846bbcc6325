import Log
import Nostr
import Reducers

/// Finds what a user means by a point of the log or an event.
enum Lookup {
    /// The first position that is not part of the log at `point`.
    ///
    /// - Throws: `ReplayFailure` when the log has no such position, time or event.
    static func end(
        of point: LogPoint, now: Int64, in reader: borrowing LogReader, progress: (UInt64, UInt64) -> Void
    ) throws -> UInt64 {
        switch point {
        case .position(let seq):
            guard seq < reader.size else { throw beyond(seq, reader.size) }
            return seq + 1
        case .time(let text):
            let time = text.resolved(now: now)
            guard let first = try reader.leaf(at: 0), first.time <= time else {
                throw ReplayFailure(
                    .negative, "\(Timestamp.text(time)) is before the log begins; try --at 0")
            }
            return try reader.firstPosition(atOrAfter: time + 1)
        case .event(let prefix):
            let positions = try positions(of: prefix, in: reader, progress: progress)
            return (positions.first ?? 0) + 1
        }
    }

    /// The first position that is printed from `point` on.
    static func start(
        of point: LogPoint, now: Int64, in reader: borrowing LogReader, progress: (UInt64, UInt64) -> Void
    ) throws -> UInt64 {
        switch point {
        case .position(let seq): return min(seq, reader.size)
        case .time(let text): return try reader.firstPosition(atOrAfter: text.resolved(now: now))
        case .event(let prefix):
            return try positions(of: prefix, in: reader, progress: progress).first ?? reader.size
        }
    }

    static func beyond(_ seq: UInt64, _ size: UInt64) -> ReplayFailure {
        ReplayFailure(
            .negative,
            size == 0
                ? "the log is empty" : "the log has no entry \(seq): it has \(size) entries, the last is \(size - 1)")
    }

    /// The entries that hold the event whose id begins like this, in their order; at least one.
    ///
    /// - Throws: `ReplayFailure` when no event or more than one begins like this.
    static func positions(
        of prefix: EventPrefix, in reader: borrowing LogReader, progress: (UInt64, UInt64) -> Void
    ) throws -> [UInt64] {
        if let id = prefix.id {
            let positions = try reader.positions(of: id)
            guard !positions.isEmpty else { throw unknown(prefix, try reader.absentEntries()) }
            return positions
        }
        var found: [(id: String, seq: UInt64)] = []
        for seq in try reader.positions(ofIDsBeginning: prefix.hex, atMost: maximumCandidates).sorted() {
            guard let id = try id(of: seq, in: reader), id.utf8.starts(with: prefix.hex) else { continue }
            found.append((id, seq))
        }
        guard let first = found.first else { throw unknown(prefix, try reader.absentEntries()) }
        if let other = found.first(where: { $0.id != first.id }) {
            throw ReplayFailure(
                .negative,
                "more than one event begins with \(prefix.text): \(first.id) and \(other.id); give more digits")
        }
        return found.map(\.seq)
    }

    /// Entries that are looked at for one beginning of an id.
    private static let maximumCandidates = 1_000

    /// The id of the event that an entry holds; `nil` if it holds none any more.
    private static func id(of seq: UInt64, in reader: borrowing LogReader) throws -> String? {
        guard let entry = try reader.entry(at: seq), let payload = entry.payload, let document = entry.document else {
            return nil
        }
        return payload.withUnsafeBytes { bytes in
            EventPeek.idDigits(UnsafeRawBufferPointer(rebasing: bytes[document])).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
    }

    private static func unknown(_ prefix: EventPrefix, _ absent: [AbsentEntries]) -> ReplayFailure {
        ReplayFailure(
            .negative,
            """
            no event \(prefix.text) in this log: it never came in, its signature was bad, a limit turned it away before \
            the log, or it belongs to another log\(absent.map { "; " + $0.description }.joined())
            """)
    }
}
