import Foundation

/// Files that users name: notes, proofs, policies.
enum SmallFile {
    /// Far more than a note or a policy has.
    static let maximumNoteBytes = 1 << 20

    /// The bytes of a file.
    ///
    /// - Throws: `ReplayFailure` if it cannot be read, or is larger than anything of its kind.
    static func bytes(_ path: String, maximum: Int = maximumNoteBytes) throws -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw ReplayFailure(.noLog, "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: maximum + 1) else {
            throw ReplayFailure(.noLog, "\(path) cannot be read")
        }
        guard data.count <= maximum else {
            throw ReplayFailure(.negative, "\(path) has more than \(maximum) bytes: it is nothing of the kind expected")
        }
        return Array(data)
    }

    /// Whether there is a directory of that name.
    static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    /// The text of a file.
    static func text(_ path: String) throws -> String {
        guard let text = String(validating: try bytes(path), as: UTF8.self) else {
            throw ReplayFailure(.negative, "\(path) is no text in UTF-8")
        }
        return text
    }

    /// Writes a file, all of it or nothing.
    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ReplayFailure(.cannotWrite, "\(path) cannot be written: \(error.localizedDescription)")
        }
    }
}
