import Log

extension LogReader {
    /// Entries that are read at once when looking backwards.
    private static var blockEntries: UInt64 { 4096 }

    /// The latest entry before `end` for which `find` gives something, and what it gives.
    func latest<Found>(before end: UInt64, _ find: (borrowing EntryView) throws -> Found?) throws -> Found? {
        var upper = min(end, size)
        while upper > 0 {
            let lower = upper - min(upper, LogReader.blockEntries)
            var found: Found?
            try forEachEntry(from: lower, to: upper, checkingCommitments: true) { entry in
                found = try find(entry) ?? found
                return true
            }
            if let found { return found }
            upper = lower
        }
        return nil
    }
}
