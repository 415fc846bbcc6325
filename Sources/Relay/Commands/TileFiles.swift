import Foundation
import Log
import Nostr

/// Writes the log's tree as static files (C2SP tlog-tiles): what a web server needs to serve it without the relay.
struct TileFiles {
    /// Tiles read in one read transaction.
    private static let tilesPerRead = 64

    let log: EventLog
    let note: SignedNote
    let directory: String

    /// Writes all tiles that the checkpoint covers, then the checkpoint: whoever reads it finds what it is about.
    func write(_ progress: (Int, Int) -> Void) throws -> Int {
        let checkpoint = try Checkpoint(parsing: note.body)
        let paths = TilePath.tiles(to: checkpoint.size)
        for start in stride(from: 0, to: paths.count, by: TileFiles.tilesPerRead) {
            let part = paths[start..<min(start + TileFiles.tilesPerRead, paths.count)]
            let tiles = try read(Array(part))
            for (path, bytes) in zip(part, tiles) { try write(bytes, to: path.text) }
            progress(start + part.count, paths.count)
        }
        try write(Array(note.text.utf8), to: "checkpoint")
        return paths.count
    }

    private func read(_ paths: [TilePath]) throws -> [[UInt8]] {
        try log.read { reader in
            var tiles: [[UInt8]] = []
            for path in paths {
                guard let bytes = try reader.tile(path) else {
                    throw SettingsError(description: "the log has no \(path.text), which its own checkpoint covers")
                }
                tiles.append(bytes)
            }
            return tiles
        }
    }

    private func write(_ bytes: [UInt8], to name: String) throws {
        let path = directory + "/" + name
        let folder = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // Atomic: a reader sees the old file or the new one.
        try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
