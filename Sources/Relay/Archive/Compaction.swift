import Foundation
import Log

/// Writes a log anew, without the pages that were freed. Only while nobody writes it.
enum Compaction {
    static func rewrite(_ directory: String) throws {
        let scratch = directory + "/compact"
        try? FileManager.default.removeItem(atPath: scratch)
        do {
            let log = try EventLog.open(directory: directory, mode: .readOnly)
            try log.copy(to: scratch)
        }
        guard rename(scratch + "/data.mdb", directory + "/data.mdb") == 0 else {
            throw SettingsError(
                description: "the rewritten log cannot take its place: \(String(cString: strerror(errno)))")
        }
        // Without this a power cut could bring the old file back, after new entries were acknowledged from the new one.
        try EventLog.syncDirectory(directory)
        try? FileManager.default.removeItem(atPath: scratch)
    }
}
