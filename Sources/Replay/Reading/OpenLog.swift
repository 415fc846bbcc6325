import Log

/// A log opened read-only.
enum OpenLog {
    /// Opens the log in a directory.
    ///
    /// - Parameter archive: where its archive files are; `nil` for beside it.
    /// - Throws: `ReplayFailure` for a directory that does not exist, holds no log, or cannot be read.
    static func at(_ directory: String, archive: String? = nil) throws -> EventLog {
        do {
            return try EventLog.open(
                directory: directory, mode: .readOnly, options: LogOptions(archiveDirectory: archive))
        } catch {
            throw ReplayFailure(.noLog, "\(error)")
        }
    }
}
