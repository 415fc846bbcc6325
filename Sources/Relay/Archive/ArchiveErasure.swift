import Log
import Reducers

/// Erases what is in archive files: each file that holds some of it is written anew without it.
enum ArchiveErasure {
    /// Returns how many payloads are gone that were in files only.
    static func erase(_ positions: [UInt64], in directory: String) throws -> Int {
        let log = try EventLog.open(directory: directory, mode: .readOnly)
        let (ranges, origin) = try log.read { (try $0.archivedRanges(), try Replayer.state(of: $0).origin) }
        let writer = ArchiveWriter(log, origin: origin ?? "")
        var erased = 0
        for range in ranges {
            let inside = Set(positions.filter { (range.first..<range.end).contains($0) })
            guard !inside.isEmpty else { continue }
            // Those that the log had, too, were counted there.
            let counted = try log.read { reader in try inside.filter { try reader.isStored($0) }.count }
            erased += max(0, try writer.erase(inside, in: range) - counted)
        }
        return erased
    }

    /// Says which files may still hold what was to be erased.
    static func name(_ absent: [AbsentEntries]) {
        for run in absent {
            Failure.say(
                "\(run.description), and may hold more of it: put the files there and run the command again")
        }
    }
}
