import Foundation
import Nostr
import Testing

@testable import Log

struct SignerTests {
    private let key = LogKey.generate()
    private let origin = "relay.example.com/mesh/1"
    private let directory: TemporaryDirectory
    private var path: String { directory.path("log") }
    private var lastSigned: String { path + "/last-signed" }

    init() throws { directory = try TemporaryDirectory() }

    private func signer(_ log: EventLog, _ key: LogKey? = nil, origin: String? = nil) -> CheckpointSigner {
        CheckpointSigner(log: log, key: key ?? self.key, origin: origin ?? self.origin)
    }

    private func drafts(_ range: Range<Int>, _ word: String = "entry") -> [Draft] {
        range.map { Samples.draft("\(word) \($0)", salt: UInt64($0)) }
    }

    /// A log of `count` entries, of which a checkpoint was signed.
    private func signed(_ count: Int) throws -> SignedNote {
        let log = try EventLog.make(path)
        try log.append(drafts(0..<count))
        return try signer(log).sign()
    }

    private func refusal(_ body: () throws -> SignedNote) -> SigningError? {
        do {
            _ = try body()
            Issue.record("it was signed")
            return nil
        } catch {
            return error as? SigningError
        }
    }

    @Test func aGrowingLogIsSignedAgainAndAgain() throws {
        let log = try EventLog.make(path)
        let verifier = VerifierKey(origin: origin, publicKey: key.publicKey)
        #expect(try signer(log).last() == nil)
        for size in [1, 2, 255, 256, 257, 512, 600] {
            let before = Int(try log.read { $0.size })
            try log.append(drafts(before..<size))
            let note = try signer(log).sign()
            let checkpoint = try note.verified(by: verifier)
            #expect(checkpoint.size == UInt64(size))
            #expect(checkpoint.root == (try log.read { $0.root }))
            #expect(try String(contentsOfFile: lastSigned, encoding: .utf8) == note.text)
            #expect(try signer(log).sign() == note)
            #expect(try signer(log).last() == note)
        }
    }

    @Test func anEmptyLogIsNotSigned() throws {
        let log = try EventLog.make(path)
        #expect(refusal { try signer(log).sign() } == .emptyLog)
    }

    @Test func aShorterLogIsARollback() throws {
        _ = try signed(10)
        let log = try EventLog.make(directory.path("backup"))
        try log.append(drafts(0..<7))
        try FileManager.default.copyItem(atPath: lastSigned, toPath: log.directory + "/last-signed")
        #expect(refusal { try signer(log).sign() } == .rollback(size: 7, signed: 10))
    }

    @Test func aRestoredBackupThatWentOnIsAFork() throws {
        let log = try EventLog.make(path)
        try log.append(drafts(0..<7))
        try log.copy(to: directory.path("backup"))
        try log.append(drafts(7..<10))
        let note = try signer(log).sign()
        let signedRoot = try note.verified(by: VerifierKey(origin: origin, publicKey: key.publicKey)).root
        let restored = try EventLog.make(directory.path("backup"))
        try FileManager.default.copyItem(atPath: lastSigned, toPath: restored.directory + "/last-signed")
        try restored.append(drafts(7..<12, "another"))
        let root = try restored.read { try $0.root(atSize: 10) }
        #expect(refusal { try signer(restored).sign() } == .fork(size: 10, signedRoot: signedRoot, root: root))
    }

    @Test func anEmptiedLogIsARollback() throws {
        _ = try signed(10)
        let log = try EventLog.make(directory.path("new"))
        try FileManager.default.copyItem(atPath: lastSigned, toPath: log.directory + "/last-signed")
        #expect(refusal { try signer(log).sign() } == .rollback(size: 0, signed: 10))
    }

    @Test func lastSignedOfAnotherLogOrKeyIsRefused() throws {
        _ = try signed(10)
        let log = try EventLog.make(path)
        guard case .lastSignedOfAnother? = refusal({ try signer(log, origin: "relay.example.com/mesh/2").sign() })
        else { return #expect(Bool(false), "another name") }
        guard case .lastSignedOfAnother? = refusal({ try signer(log, LogKey.generate()).sign() })
        else { return #expect(Bool(false), "another key") }
    }

    @Test func aMissingLastSignedIsRefusedWhereItHasToBe() throws {
        _ = try signed(10)
        try FileManager.default.removeItem(atPath: lastSigned)
        let log = try EventLog.make(path)
        #expect(refusal { try signer(log).sign(requiresLast: true) } == .lastSignedMissing(path: lastSigned))
        _ = try signer(log).sign()
        _ = try signer(log).sign(requiresLast: true)
    }

    @Test func everyDamageOfLastSignedIsRefused() throws {
        let note = try signed(10)
        let log = try EventLog.make(path)
        let bytes = Array(note.text.utf8)
        for offset in bytes.indices {
            var altered = bytes
            altered[offset] ^= 1
            try Data(altered).write(to: URL(fileURLWithPath: lastSigned))
            switch refusal({ try signer(log).sign() }) {
            case .lastSignedDamaged, .lastSignedOfAnother: break
            case let other: Issue.record("byte \(offset): \(String(describing: other))")
            }
        }
        for count in 0..<bytes.count {
            try Data(bytes.prefix(count)).write(to: URL(fileURLWithPath: lastSigned))
            guard case .lastSignedDamaged? = refusal({ try signer(log).sign() }) else {
                Issue.record("the first \(count) bytes")
                continue
            }
        }
        try Data(bytes).write(to: URL(fileURLWithPath: lastSigned))
        #expect(try signer(log).sign() == note)
    }

    @Test func aDirectoryThatCannotBeWrittenToGivesNoSignature() throws {
        let log = try EventLog.make(path)
        try log.append(drafts(0..<3))
        let signer = CheckpointSigner(log: log, key: key, origin: origin, directory: directory.path("missing"))
        guard case .storage? = refusal({ try signer.sign() }) else { return #expect(Bool(false)) }
    }

    @Test(arguments: [0, 255, 300, 511, 599])
    func anEntryThatWasChangedIsNotSigned(_ seq: UInt64) throws {
        let log = try EventLog.make(path)
        try log.append(drafts(0..<600))
        try log.changeLeafTime(of: seq)
        guard case .damaged? = refusal({ try signer(log).sign() }) else { return #expect(Bool(false)) }
        #expect(!FileManager.default.fileExists(atPath: lastSigned))
    }

    @Test func entriesThatWereExchangedAreNamedAsReordered() throws {
        let log = try EventLog.make(path)
        try log.append(drafts(0..<9))
        let (left, right) = try log.read { (Array(try $0.record(at: 3)), Array(try $0.record(at: 4))) }
        try log.put(.entry, Key(3), right)
        try log.put(.entry, Key(4), left)
        guard case .damaged(let reason)? = refusal({ try signer(log).sign() }) else { return #expect(Bool(false)) }
        #expect(reason.contains("entry 3: the log was reordered: the bytes of entry 4 are stored here"))
    }

    @Test func aStoredSubtreeThatWasChangedIsNotSigned() throws {
        let log = try EventLog.make(path)
        try log.append(drafts(0..<600))
        try log.put(.tile, Tile.key(level: 1, index: 1), Samples.salt(5).bytes)
        guard case .damaged? = refusal({ try signer(log).sign() }) else { return #expect(Bool(false)) }
    }
}

extension EventLog {
    /// Writes over an item, whatever the log says of itself.
    func put(_ table: Table, _ key: Key, _ value: [UInt8]) throws {
        let writing = try environment.beginWriting()
        try value.withUnsafeBytes { try writing.put(table, key, $0) }
        try writing.commit()
    }

    /// Changes an entry's time by a microsecond, with a checksum that fits.
    func changeLeafTime(of seq: UInt64) throws {
        var bytes = try read { Array(try $0.record(at: seq)) }
        bytes[23] ^= 1
        Record.finish(&bytes, seq: seq)
        try put(.entry, Key(seq), bytes)
    }
}
