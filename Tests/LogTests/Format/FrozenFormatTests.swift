import Foundation
import Nostr
import Testing

@testable import Log

/// Vectors/format1.json: a small log as format 1 stores it. A change of any byte is a new format.
struct FrozenFormatTests {
    private struct Item: Equatable {
        let table: String
        let key: [UInt8]
        let value: [UInt8]
    }

    /// The same drafts as those that the vector was made from.
    private static func drafts() throws -> [Draft] {
        let content = Text(String(repeating: "{\"model\":\"llama\",\"vram\":24}", count: 10))
        var erasable = Samples.draft(
            "{\"request\":12,\"kind\":24621,\"author\":\"\(Samples.author(1).hex)\"}", type: .decision,
            members: Samples.salt(5), state: Samples.salt(6))
        erasable.flags = LeafFlags.erasable
        erasable.schema = 2
        return [
            Samples.draft("{\"mark\":\"tick\"}", type: .mark),
            Samples.draft(try Samples.event(tags: [["p", Text(Samples.author(2).hex)]])),
            Samples.draft(try Samples.event(kind: .meshStatusReport, content: content), served: false, shared: true),
            Samples.draft(
                try Samples.event(createdAt: 1_700_000_015, kind: .meshStatusReport, content: content), served: false,
                shared: true),
            Samples.draft(try Samples.event(kind: .meshStatus, tags: [["d", "x"]])),
            erasable,
        ]
    }

    private func vector() throws -> [Item] {
        let url = try #require(
            Bundle.module.url(forResource: "format1", withExtension: "json", subdirectory: "Vectors"))
        let json = try JSONValue.parse([UInt8](Data(contentsOf: url)))
        return try #require(json["items"]?.arrayValue).map { item in
            let key = try #require(item["key"]?.stringValue)
            let value = try #require(item["value"]?.stringValue)
            return Item(
                table: try #require(item["table"]?.stringValue).string, key: try #require(Hex.decode(key.string)),
                value: try #require(Hex.decode(value.string)))
        }
    }

    private func items(_ directory: String) throws -> [Item] {
        let raw = RawTables(directory: directory)
        return try Table.allCases.flatMap { table in
            try raw.items(table).map { Item(table: table.name, key: $0.key, value: $0.value) }
        }
    }

    @Test func aLogIsStoredAsItAlwaysWas() throws {
        let directory = try TemporaryDirectory()
        do {
            let log = try EventLog.make(directory.path)
            try log.append(try FrozenFormatTests.drafts())
            let batch = try log.beginBatch()
            try batch.storeSnapshot(seq: 3, bytes: Array("state".utf8))
            try batch.commit()
        }
        let stored = try items(directory.path)
        let expected = try vector()
        for (stored, expected) in zip(stored, expected) where stored != expected {
            Issue.record("table \(expected.table), key \(Hex.encode(expected.key)): \(Hex.encode(stored.value))")
        }
        #expect(stored.count == expected.count)
    }

    @Test func anOldLogIsReadAsItWasWritten() throws {
        let directory = try TemporaryDirectory()
        do { _ = try EventLog.make(directory.path) }
        let raw = RawTables(directory: directory.path)
        for item in try vector() {
            let table = try #require(Table.allCases.first { $0.name == item.table })
            try raw.put(table, item.key, item.value)
        }
        let log = try EventLog.open(directory: directory.path, mode: .readOnly)
        try log.read { reader throws in
            for (seq, draft) in try FrozenFormatTests.drafts().enumerated() {
                let entry = try #require(try reader.entry(at: UInt64(seq)))
                #expect(entry.payload == draft.payload)
                #expect(entry.document == draft.shape.document)
                #expect(entry.leaf == draft.leaf(seq: UInt64(seq), time: Samples.time + Int64(seq)))
            }
            try reader.checkTree()
            #expect(try reader.checkIndexes() == nil)
            #expect(try reader.latestSnapshot(atOrBefore: 5)?.bytes == Array("state".utf8))
        }
    }
}
