import Foundation
import Log

/// A small file that only its owner may read.
enum SecretFile {
    /// The largest key file that is read.
    private static let maximumBytes = 4096

    /// The first line of the file; `nil` when there is no such file.
    ///
    /// - Throws: `SettingsError` for a file that others can read, or that cannot be read.
    static func read(_ path: String) throws -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SettingsError(description: "key file \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw SettingsError(description: "key file \(path) can be read by others; run: chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: maximumBytes)
        let count = bytes.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { throw SettingsError(description: "key file \(path) is empty") }
        return String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// Writes a new file with mode 0600 and makes it durable. An existing file is never overwritten. It has its name only
    /// once it is whole: a crash leaves no half a key that the next start would stumble over.
    static func create(_ path: String, line: String) throws {
        func fail(_ what: String) -> SettingsError {
            SettingsError(description: "key file \(path) cannot be \(what): \(String(cString: strerror(errno)))")
        }
        let unfinished = path + ".unfinished"
        unlink(unfinished)
        let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw fail("created") }
        defer {
            close(descriptor)
            unlink(unfinished)
        }
        let bytes = Array((line + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw fail("written")
        }
        // Unlike a rename, a link fails where there is a file already.
        guard link(unfinished, path) == 0 else { throw fail("created") }
        let directory = (path as NSString).deletingLastPathComponent
        try EventLog.syncDirectory(directory.isEmpty ? "." : directory)
    }
}
