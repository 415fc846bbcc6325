import Log
import Nostr
import Reducers

/// Makes the proof of one entry, and of what it followed from and what followed from it.
enum BundleMaker {
    /// Entries after an input that are proven with it; the rest are too many to be of one decision.
    private static let maximumOutputs: UInt64 = 64

    /// The proof of entry `seq` under a checkpoint.
    ///
    /// - Throws: `ReplayFailure` if the checkpoint does not cover the entries, or is not this log's.
    static func bundle(of seq: UInt64, under note: SignedNote, in reader: borrowing LogReader) throws -> ProofBundle {
        let checkpoint = try Checkpoint(parsing: note.body)
        let positions = try positions(about: seq, in: reader)
        guard let last = positions.last, last < checkpoint.size else {
            throw ReplayFailure(
                .negative,
                """
                the checkpoint covers \(checkpoint.size) entries, and entry \(positions.last ?? seq) is not among them: \
                get a newer one by `ringdown-relay checkpoint --data DIR`
                """)
        }
        guard checkpoint.size <= reader.size, try reader.root(atSize: checkpoint.size) == checkpoint.root else {
            throw ReplayFailure(
                .negative,
                """
                the checkpoint is not one of this log: it covers \(checkpoint.size) entries with another root; \
                `ringdown-replay consistency` says what happened
                """)
        }
        var bundle = ProofBundle()
        for position in positions {
            guard let entry = try reader.entry(at: position) else { throw Lookup.beyond(position, reader.size) }
            let path = try reader.inclusionProof(of: position, inTreeOf: checkpoint.size)
            bundle.entries.append(
                .init(
                    statement: InclusionStatement(leaf: entry.leaf, path: path, note: note),
                    body: entry.salt.flatMap { salt in entry.payload.map { (salt, $0) } }))
        }
        try addMemberships(to: &bundle, in: reader)
        do throws(ProofFailure) {
            bundle.about = try BundleCheck.describe(bundle, note: checkpoint).about
        } catch {
            throw ReplayFailure(
                .negative, "there is no proof to be made of entry \(seq): \(error); run `ringdown-replay verify`")
        }
        return bundle
    }

    /// Entry 0, the policy in force, the input, and what followed from it; each once, rising.
    private static func positions(about seq: UInt64, in reader: borrowing LogReader) throws -> [UInt64] {
        var input = seq
        while input > 0, let leaf = try reader.leaf(at: input), leaf.type.isOutput { input -= 1 }
        guard let leaf = try reader.leaf(at: input) else { throw Lookup.beyond(seq, reader.size) }
        var positions = Set([0, UInt64(leaf.rules), input, seq])
        var next = input + 1
        while next <= input + maximumOutputs, let leaf = try reader.leaf(at: next), leaf.type.isOutput {
            positions.insert(next)
            next += 1
        }
        return positions.sorted()
    }

    /// What the members' root before a connect request says of both ends.
    private static func addMemberships(to bundle: inout ProofBundle, in reader: borrowing LogReader) throws {
        for entry in bundle.entries {
            let leaf = try Leaf(decoding: entry.statement.leaf)
            guard leaf.type == .decision, let payload = entry.body?.payload,
                let decision = try? payload.withUnsafeBytes({ try Decision(payload: $0) }),
                decision.kind == .meshConnectRequest
            else { continue }
            let state = try Replayer.state(of: reader, before: decision.request)
            let members = state.membership.members.map {
                MemberLeaf(key: $0.key, role: $0.role.rawValue, since: $0.since)
            }
            let keys = [decision.author, decision.target].compactMap { $0 }
            // Somebody who asks for itself is one key.
            for key in keys where !bundle.memberships.contains(where: { $0.key == key }) {
                bundle.memberships.append(.init(key: key, proof: MembersProof(about: key, in: members)))
            }
        }
    }
}
