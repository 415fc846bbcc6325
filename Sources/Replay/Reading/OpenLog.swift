import Log

/// A log opened read-only.
enum OpenLog {
    /// Opens the log in a directory.
    ///
    /// - Throws: `ReplayFailure` for a directory that does not exist, holds no log, or cannot be read.
    static func at(_ directory: String) throws -> EventLog {
        do {
            return try EventLog.open(directory: directory, mode: .readOnly)
        } catch {
            throw ReplayFailure(.noLog, "\(error)")
        }
    }
}
