import Nostr
import Testing

@testable import Log

struct TilePathTests {
    @Test(arguments: [
        "tile/0/000", "tile/0/x001/234", "tile/0/x001/234.p/5", "tile/63/000.p/255", "tile/entries/x001/x234/067",
        "tile/entries/000.p/1", "tile/1/x018/x446/x744/x073/x709/x551/615",
    ])
    func pathsComeBack(_ text: String) throws {
        #expect(try #require(TilePath(parsing: text)).text == text)
    }

    @Test func thePartsAreThoseOfTheSpecification() throws {
        let path = try #require(TilePath(parsing: "tile/0/x001/x234/067.p/17"))
        #expect(path.kind == .hashes(level: 0))
        #expect(path.index == 1_234_067)
        #expect(path.width == 17)
        #expect(TilePath(parsing: "tile/entries/005")?.width == 256)
    }

    @Test(arguments: [
        "", "tile", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile/00/000", "tile/64/000", "tile/-1/000",
        "tile/0/0", "tile/0/0000", "tile/0/x000/001", "tile/0/001/234", "tile/0/x001", "tile/0/x01/234",
        "tile/0/x001/x234", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/05",
        "tile/0/000.p/5/", "tile/0/.p/5", "tile/0/000.p/5.p/5", "tile/0/X001/234", "tile/Entries/000", "tile/0/00a",
        "tile/0/+01", "tile/0/x018/x446/x744/x073/x709/x551/616", "tile/0/x999/x018/x446/x744/x073/x709/x551/615",
        "tile/0/000.p/+5", "tile//000", "tile/0/٠٠٠", "tile/1e0/000", "tile/0/000?", "tile/0/../000",
    ])
    func otherSpellingsAreRefused(_ text: String) {
        #expect(TilePath(parsing: text) == nil)
    }

    // The example of tlog-tiles, "Partial Tiles".
    @Test func aTreeOf70000HasTheTilesOfTheSpecification() {
        let paths = TilePath.tiles(to: 70_000)
        func count(_ level: Int, full: Bool) -> Int {
            paths.filter { $0.kind == .hashes(level: level) && ($0.width == 256) == full }.count
        }
        #expect(count(0, full: true) == 273)
        #expect(paths.contains { $0.kind == .hashes(level: 0) && $0.width == 112 })
        #expect(count(1, full: true) == 1)
        #expect(paths.contains { $0.kind == .hashes(level: 1) && $0.width == 17 })
        #expect(count(2, full: true) == 0)
        #expect(paths.contains { $0.kind == .hashes(level: 2) && $0.width == 1 })
        #expect(paths.filter { $0.kind == .entries }.count == 274)
        #expect(Set(paths).count == paths.count)
    }

    @Test func onlyWhatIsNewIsListed() {
        #expect(TilePath.tiles(from: 300, to: 300).isEmpty)
        #expect(TilePath.tiles(from: 256, to: 257).map(\.text) == ["tile/entries/001.p/1", "tile/0/001.p/1"])
        #expect(
            TilePath.tiles(from: 255, to: 256).map(\.text) == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"])
    }
}

struct TileTests {
    @Test func tilesHoldTheTree() throws {
        let directory = try TemporaryDirectory()
        let log = try EventLog.make(directory.path, mapSize: 1 << 27)
        let count = 66_000
        var leaves: [Bytes32] = []
        for start in stride(from: 0, to: count, by: 6_000) {
            leaves += try log.append((start..<start + 6_000).map { Samples.draft("\($0)", salt: UInt64($0)) })
                .map(\.leafHash)
        }
        try log.read { reader throws in
            #expect(try reader.hashTile(level: 0, index: 3) == leaves[768..<1024].flatMap(\.bytes))
            #expect(try reader.hashTile(level: 0, index: 257, width: 7) == leaves[65_792..<65_799].flatMap(\.bytes))
            let roots = (0..<257).map { MerkleTree.root(of: Array(leaves[$0 * 256..<$0 * 256 + 256])) }
            #expect(try reader.hashTile(level: 1, index: 0) == roots.prefix(256).flatMap(\.bytes))
            #expect(try reader.hashTile(level: 1, index: 1, width: 1) == roots[256].bytes)
            #expect(
                try reader.hashTile(level: 2, index: 0, width: 1)
                    == MerkleTree.root(of: Array(roots.prefix(256))).bytes)
            let path = try #require(TilePath(parsing: "tile/0/003"))
            #expect(try reader.tile(path) == reader.hashTile(level: 0, index: 3))
        }
    }

    @Test func whatTheTreeDoesNotHaveYetIsNoTile() throws {
        let directory = try TemporaryDirectory()
        let log = try EventLog.make(directory.path)
        try log.append((0..<300).map { Samples.draft("\($0)") })
        try log.read { reader throws in
            #expect(try reader.hashTile(level: 0, index: 0) != nil)
            #expect(try reader.hashTile(level: 0, index: 1, width: 44) != nil)
            #expect(try reader.hashTile(level: 0, index: 1, width: 45) == nil)
            #expect(try reader.hashTile(level: 0, index: 1) == nil)
            #expect(try reader.hashTile(level: 0, index: 2, width: 1) == nil)
            #expect(try reader.hashTile(level: 0, index: .max, width: 1) == nil)
            #expect(try reader.hashTile(level: 0, index: 0, width: 0) == nil)
            #expect(try reader.hashTile(level: 0, index: 0, width: 257) == nil)
            #expect(try reader.hashTile(level: 1, index: 0, width: 1) != nil)
            #expect(try reader.hashTile(level: 1, index: 0, width: 2) == nil)
            #expect(try reader.hashTile(level: 2, index: 0, width: 1) == nil)
            #expect(try reader.hashTile(level: 63, index: 0, width: 1) == nil)
            #expect(try reader.entryTile(index: 1, width: 45) == nil)
        }
    }

    @Test func entryTilesHoldTheLeavesAfterTheirLengths() throws {
        let directory = try TemporaryDirectory()
        let log = try EventLog.make(directory.path)
        let leaves = try log.append((0..<300).map { Samples.draft("\($0)") }).map(\.leafHash)
        try log.read { reader throws in
            let tile = try #require(try reader.entryTile(index: 1, width: 44))
            #expect(tile.count == 44 * 126)
            for place in 0..<44 {
                #expect(tile[place * 126..<place * 126 + 2].elementsEqual([0, 124]))
                let leaf = Array(tile[place * 126 + 2..<place * 126 + 126])
                #expect(MerkleTree.leafHash(leaf) == leaves[256 + place])
            }
        }
    }
}
