import Foundation
import Nostr
import Testing

@testable import Log

/// Moves the first `end` entries of a log into files and out of the log, as the relay does; the snapshot is whatever.
func archive(_ log: EventLog, upTo end: UInt64, removing: Bool = true, keeping kept: Set<UInt64> = []) throws {
    let writer = ArchiveWriter(log, origin: "relay.example.com/mesh/1")
    let ranges = try writer.plan(upTo: end)
    for range in ranges { _ = try writer.write(range) }
    let batch = try log.beginBatch()
    try batch.archive(ranges, snapshot: end, bytes: [1, 2, 3])
    try batch.commit()
    guard removing else { return }
    try remove(log, upTo: end, keeping: kept)
}

/// Removes archived entries in steps of 256.
func remove(_ log: EventLog, upTo end: UInt64, keeping kept: Set<UInt64> = []) throws {
    while try log.read({ $0.removedEnd }) < end {
        let next = try log.read { $0.removedEnd } + 256
        let batch = try log.beginBatch()
        try batch.removeArchived(upTo: next, keeping: kept)
        try batch.commit()
    }
}

/// Everything that a log gives to whoever reads it.
struct LogContents: Equatable {
    var entries: [ExportedEntry] = []
    var root: Bytes32
    var roots: [Bytes32]
    var found: [EventID]
    var positions: [[UInt64]]

    init(_ log: EventLog, _ events: [Event]) throws {
        (entries, root, roots) = try log.read { reader in
            var entries: [ExportedEntry] = []
            try reader.forEachEntry { entry in
                entries.append(ExportedEntry(entry))
                return true
            }
            return (
                entries, try reader.checkTree(),
                try stride(from: 0, through: reader.size, by: 61).map { try reader.root(atSize: $0) }
            )
        }
        found = try log.query(Filter(), maximumLimit: 10_000)
        positions = try events.map { event in try log.read { try $0.positions(of: event.id) } }
    }
}

@Suite struct ArchiveTests {
    private static func make(
        _ directory: TemporaryDirectory, seed: UInt64 = 7, entries: Int = 1_000
    ) throws -> (EventLog, [Event]) {
        let log = try EventLog.make(directory.path("log"))
        var generator = SeededGenerator(seed: seed)
        let drafts = try World(seed: seed).drafts(entries, deletions: 20, &generator)
        for start in stride(from: 0, to: drafts.count, by: 100) {
            try log.append(Array(drafts[start..<min(start + 100, drafts.count)]))
        }
        let erased = try log.beginBatch()
        try erased.erase([3, 200, 511, 800])
        try erased.commit()
        return (log, drafts.compactMap(\.event?.event))
    }

    @Test(arguments: [256, 512, 1_024] as [UInt64])
    func `a log reads the same with its entries in files, every entry, root, query and id`(end: UInt64) throws {
        let directory = try TemporaryDirectory()
        let (log, events) = try Self.make(directory)
        let before = try LogContents(log, events)
        try archive(log, upTo: end)
        #expect(try LogContents(log, events) == before)
        #expect(try log.read { try $0.checkIndexes() } == nil)
        let stored = try log.storage().tables.first { $0.name == "entry" }?.items ?? 0
        #expect(stored < before.entries.count - Int(end) / 4, "many of the archived entries left the log")
        for seq in [0, 3, 17, end - 1, end] {
            #expect(try log.read { try $0.leaf(at: seq) } == before.entries[Int(seq)].leaf)
            #expect(try log.read { try $0.entry(at: seq)?.payload } == before.entries[Int(seq)].body?.payload)
        }
    }

    @Test func `a log that is opened again, and one that is copied, read their files`() throws {
        let directory = try TemporaryDirectory()
        var (log, events) = try Self.make(directory)
        let before = try LogContents(log, events)
        try archive(log, upTo: 768)
        try log.copy(to: directory.path("copy"))
        log = try EventLog.open(
            directory: directory.path("copy"), mode: .readWrite,
            options: LogOptions(archiveDirectory: directory.path("log") + "/archive"))
        #expect(try LogContents(log, events) == before)
        try log.rebuildIndexes()
        #expect(try LogContents(log, events) == before)
        #expect(try log.read { try $0.checkIndexes() } == nil)
    }

    @Test func `the log goes on behind its archive, and the archive behind itself`() throws {
        let directory = try TemporaryDirectory()
        let (log, events) = try Self.make(directory)
        try archive(log, upTo: 256)
        try log.append([Samples.draft("later")])
        let before = try LogContents(log, events)
        try archive(log, upTo: 768)
        #expect(try LogContents(log, events) == before)
        let names = try log.read { try $0.archivedRanges().map(\.name) }
        #expect(names == ["00000000-000000ff.nrla", "00000100-000002ff.nrla"])
    }

    @Test func `whatever a crash leaves, the log reads the same and the archive can be completed`() throws {
        let directory = try TemporaryDirectory()
        let (log, events) = try Self.make(directory)
        let before = try LogContents(log, events)
        let writer = ArchiveWriter(log, origin: "")
        // A file without a complete name, and one that is complete but not in the log's books.
        let ranges = try writer.plan(upTo: 768)
        _ = try writer.write(ranges[0])
        let path = log.archiveDirectory + "/" + ranges[0].name
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path + ".unfinished"))
        #expect(try LogContents(log, events) == before)
        // In the books, and nothing removed yet.
        try archive(log, upTo: 768, removing: false)
        #expect(try LogContents(log, events) == before)
        // Removed in part.
        try remove(log, upTo: 256)
        #expect(try LogContents(log, events) == before)
        #expect(try log.read { try $0.checkIndexes() } == nil)
        try remove(log, upTo: 768)
        #expect(try LogContents(log, events) == before)
        // A batch that was given up leaves everything as it was.
        let batch = try log.beginBatch()
        try batch.append(Samples.draft("lost"), time: batch.lastTime)
        batch.abort()
        #expect(try LogContents(log, events) == before)
    }

    @Test func `nothing is removed that is not in a file`() throws {
        let directory = try TemporaryDirectory()
        let (log, _) = try Self.make(directory)
        let batch = try log.beginBatch()
        let absent = ArchivedRange(first: 0, end: 256, lastTime: 0)
        #expect(throws: LogError.self) { try batch.archive([absent], snapshot: 300, bytes: []) }
        #expect(throws: LogError.self) { try batch.removeArchived(upTo: 256, keeping: []) }
        batch.abort()
        try archive(log, upTo: 512, removing: false)
        try FileManager.default.removeItem(atPath: log.archiveDirectory + "/00000000-000001ff.nrla")
        let reopened = try log.beginBatch()
        #expect(throws: LogError.self) { try reopened.removeArchived(upTo: 768, keeping: []) }
        reopened.abort()
    }

    @Test func `events of the same id are known although their entry is archived and not here`() throws {
        let directory = try TemporaryDirectory()
        let (log, events) = try Self.make(directory)
        let served = try events.prefix(400).filter { event in try log.read { try $0.isServed(event.id) } }
        try archive(log, upTo: 768)
        try FileManager.default.removeItem(atPath: log.archiveDirectory)
        let batch = try log.beginBatch()
        for event in served { #expect(try batch.contains(event.id)) }
        #expect(try !batch.contains(Samples.salt(99)))
        batch.abort()
    }

    /// A relay remembers where things are in a file; a command beside it erases something, and writes the file anew.
    @Test func `a file that another process wrote anew is not a damaged one`() throws {
        let directory = try TemporaryDirectory()
        let (log, _) = try Self.make(directory, entries: 1_300)
        try archive(log, upTo: 1_280)
        let range = try #require(try log.read { try $0.archivedRanges() }.first)
        let (first, relay) = (try log.read { try $0.leafHash(at: 0) }, ArchiveStore(directory: log.archiveDirectory))
        func read(_ seq: UInt64) throws -> ArchiveBlock? {
            try log.read { reader in
                try relay.block(of: seq, in: range, log: first) { run throws(LogError) in
                    try reader.tile(level: 1, index: run)
                }
            }
        }
        #expect(try read(5)?.first == 0)
        #expect(try ArchiveWriter(log, origin: "").erase(Set(1_100..<1_250), in: range) > 50)
        let block = try #require(try read(1_200))
        #expect(block.first == 1_024 && block.rows[200].salt == nil)
    }

    @Test func `an archive is erased from like the log`() throws {
        let directory = try TemporaryDirectory()
        let (log, _) = try Self.make(directory)
        try archive(log, upTo: 512)
        let positions = try log.read { reader in
            try (1..<300).filter { try reader.entry(at: $0)?.payload != nil && !reader.isStored($0) }.prefix(5)
        }
        let payload = try #require(try log.read { try $0.entry(at: positions[0])?.payload })
        let range = try log.read { try $0.archivedRanges()[0] }
        let root = try log.read { $0.root }
        let count = try ArchiveWriter(log, origin: "").erase(Set(positions), in: range)
        #expect(count == positions.count)
        for seq in positions {
            let entry = try log.read { try $0.entry(at: seq) }
            #expect(entry?.payload == nil && entry?.salt == nil)
        }
        #expect(try log.read { try $0.checkTree() } == root)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: log.archiveDirectory + "/" + range.name))
        #expect(bytes.range(of: Data(payload.suffix(40))) == nil)
    }
}
