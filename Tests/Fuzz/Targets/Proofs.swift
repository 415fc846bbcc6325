import Nostr

@testable import Log

extension FuzzTarget {
    /// What witnesses, other logs and readers of proofs hand over.
    static let proof = [
        FuzzTarget(name: "checkpoint") { try sameText($0, Checkpoint.init(parsing:)) { $0 } },
        FuzzTarget(name: "note") { try readNote($0) },
        FuzzTarget(name: "vkey") { try readKey($0) },
        FuzzTarget(name: "witness-policy") { try readPolicy($0) },
        FuzzTarget(name: "tlog-proof") { try readProof($0) },
        FuzzTarget(name: "tile-path") { try readTilePath($0) },
    ]

    private static let witness = WitnessKey(name: "witness.example", publicKey: [UInt8](repeating: 1, count: 32))
    private static let logKey = VerifierKey(origin: "log.example", publicKey: [UInt8](repeating: 1, count: 32))

    /// A checkpoint that is written again is the same; lines behind the third are not part of it.
    private static func sameText(
        _ input: [UInt8], _ parse: (String) throws -> Checkpoint, _ pick: (Checkpoint) -> Checkpoint
    ) throws {
        guard let checkpoint = accepted({ try parse(String(decoding: input, as: UTF8.self)) }) else { return }
        try require(accepted { try parse(checkpoint.text) } == pick(checkpoint), "the checkpoint changed on its way")
    }

    /// An accepted note is its own text, and nobody who did not sign it has.
    private static func readNote(_ input: [UInt8]) throws {
        let text = String(decoding: input, as: UTF8.self)
        _ = accepted { try SignedNote.signatures(parsing: text) }
        guard let note = accepted({ try SignedNote(parsing: text) }) else { return }
        try require(accepted { try SignedNote(parsing: note.text) } == note, "the note changed on its way")
        try require(note.signatures.count <= SignedNote.maximumSignatures, "more signatures than the limit")
        try require(accepted { try note.verified(by: logKey) } == nil, "a note that nobody signed is verified")
        if let cosignature = accepted({ try note.cosignature(by: witness) }) {
            try require(cosignature == nil, "a note that no witness signed is cosigned")
        }
        _ = accepted { try note.adding(answer: text, of: witness) }
    }

    private static func readKey(_ input: [UInt8]) throws {
        let text = String(decoding: input, as: UTF8.self)
        if let key = accepted({ try VerifierKey(parsing: text) }) {
            try require(accepted { try VerifierKey(parsing: key.text) } == key, "the key changed on its way")
        }
        if let key = accepted({ try WitnessKey(parsing: text) }) {
            try require(accepted { try WitnessKey(parsing: key.text) } == key, "the witness key changed on its way")
        }
    }

    /// A policy reads in bounded time and says of a note without cosignatures whether it would do.
    private static func readPolicy(_ input: [UInt8]) throws {
        guard let policy = accepted({ try WitnessPolicy(parsing: input) }) else { return }
        try require(policy.witnesses.count <= WitnessPolicy.maximumItems, "more witnesses than the limit")
        let note = unsigned
        guard let verdict = accepted({ try policy.verdict(on: note) }) else { return }
        try require(verdict.cosigned.isEmpty, "a note without cosignatures is cosigned")
    }

    private static let unsigned: SignedNote = {
        let key = LogKey(seed: [UInt8](repeating: 3, count: 32)) ?? .generate()
        return SignedNote.sign(Checkpoint(origin: "log.example", size: 1, root: .zero), key)
    }()

    private static func readProof(_ input: [UInt8]) throws {
        let text = String(decoding: input, as: UTF8.self)
        guard let proof = accepted({ try InclusionStatement(parsing: text) }) else { return }
        try require(proof.path.count <= InclusionStatement.maximumHashes, "more hashes than the limit")
        try require(accepted { try InclusionStatement(parsing: proof.text) } == proof, "the proof changed on its way")
        try require(accepted { try proof.verify(by: logKey) } == nil, "a proof that nobody signed holds")
        // Verification by itself, as if the note were signed.
        guard let checkpoint = accepted({ try Checkpoint(parsing: proof.note.body) }) else { return }
        _ = MerkleTree.verifyInclusion(
            leafHash: MerkleTree.leafHash(proof.leaf), index: proof.index, size: checkpoint.size, proof: proof.path,
            root: checkpoint.root)
        _ = MerkleTree.verifyConsistency(
            oldSize: proof.index, oldRoot: .zero, newSize: checkpoint.size, newRoot: checkpoint.root, proof: proof.path)
    }

    /// One path names one tile: an accepted path is its own text, byte for byte.
    private static func readTilePath(_ input: [UInt8]) throws {
        guard let path = TilePath(parsing: String(decoding: input, as: UTF8.self)) else { return }
        try require(Array(path.text.utf8) == input, "a tile has two paths")
    }
}
