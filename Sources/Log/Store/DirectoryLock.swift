import Glibc

/// The right to write to a directory: an advisory lock that the system gives back when the process ends, however it ends.
final class DirectoryLock: Sendable {
    static let name = "ringdown.lock"
    private let descriptor: CInt

    init(_ directory: String) throws(LogError) {
        let path = "\(directory)/\(DirectoryLock.name)"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .storage(LMDBError(errno, "opening \(path)")) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = DirectoryLock.holder(descriptor)
            close(descriptor)
            throw .locked(directory: directory, process: holder)
        }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        pwrite(descriptor, text, text.count, 0)
    }

    deinit { close(descriptor) }

    private static func holder(_ descriptor: CInt) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)).prefix { (0x30...0x39).contains($0) }, as: UTF8.self)
    }
}
