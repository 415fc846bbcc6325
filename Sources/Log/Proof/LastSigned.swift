import Glibc
import Nostr

/// The file that remembers the last checkpoint that was signed: the note itself. It is written and synced before the
/// signature is handed out, apart from the log, so that a restored log is noticed.
struct LastSigned: Sendable {
    static let name = "last-signed"
    /// Far more than a note has, so that a file that is something else is not read into memory.
    private static let maximumBytes = 65_536

    let directory: String
    var path: String { directory + "/" + LastSigned.name }

    /// The note and what it says; `nil` if there is no such file.
    func read(_ key: VerifierKey) throws(SigningError) -> (note: SignedNote, checkpoint: Checkpoint)? {
        guard let bytes = try bytes() else { return nil }
        let note: SignedNote
        let checkpoint: Checkpoint
        do throws(ProofError) {
            guard let text = String(validating: bytes, as: UTF8.self) else { throw ProofError("it is no UTF-8") }
            note = try SignedNote(parsing: text)
            checkpoint = try Checkpoint(parsing: note.body)
        } catch {
            throw .lastSignedDamaged(path: path, reason: error.description)
        }
        guard checkpoint.origin.utf8.elementsEqual(key.origin.utf8) else {
            throw .lastSignedOfAnother(path: path, reason: "it is about \(checkpoint.origin), not \(key.origin)")
        }
        guard note.signatures.contains(where: { $0.isBy(name: key.origin, keyID: key.keyID) }) else {
            throw .lastSignedOfAnother(path: path, reason: "it is not signed by this log's key")
        }
        do throws(ProofError) {
            _ = try note.verified(by: key)
        } catch {
            throw .lastSignedDamaged(path: path, reason: error.description)
        }
        return (note, checkpoint)
    }

    private func bytes() throws(SigningError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw failure("open") }
            return nil
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: LastSigned.maximumBytes)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                return Glibc.read(descriptor, rest.baseAddress, rest.count)
            }
            guard got >= 0 || errno == EINTR else { throw failure("read") }
            guard got != 0 else { break }
            count += max(0, got)
        }
        return Array(bytes[..<count])
    }

    /// Puts the note into the file's place, so that after a crash at any instant the old one or the new one is there.
    func write(_ note: SignedNote) throws(SigningError) {
        let unfinished = path + ".unfinished"
        let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open", unfinished) }
        do {
            defer { close(descriptor) }
            var rest = Array(note.text.utf8)[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                guard written >= 0 || errno == EINTR else { throw failure("write", unfinished) }
                rest = rest.dropFirst(max(0, written))
            }
            guard fsync(descriptor) == 0 else { throw failure("sync", unfinished) }
        }
        guard rename(unfinished, path) == 0 else { throw failure("rename", unfinished) }
        do throws(LogError) {
            try Environment.syncDirectory(directory)
        } catch {
            throw .storage("\(error)")
        }
    }

    private func failure(_ action: String, _ path: String? = nil) -> SigningError {
        let code = errno
        return .storage("could not \(action) \(path ?? self.path): \(String(cString: strerror(code))) (\(code))")
    }
}
