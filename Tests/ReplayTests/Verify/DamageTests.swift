import Foundation
import Log
import Nostr
import Testing

@testable import Replay

/// Damage below the log's own writer: bytes of the file that are not what was written.
@Suite struct DamageTests {
    /// A compacted copy of a log, where each entry's salt stands exactly once, and the bytes of its file.
    private final class Copy {
        let directory: String
        let log: EventLog
        let bytes: [UInt8]
        private let file: FileHandle

        init(_ story: Story) throws {
            directory = story.directory + "-copy"
            try story.log.copy(to: directory)
            log = try EventLog.open(directory: directory, mode: .readOnly)
            let path = directory + "/data.mdb"
            bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            file = try #require(FileHandle(forUpdatingAtPath: path))
        }

        deinit { try? FileManager.default.removeItem(atPath: directory) }

        /// Where the salt of an entry stands in the file.
        func offset(of salt: Bytes32) throws -> Int {
            let data = Data(bytes)
            return try #require(data.range(of: Data(salt.bytes))).lowerBound
        }

        /// What the verifier says while one byte of the file is another.
        func divergence(flipping offset: Int, _ mask: UInt8) throws -> Divergence? {
            try write(bytes[offset] ^ mask, at: offset)
            defer { try? write(bytes[offset], at: offset) }
            return try Verifier(log).run(signatures: false).divergence
        }

        private func write(_ byte: UInt8, at offset: Int) throws {
            try file.seek(toOffset: UInt64(offset))
            try file.write(contentsOf: Data([byte]))
        }
    }

    @Test func aFlippedByteOfAnyHeaderSaltOrPayloadNamesItsEntry() throws {
        let copy = try Copy(try Story.day())
        let entries = try copy.log.read { reader in try (0..<reader.size).compactMap { try reader.entry(at: $0) } }
        #expect(try Verifier(copy.log).run().divergence == nil)
        for entry in entries {
            let salt = try copy.offset(of: try #require(entry.salt))
            // The commitment's or the roots' end, the salt, and the payload's beginning.
            for offset in [salt - 1, salt - 20, salt + 16, salt + 34] {
                let found = try copy.divergence(flipping: offset, 1 << UInt8(entry.leaf.seq % 8))
                #expect(
                    found?.position == entry.leaf.seq,
                    "byte \(offset - salt) of entry \(entry.leaf.seq): \(String(describing: found))")
                #expect(found?.aspect == .format)
            }
        }
    }

    @Test func everyByteOfOneEntryCounts() throws {
        let copy = try Copy(try Story.day())
        let entry = try #require(try copy.log.read { try $0.entry(at: 29) })
        let salt = try copy.offset(of: try #require(entry.salt))
        for offset in salt - 48..<salt + 200 {
            #expect(try copy.divergence(flipping: offset, 0x10)?.position == 29, "byte \(offset - salt)")
        }
    }

    @Test func damageIsSaidByEveryCommandThatMeetsIt() throws {
        let copy = try Copy(try Story.day())
        let entry = try #require(try copy.log.read { try $0.entry(at: 29) })
        let offset = try copy.offset(of: try #require(entry.salt))
        let file = try #require(FileHandle(forUpdatingAtPath: copy.directory + "/data.mdb"))
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: Data([copy.bytes[offset] ^ 1]))
        for arguments in [["log"], ["pairs"], ["state", "--no-snapshot"], ["why", "29"]] {
            let run = Tool.run(arguments + ["--data", copy.directory])
            #expect(run.status == 65, "\(arguments)")
            #expect(run.complaint.contains("entry 29: "), "\(run.complaint)")
        }
        #expect(Tool.run("verify", "--data", copy.directory).lines.first == "DIVERGES at entry 29 (format)")
    }
}
