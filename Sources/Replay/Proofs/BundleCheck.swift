import Log
import Nostr
import Reducers

/// Checks everything that a bundle claims, with nothing but the bundle and a checkpoint that was found to be the log's.
struct BundleCheck {
    /// An entry whose leaf, payload, ids and signatures are what they have to be.
    struct Proven {
        let leaf: Leaf
        let salt: Bytes32?
        let content: RecordedEntry.Content

        var position: Position { Position(seq: leaf.seq, time: leaf.time) }
    }

    let note: Checkpoint
    let entries: [Proven]
    let memberships: [(key: PublicKey, finding: MembersProof.Finding)]
    let genesis: Genesis
    let policy: (seq: UInt64, settings: Policy)?
    /// The input that the bundle is about.
    let input: Proven
    /// What follows from it, as far as the bundle has it.
    let outputs: [Proven]

    /// Checks a file under a checkpoint whose signature was checked before, and says what it proves.
    static func run(_ bundle: ProofBundle, note: Checkpoint, vkey: VerifierKey) throws(ProofFailure) -> BundleFindings {
        let check = try BundleCheck(bundle, note: note)
        guard check.genesis.verifierKey == vkey.text else {
            throw ProofFailure("entry 0 names another key of the log, \(check.genesis.verifierKey)")
        }
        let findings = try check.findings()
        guard bundle.about == findings.about else {
            throw ProofFailure("the words at its top are not what its entries show")
        }
        return findings
    }

    /// Says what a bundle shows that is being made.
    static func describe(_ bundle: ProofBundle, note: Checkpoint) throws(ProofFailure) -> BundleFindings {
        try BundleCheck(bundle, note: note).findings()
    }

    private func findings() throws(ProofFailure) -> BundleFindings {
        try checkOutputs()
        return BundleFindings(self)
    }

    private init(_ bundle: ProofBundle, note: Checkpoint) throws(ProofFailure) {
        self.note = note
        var entries: [Proven] = []
        for entry in bundle.entries {
            let proven = try BundleCheck.proven(entry, note: note)
            guard entries.last.map({ $0.leaf.seq < proven.leaf.seq }) ?? true else {
                throw ProofFailure("its entries are not in the order of the log")
            }
            entries.append(proven)
        }
        self.entries = entries
        guard let first = entries.first, first.leaf.seq == 0, case .input(.genesis(let genesis), _) = first.content
        else { throw ProofFailure("it does not begin with entry 0, which names the keys") }
        do throws(Divergence.Found) {
            try GenesisCheck.check(genesis)
        } catch {
            throw ProofFailure("entry 0: \(error.at(0).description)")
        }
        guard genesis.origin.utf8.elementsEqual(note.origin.utf8) else {
            throw ProofFailure("entry 0 is that of \(genesis.origin), and the checkpoint is of \(note.origin)")
        }
        self.genesis = genesis
        (input, outputs) = try BundleCheck.split(entries)
        policy = try BundleCheck.policy(of: input, in: entries)
        memberships = try BundleCheck.memberships(bundle, outputs.first?.leaf ?? input.leaf)
    }

    /// One entry: its way to the root, its commitment, its form, its ids and signatures.
    private static func proven(_ entry: ProofBundle.Entry, note: Checkpoint) throws(ProofFailure) -> Proven {
        let statement = entry.statement
        let isIncluded = MerkleTree.verifyInclusion(
            leafHash: MerkleTree.leafHash(statement.leaf), index: statement.index, size: note.size,
            proof: statement.path, root: note.root)
        guard isIncluded else {
            throw ProofFailure("entry \(statement.index): its hashes do not lead to the root of the checkpoint")
        }
        guard let leaf = try? Leaf(decoding: statement.leaf), leaf.seq == statement.index else {
            throw ProofFailure("entry \(statement.index): its leaf is not that of this position")
        }
        let chunk = Chunk(first: leaf.seq, capacity: 1)
        if let body = entry.body {
            body.payload.withUnsafeBytes { chunk.append(leaf, salt: body.salt, payload: $0) }
        } else {
            chunk.append(leaf, salt: nil, payload: nil)
        }
        chunk.check(EntryCheck(signatures: true))
        if let divergence = chunk.results[0].divergence { throw ProofFailure(divergence.description) }
        guard let body = entry.body else { return Proven(leaf: leaf, salt: nil, content: .erased) }
        guard
            let content = try? body.payload.withUnsafeBytes({ try RecordedEntry.Content(type: leaf.type, payload: $0) })
        else { throw ProofFailure("entry \(leaf.seq): its payload is not understood") }
        return Proven(leaf: leaf, salt: body.salt, content: content)
    }

    /// The last input, and the entries right behind it.
    private static func split(_ entries: [Proven]) throws(ProofFailure) -> (Proven, [Proven]) {
        guard let index = entries.lastIndex(where: { !$0.leaf.type.isOutput }) else {
            throw ProofFailure("it has no input")
        }
        let outputs = Array(entries[(index + 1)...])
        // Before it come entry 0 and the policy, and nothing else that would be shown without being looked at.
        guard entries[..<index].allSatisfy({ $0.leaf.type == .configuration }), index <= 2 else {
            throw ProofFailure("it has entries that its subject does not need")
        }
        return (entries[index], outputs)
    }

    /// The settings that judged the input.
    private static func policy(
        of input: Proven, in entries: [Proven]
    ) throws(ProofFailure) -> (seq: UInt64, settings: Policy)? {
        guard input.leaf.rules > 0 else { return nil }
        let seq = UInt64(input.leaf.rules)
        guard let entry = entries.first(where: { $0.leaf.seq == seq }),
            case .input(.policy(let policy, _), _) = entry.content
        else {
            throw ProofFailure("the policy that entry \(input.leaf.seq) names, entry \(seq), is not among its entries")
        }
        return (seq, policy)
    }

    private static func memberships(
        _ bundle: ProofBundle, _ leaf: Leaf
    ) throws(ProofFailure) -> [(key: PublicKey, finding: MembersProof.Finding)] {
        var found: [(key: PublicKey, finding: MembersProof.Finding)] = []
        for membership in bundle.memberships {
            do throws(ProofError) {
                found.append((membership.key, try membership.proof.verify(membership.key, root: leaf.membersRoot)))
            } catch {
                throw ProofFailure("membership of \(membership.key.hex): \(error)")
            }
        }
        return found
    }
}
