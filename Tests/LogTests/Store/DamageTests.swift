import Nostr
import Testing

@testable import Log

/// What is stored is changed behind the log's back; each change has to be found, named, and nothing may crash.
struct DamageTests {
    private let directory: TemporaryDirectory
    private var raw: RawTables { RawTables(directory: directory.path) }

    init() throws {
        directory = try TemporaryDirectory()
        let log = try EventLog.make(directory.path)
        let content = Text(String(repeating: "{\"model\":1}", count: 40))
        let draft = Samples.draft("{\"mark\":\"tick\"}", type: .mark)
        var unusual = Samples.draft("unusual", members: Samples.salt(5), state: Samples.salt(6))
        unusual.flags = LeafFlags.erasable
        unusual.schema = 2
        try log.append([
            draft, Samples.draft(try Samples.event(tags: [["p", Text(Samples.author(2).hex)]])), unusual,
            Samples.draft(try Samples.event(kind: .meshStatusReport, content: content), served: false, shared: true),
            Samples.draft("after", members: Samples.salt(5), state: Samples.salt(6)),
        ])
    }

    private func reading<R>(_ body: (borrowing LogReader) throws -> R) throws -> R {
        try EventLog.open(directory: directory.path, mode: .readOnly).read(body)
    }

    /// The error of reading all entries, one way and the other; both must agree on the entry.
    private func damage(_ comment: Comment) throws -> LogError? {
        var errors: [LogError] = []
        for checksumsOnly in [true, false] {
            do {
                try reading { reader in try reader.forEachEntry(checkingCommitments: !checksumsOnly) { _ in true } }
            } catch let error as LogError {
                errors.append(error)
            }
        }
        #expect(errors.isEmpty || errors.count == 2 && errors[0] == errors[1], comment)
        return errors.first
    }

    @Test func aFlipOfAnyBitOfAnyRecordIsFoundAndNamed() throws {
        for item in try raw.items(.entry) {
            let seq = item.key.withUnsafeBytes { $0.number(at: 0, as: UInt64.self) }
            for offset in item.value.indices {
                var value = item.value
                value[offset] ^= 1 << UInt8(offset % 8)
                try raw.put(.entry, item.key, value)
                #expect(try damage("entry \(seq), byte \(offset)")?.seq == seq, "entry \(seq), byte \(offset)")
            }
            try raw.put(.entry, item.key, item.value)
        }
        #expect(try damage("mended") == nil)
    }

    @Test func recordsThatEndTooEarlyOrGoOnAreFound() throws {
        let item = try raw.items(.entry)[1]
        for count in [0, 1, 3, 4, 5, 20, 46, item.value.count - 1] {
            try raw.put(.entry, item.key, Array(item.value.prefix(count)))
            #expect(try damage("\(count) bytes")?.seq == 1)
        }
        try raw.put(.entry, item.key, item.value + [0])
        #expect(try damage("a byte more")?.seq == 1)
    }

    @Test func recordsThatHaveChangedPlacesAreFound() throws {
        let items = try raw.items(.entry)
        try raw.put(.entry, items[1].key, items[3].value)
        try raw.put(.entry, items[3].key, items[1].value)
        #expect(try damage("swapped")?.seq == 1)
    }

    @Test func aFlipInASharedContentIsFoundAndNamesTheEntry() throws {
        for item in try raw.items(.content) {
            let number = item.key.withUnsafeBytes { $0.number(at: 0, as: UInt64.self) }
            for offset in item.value.indices {
                var value = item.value
                value[offset] ^= 0x10
                try raw.put(.content, item.key, value)
                // Number 0 is the author's key, which the first event refers to already.
                #expect(try damage("content \(number), byte \(offset)")?.seq == (number == 0 ? 1 : 3))
            }
            try raw.put(.content, item.key, item.value)
        }
    }

    @Test func aMissingSharedContentIsFound() throws {
        let item = try raw.items(.content)[1]
        try raw.remove(.content, item.key)
        #expect(try damage("missing") == .damaged(seq: 3, reason: "the shared content 1 is missing"))
        #expect(throws: LogError.self) { try reading { try $0.checkTree() } }
    }

    @Test func aMissingEntryIsNamed() throws {
        let item = try raw.items(.entry)[2]
        try raw.remove(.entry, item.key)
        #expect(try damage("missing") == .damaged(seq: 2, reason: "it is missing, although the log goes on"))
    }

    @Test func aFlipInTheHeadIsFoundBeforeAnythingIsReadOrWritten() throws {
        let item = try #require(try raw.items(.meta).first { $0.key == Array("head".utf8) })
        for offset in item.value.indices {
            var value = item.value
            value[offset] ^= 0x04
            try raw.put(.meta, item.key, value)
            #expect(throws: LogError.self) { try reading { $0.size } }
            #expect(throws: LogError.self) { try EventLog.make(directory.path) }
        }
    }

    @Test func whatAForgerChangesWithItsChecksumIsFoundByCommitmentOrTree() throws {
        for item in try raw.items(.entry) {
            let seq = item.key.withUnsafeBytes { $0.number(at: 0, as: UInt64.self) }
            let checksum = Record.saltEnd..<Record.saltEnd + Checksum.size
            for offset in item.value.indices where !checksum.contains(offset) {
                var value = item.value
                value[offset] ^= 1
                Record.finish(&value, seq: seq)
                try raw.put(.entry, item.key, value)
                #expect(throws: LogError.self, "entry \(seq), byte \(offset)") {
                    let log = try EventLog.open(directory: directory.path, mode: .readOnly)
                    _ = try log.read { try $0.checkTree() }
                    // Whether an event is served is about the indexes, not about the leaf.
                    if try log.read({ try $0.checkIndexes() }) != nil { throw LogError.misuse("indexes") }
                    // Where the document is, neither; but something else than the event is no event.
                    _ = try log.read { try $0.entry(at: seq)?.event() }
                }
            }
            try raw.put(.entry, item.key, item.value)
        }
    }

    @Test func noRecordCrashesTheReaderWhateverItHolds() throws {
        var generator = SeededGenerator(seed: 11)
        let items = try raw.items(.entry)
        try reading { reader in
            var decoder = EntryDecoder(reader.transaction)
            for _ in 0..<20_000 {
                let item = items[Int.random(in: 0..<items.count, using: &generator)]
                let seq = item.key.withUnsafeBytes { $0.number(at: 0, as: UInt64.self) }
                try item.value.altered(&generator, seq: seq).withUnsafeBytes { bytes in
                    do {
                        _ = try PackedReferences.numbers(in: bytes, seq: seq)
                        let view = try decoder.entry(bytes, seq: seq, checkingCommitment: false)
                        _ = try view.documentBytes.map { try Event.stored($0, seq: seq) }
                    } catch is LogError {}
                }
            }
        }
    }

    @Test func aWrongSubtreeIsFound() throws {
        let path = try TemporaryDirectory()
        do { try EventLog.make(path.path).append((0..<600).map { Samples.draft("\($0)") }) }
        let raw = RawTables(directory: path.path)
        let item = try #require(try raw.items(.tile).last)
        var value = item.value
        value[5] ^= 1
        try raw.put(.tile, item.key, value)
        let log = try EventLog.open(directory: path.path, mode: .readOnly)
        #expect(throws: LogError.damaged(seq: nil, reason: "the stored root over the entries from 256 to 511 is wrong"))
        {
            _ = try log.read { try $0.checkTree() }
        }
        // No proof that does not hold is handed out.
        #expect(throws: LogError.self) { _ = try log.read { try $0.inclusionProof(of: 3, inTreeOf: 600) } }
        #expect(try log.read { try $0.recomputedRoot() } != (try log.read { $0.root }))
    }

    @Test func anErrorIsSaidInWordsForThePersonInFrontOfIt() throws {
        let item = try raw.items(.entry)[2]
        var value = item.value
        value[value.count - 1] ^= 1
        try raw.put(.entry, item.key, value)
        #expect(try damage("")?.description == "entry 2: its stored bytes do not match their checksum")
        Record.finish(&value, seq: 2)
        try raw.put(.entry, item.key, value)
        do {
            _ = try reading { try $0.entry(at: 2) }
            Issue.record("the forged payload was not noticed")
        } catch let error as LogError {
            #expect(error.description == "entry 2: the payload does not match its commitment")
        }
    }
}

extension [UInt8] {
    /// A record with some bytes changed, perhaps cut off, and a checksum that fits.
    fileprivate func altered(_ generator: inout SeededGenerator, seq: UInt64) -> [UInt8] {
        var value = self
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            // Mostly where it is not just a hash.
            let start = Int.random(in: 0..<4, using: &generator) == 0 ? 0 : Record.saltEnd
            let offset = Int.random(in: start..<count, using: &generator)
            value[offset] =
                [0, 1, 0x7f, 0x80, 0xff, UInt8(truncatingIfNeeded: generator.next())]
                .randomElement(using: &generator) ?? 0
        }
        let shortest = Record.saltEnd + Checksum.size + 1
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: value = Array(value.prefix(Int.random(in: shortest...count, using: &generator)))
        case 1: value = Array(value.prefix(Record.erasedSize))
        default: break
        }
        Record.finish(&value, seq: seq)
        return value
    }
}
