import Glibc

extension EventLog {
    /// LMDB's two meta pages, at the beginning of the file.
    private static let metaPages = 2

    /// Goes on after a commit that failed, once what made it fail is gone: everything is closed, the file is brought to
    /// where both the disk and the kernel's memory hold the same, opened as by a new process, and its ends are looked at
    /// (docs/design/outages.md). No batch may be open. The caller reads anew whatever it knew of the log.
    ///
    /// - Throws: an error with which nothing may be written; it can be tried again.
    public func recover() throws(LogError) {
        try reopen()
        try settleMetaPages()
        try checkEnds()
        writer.withLock {
            $0.failure = nil
            $0.contents = ContentWriter()
            $0.recent = RecentIDs()
        }
    }

    /// Closes everything and opens it again, to read: after some failures of a commit LMDB lets nobody read either. No
    /// batch may be open, and none can be begun before `recover`.
    public func reopen() throws(LogError) {
        guard mode == .readWrite else { throw .openedForReading(directory: directory) }
        guard !writer.withLock({ $0.isWriting }) else { throw .misuse("a batch is open") }
        let isReopened = try LogError.wrapping { () throws(LMDBError) in try environment.reopen() }
        guard isReopened else {
            throw .misuse("the log cannot be opened again while the writer is reading")
        }
    }

    /// A meta page whose write failed can be one thing in the kernel's memory and another on the disk; the next commit
    /// would use pages again that the other one counts on. Both are written once more, as they are read, and synced.
    private func settleMetaPages() throws(LogError) {
        let path = directory + "/data.mdb"
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw LogError(LMDBError(code: errno, action: "open \(path)")) }
        defer { close(descriptor) }
        var pages = [UInt8](repeating: 0, count: EventLog.metaPages * Int(sysconf(Int32(_SC_PAGESIZE))))
        guard pread(descriptor, &pages, pages.count, 0) == pages.count else {
            throw LogError(LMDBError(code: errno == 0 ? EIO : errno, action: "read the beginning of \(path)"))
        }
        guard pwrite(descriptor, pages, pages.count, 0) == pages.count else {
            throw LogError(LMDBError(code: errno == 0 ? EIO : errno, action: "write the beginning of \(path)"))
        }
        guard fdatasync(descriptor) == 0 else { throw LogError(LMDBError(code: errno, action: "sync \(path)")) }
    }
}
