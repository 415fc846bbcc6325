import ArgumentParser
import Foundation
import Log
import Nostr

/// `proof-files`: what other people's verifiers need of a log, as files.
struct ProofFiles: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof-files",
        abstract: "Sign a log's checkpoint and write it with tiles and proofs, for verifiers of other people.",
        discussion: """
            Writes `checkpoint` and `tile/…` as C2SP tlog-tiles has them, `proof/<index>.tlog-proof`, and \
            `consistency/<old size>` with the hashes in base64, one a line.

              ringdown-bench proof-files /tmp/mixed /tmp/public --index 0 --index 999 --old 255
            """)

    @Argument(help: "The log's directory, with its key.") var directory: String
    @Argument(help: "The directory to make.") var output: String
    @Option(help: "A leaf to prove; may be repeated.") var index: [UInt64] = []
    @Option(help: "An earlier size to prove consistency from; may be repeated.") var old: [UInt64] = []

    func run() throws {
        let log = try EventLog.open(directory: directory, mode: .readWrite)
        let seed = try String(contentsOfFile: directory + "/log.key", encoding: .utf8)
        guard let key = LogKey(seed: Hex.decode(seed.trimmingCharacters(in: .whitespacesAndNewlines)) ?? []) else {
            throw BenchmarkError("\(directory)/log.key is no key of a log")
        }
        let note = try CheckpointSigner(log: log, key: key, origin: MixedLog.origin).sign()
        try write("checkpoint", Array(note.text.utf8))
        try write("vkey", Array((key.verifierKey(origin: MixedLog.origin) + "\n").utf8))
        try log.read { reader in try writeProofs(reader, note) }
    }

    private func writeProofs(_ reader: borrowing LogReader, _ note: SignedNote) throws {
        for path in TilePath.tiles(to: reader.size) {
            guard let tile = try reader.tile(path) else { throw BenchmarkError("the log has no \(path.text)") }
            try write(path.text, tile)
        }
        for index in index {
            guard let leaf = try reader.leaf(at: index) else { throw BenchmarkError("the log has no leaf \(index)") }
            let path = try reader.inclusionProof(of: index, inTreeOf: reader.size)
            try write(
                "proof/\(index).tlog-proof", Array(InclusionStatement(leaf: leaf, path: path, note: note).text.utf8))
        }
        for old in old {
            let lines = try reader.consistencyProof(from: old, to: reader.size).map { Base64.encode($0.bytes) + "\n" }
            try write("consistency/\(old)", Array(lines.joined().utf8))
        }
    }

    private func write(_ path: String, _ bytes: [UInt8]) throws {
        let file = URL(fileURLWithPath: output).appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }
}
