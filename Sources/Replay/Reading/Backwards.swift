import Log
import Nostr

extension LogReader {
    /// Entries that are read at once when looking backwards.
    private static var blockEntries: UInt64 { 4096 }

    /// Looks at entries of some types from the newest to the oldest; all others cost little more than their leaves. Of
    /// what is archived and not here, those are seen that the log keeps: all that made or ended a membership are.
    ///
    /// - Parameters:
    ///   - end: the position to begin before.
    ///   - start: the oldest position that is looked at.
    ///   - types: the types of entries that are wanted.
    ///   - needle: bytes that a payload has to contain; `nil` takes any.
    ///   - progress: called after each block with how much is done and how much there is.
    ///   - body: returns whether to go on.
    func backwards(
        before end: UInt64, downTo start: UInt64 = 0, types: Set<EntryType>, containing needle: Needle? = nil,
        progress: (UInt64, UInt64) -> Void = { _, _ in }, _ body: (RecordedEntry) throws -> Bool
    ) throws {
        var upper = min(end, size)
        let first = upper
        while upper > start {
            let lower = max(start, upper - min(upper, LogReader.blockEntries))
            var block: [RecordedEntry] = []
            try forEachEntry(
                from: lower, to: upper, checkingCommitments: true, skippingPayload: { !types.contains($0.type) },
                absent: { _ in true }
            ) { entry in
                guard types.contains(entry.leaf.type), let payload = entry.payload,
                    needle?.occurs(in: payload) ?? true
                else { return true }
                block.append(try RecordedEntry(entry))
                return true
            }
            for entry in block.reversed() {
                guard try body(entry) else { return }
            }
            upper = lower
            progress(first - upper, first - start)
        }
    }

    /// The latest entry of some types before `end` for which `find` gives something, and what it gives.
    func latest<Found>(
        before end: UInt64, types: Set<EntryType>, containing needle: Needle? = nil,
        _ find: (RecordedEntry) throws -> Found?
    ) throws -> Found? {
        var found: Found?
        try backwards(before: end, types: types, containing: needle) { entry in
            found = try find(entry)
            return found == nil
        }
        return found
    }

    /// Looks at entries of some types in their order; all others cost little more than their leaves.
    func forwards(
        from start: UInt64, to end: UInt64? = nil, types: Set<EntryType>, containing needle: Needle? = nil,
        _ body: (RecordedEntry) throws -> Bool
    ) throws {
        try forEachEntry(
            from: start, to: end, checkingCommitments: true, skippingPayload: { !types.contains($0.type) },
            absent: { _ in true }
        ) { entry in
            guard types.contains(entry.leaf.type), let payload = entry.payload,
                needle?.occurs(in: payload) ?? true
            else { return true }
            return try body(try RecordedEntry(entry))
        }
    }
}
