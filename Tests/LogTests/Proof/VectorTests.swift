import Foundation
import Log
import Nostr
import Testing

/// Vectors/nrl1.json: five leaves with salts and payloads, their root, a note and a proof (AUDIT.md).
struct VectorTests {
    private struct Row {
        let leaf: [UInt8]
        let hash: Bytes32
        let salt: Bytes32
        let payload: [UInt8]
    }

    private let vectors: JSONValue
    private let rows: [Row]

    init() throws {
        let url = try #require(Bundle.module.url(forResource: "nrl1", withExtension: "json", subdirectory: "Vectors"))
        vectors = try JSONValue.parse([UInt8](Data(contentsOf: url)))
        rows = try #require(vectors["rows"]?.arrayValue).map { row in
            func hex(_ key: Text) throws -> [UInt8] {
                let text = try #require(row.objectValue?[key]?.stringValue)
                return try #require(Hex.decode(text.string))
            }
            let (hash, salt) = (try hex("leaf_hash"), try hex("salt"))
            return Row(
                leaf: try hex("leaf"), hash: try #require(Bytes32(hash)), salt: try #require(Bytes32(salt)),
                payload: try #require(row["payload"]?.stringValue).utf8)
        }
    }

    private func text(_ key: Text) throws -> String { try #require(vectors.objectValue?[key]?.stringValue).string }

    @Test func leavesComeOutToTheByte() throws {
        #expect(rows.count == 5)
        for row in rows {
            let leaf = try Leaf(decoding: row.leaf)
            #expect(leaf.encoded() == row.leaf)
            #expect(leaf.hash == row.hash)
            #expect(leaf.commitment == Commitment.of(payload: row.payload, salt: row.salt))
        }
    }

    @Test func theRootComesOut() throws {
        #expect(MerkleTree.root(of: rows.map(\.hash)).hex == (try text("root")))
    }

    @Test func aLogOfTheseEntriesHasTheseLeavesAndThisRoot() throws {
        let directory = try TemporaryDirectory()
        let log = try EventLog.make(directory.path)
        let batch = try log.beginBatch()
        for row in rows {
            let leaf = try Leaf(decoding: row.leaf)
            let draft = Draft(
                type: leaf.type, flags: leaf.flags, schema: leaf.schema, rules: leaf.rules,
                membersRoot: leaf.membersRoot, stateRoot: leaf.stateRoot, salt: row.salt, payload: row.payload)
            #expect(try batch.append(draft, time: leaf.time).leafHash == row.hash)
        }
        try batch.commit()
        try log.read { reader throws in
            #expect(reader.root.hex == (try text("root")))
            for (seq, row) in rows.enumerated() {
                let entry = try #require(try reader.entry(at: UInt64(seq)))
                #expect(entry.leaf.encoded() == row.leaf)
                #expect(entry.payload == row.payload)
                #expect(entry.salt == row.salt)
            }
        }
    }

    @Test func theNoteIsSignedByTheVerifierKey() throws {
        let key = try VerifierKey(parsing: text("vkey"))
        #expect(key.text == (try text("vkey")))
        #expect(key.origin == (try text("origin")))
        let note = try SignedNote(parsing: text("note"))
        #expect(note.text == (try text("note")))
        let checkpoint = try note.verified(by: key)
        #expect(checkpoint == Checkpoint(origin: key.origin, size: 5, root: MerkleTree.root(of: rows.map(\.hash))))
        #expect(checkpoint.text == note.body)
    }

    @Test func theProofComesOutAndHolds() throws {
        let directory = try TemporaryDirectory()
        let log = try EventLog.make(directory.path)
        let batch = try log.beginBatch()
        for row in rows {
            let leaf = try Leaf(decoding: row.leaf)
            let draft = Draft(
                type: leaf.type, rules: leaf.rules, membersRoot: leaf.membersRoot, stateRoot: leaf.stateRoot,
                salt: row.salt, payload: row.payload)
            try batch.append(draft, time: leaf.time)
        }
        try batch.commit()
        let statement = try log.read { reader throws in
            InclusionStatement(
                leaf: try #require(try reader.leaf(at: 4)), path: try reader.inclusionProof(of: 4, inTreeOf: 5),
                note: try SignedNote(parsing: text("note")))
        }
        #expect(statement.text == (try text("proof")))
        let parsed = try InclusionStatement(parsing: text("proof"))
        #expect(parsed == statement)
        #expect(try parsed.verify(by: VerifierKey(parsing: text("vkey"))) == Leaf(decoding: rows[4].leaf))
    }

    @Test func noAlteredProofHolds() throws {
        let key = try VerifierKey(parsing: text("vkey"))
        let proof = Array(try text("proof").utf8)
        for offset in proof.indices {
            for flip in [1, 0x20] as [UInt8] {
                var altered = proof
                altered[offset] ^= flip
                let text = String(decoding: altered, as: UTF8.self)
                #expect(throws: ProofError.self, "byte \(offset)") {
                    try InclusionStatement(parsing: text).verify(by: key)
                }
            }
        }
    }
}
