import Glibc

/// The writer's claim on a directory: an flock on `ringdown.lock`, which holds the writer's process id. The system lets
/// go of it when the process ends, however it ends.
final class DirectoryLock: Sendable {
    private static let name = "/ringdown.lock"
    private let descriptor: Int32

    /// - Throws: `LogError.locked` if another process, or another log object of this one, has it.
    init(directory: String) throws(LogError) {
        let path = directory + DirectoryLock.name
        descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LogError(LMDBError(code: errno, action: "open \(path)")) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let process = DirectoryLock.process(descriptor)
            guard code == EWOULDBLOCK else { throw LogError(LMDBError(code: code, action: "lock \(path)")) }
            throw .locked(directory: directory, process: process)
        }
        let text = Array("\(getpid())\n".utf8)
        // The id is for people only: a disk that is full must not keep the log from being opened.
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
    }

    /// Runs after an `init` that threw as well, because both ways out of it come after the descriptor was set: it is the
    /// only place that closes it.
    deinit { if descriptor >= 0 { close(descriptor) } }

    private static func process(_ descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes[..<count].prefix { $0 != 0x0a }, as: UTF8.self))
    }
}
