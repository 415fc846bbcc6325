import Nostr
import Testing

@testable import Log

struct RebuildTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        let log = try EventLog.make(directory.path)
        var drafts: [Draft] = []
        for number in 0..<60 as Range<UInt64> {
            drafts.append(Samples.draft("{\"mark\":\"tick\"}", type: .mark, salt: number))
            let kind: Kind = [.textNote, .metadata, .meshStatus, .meshStatusReport][Int(number % 4)]
            let event = try Samples.event(
                author: Samples.author(number % 5), createdAt: Int64(number * 31 % 60), kind: kind,
                tags: [["d", Text("\(number % 3)")], ["p", "x"]],
                content: Text(String(repeating: "content ", count: 50 * Int(number % 2))))
            drafts.append(Samples.draft(event, served: number % 7 != 0, shared: true, salt: number))
            if number % 10 == 0 { drafts.append(drafts[drafts.count - 1]) }
        }
        for start in stride(from: 0, to: drafts.count, by: 11) {
            try log.append(Array(drafts[start..<min(start + 11, drafts.count)]))
        }
        #expect(try log.read { try $0.checkIndexes() } == nil)
    }

    private func derived() throws -> [String: [[UInt8]]] {
        let raw = RawTables(directory: directory.path)
        var tables: [String: [[UInt8]]] = [:]
        for table in Table.allCases where table.isDerived {
            tables[table.name] = try raw.items(table).map { $0.key + [0xff] + $0.value }
        }
        return tables
    }

    @Test func rebuildingGivesTheSameTables() throws {
        let before = try derived()
        #expect(before["tag"]?.isEmpty == false)
        var steps: [UInt64] = []
        try EventLog.make(directory.path).rebuildIndexes { done, _ in steps.append(done) }
        #expect(try derived() == before)
        #expect(steps == [0])
    }

    @Test func whateverIsMissingOrTooMuchIsFoundAndMended() throws {
        let before = try derived()
        for table in Table.allCases where table.isDerived {
            let items = try RawTables(directory: directory.path).items(table)
            let item = items[items.count / 2]
            let raw = RawTables(directory: directory.path)
            try raw.remove(table, item.key)
            try expectDifferenceAndRebuild("a key of \(table.name) is missing")
            var extra = item.key
            extra[extra.count - 1] ^= 0x40
            try raw.put(table, extra, item.value)
            try expectDifferenceAndRebuild("\(table.name) has a key too many")
            if !item.value.isEmpty {
                var value = item.value
                value[value.count - 1] ^= 1
                try raw.put(table, item.key, value)
                try expectDifferenceAndRebuild("a value of \(table.name) is another")
            }
            #expect(try derived() == before)
        }
    }

    private func expectDifferenceAndRebuild(_ what: Comment) throws {
        let log = try EventLog.make(directory.path)
        #expect(try log.read { try $0.checkIndexes() } != nil, what)
        try log.rebuildIndexes()
        #expect(try log.read { try $0.checkIndexes() } == nil, what)
    }

    @Test func aDamagedIndexCostsAnErrorAtMost() throws {
        var generator = SeededGenerator(seed: 5)
        for table in [Table.id, .coordinate, .created, .kind, .author, .authorKind, .tag] {
            for item in try RawTables(directory: directory.path).items(table).prefix(12) {
                let raw = RawTables(directory: directory.path)
                let offset = Int.random(in: 0..<item.key.count, using: &generator)
                var key = item.key
                key[offset] ^= UInt8.random(in: 1...255, using: &generator)
                try raw.remove(table, item.key)
                try raw.put(table, key, item.value)
                do {
                    let log = try EventLog.open(directory: directory.path, mode: .readOnly)
                    for filter in [
                        Filter(), Filter(kinds: [.textNote]), Filter(authors: [Samples.author(1)]),
                        Filter(authors: [Samples.author(1)], kinds: [.textNote]),
                        Filter(tags: [TagCondition(letter: UInt8(ascii: "p"), values: ["x"])]),
                    ] {
                        do { _ = try log.query(filter) } catch is LogError {}
                    }
                    do { #expect(try log.read { try $0.checkIndexes() } != nil) } catch is LogError {}
                }
                try raw.remove(table, key)
                try raw.put(table, item.key, item.value)
            }
        }
    }
}
