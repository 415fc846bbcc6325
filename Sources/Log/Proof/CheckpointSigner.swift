import Nostr

/// Signs checkpoints of one log, and refuses to whenever a signature could be a lie (AUDIT.md, "Signing without ever
/// lying"). One at a time may sign for a log: the process that has it open for writing.
public struct CheckpointSigner: Sendable {
    private let log: EventLog
    private let key: LogKey
    private let verifier: VerifierKey
    private let lastSigned: LastSigned

    /// A signer of a log that is open.
    ///
    /// - Parameters:
    ///   - origin: the log's name, as its genesis has it.
    ///   - directory: where `last-signed` is kept; the log's own directory by default.
    public init(log: EventLog, key: LogKey, origin: String, directory: String? = nil) {
        self.log = log
        self.key = key
        verifier = VerifierKey(origin: origin, publicKey: key.publicKey)
        lastSigned = LastSigned(directory: directory ?? log.directory)
    }

    /// The last checkpoint that was signed, if any: what a crash may have kept from being published.
    public func last() throws(SigningError) -> SignedNote? {
        try lastSigned.read(verifier)?.note
    }

    /// Signs the log as it is committed now, once everything that could make the signature a lie has been looked at:
    /// entries since the last checkpoint are read again from the file, with their commitments; the root is computed by
    /// two routes; and it continues what was signed last. The note is on disk, in `last-signed`, before it is returned.
    ///
    /// - Parameter requiresLast: whether there has to be a last checkpoint, as where the log itself tells of one.
    public func sign(requiresLast: Bool = false) throws(SigningError) -> SignedNote {
        let last = try lastSigned.read(verifier)?.checkpoint
        if last == nil, requiresLast { throw .lastSignedMissing(path: lastSigned.path) }
        let checkpoint: Checkpoint
        do {
            checkpoint = try log.read { reader in try check(reader, since: last) }
        } catch let error as SigningError {
            throw error
        } catch {
            throw .damaged("\(error)")
        }
        let note = SignedNote.sign(checkpoint, key)
        guard let verified = try? note.verified(by: verifier), verified == checkpoint else {
            throw .damaged("the signature that was made does not verify")
        }
        try lastSigned.write(note)
        return note
    }

    private func check(_ reader: borrowing LogReader, since last: Checkpoint?) throws -> Checkpoint {
        let size = reader.size
        guard size > 0 else { throw last.map { .rollback(size: 0, signed: $0.size) } ?? SigningError.emptyLog }
        if let last {
            guard last.size <= size else { throw SigningError.rollback(size: size, signed: last.size) }
            let root = try reader.root(atSize: last.size)
            guard root == last.root else {
                throw SigningError.fork(size: last.size, signedRoot: last.root, root: root)
            }
        }
        try reader.checkEnds()
        try reader.checkTiles(from: last?.size ?? 0)
        let root = reader.root
        let recomputed = try reader.recomputedRoot()
        guard root == recomputed else {
            throw SigningError.damaged(
                "its frontier has the root \(root.hex), its leaves and subtrees have \(recomputed.hex)")
        }
        return Checkpoint(origin: verifier.origin, size: size, root: root)
    }
}

extension LogReader {
    /// Reads the entries from the last complete tile before `from` on, with their commitments, and compares every
    /// stored subtree that ends among them with what lies below it.
    func checkTiles(from: UInt64) throws {
        let width = UInt64(TilePath.fullWidth)
        // At least the newest complete tile is hashed again, and the one behind it.
        let start = min(from, size - 1) / width
        let first = start > 0 ? (start - 1) * width : 0
        var hashes: [Bytes32] = []
        try forEachEntry(from: first) { entry in
            hashes.append(entry.leaf.hash)
            guard hashes.count == TilePath.fullWidth else { return true }
            let index = entry.leaf.seq / width
            try compare(level: 1, index: index, MerkleTree.root(of: hashes))
            hashes.removeAll(keepingCapacity: true)
            try checkParents(of: index)
            return true
        }
    }

    /// Compares the subtrees above a complete tile of leaves that are complete with it.
    private func checkParents(of index: UInt64) throws {
        let width = UInt64(TilePath.fullWidth)
        var index = index
        var level = 1
        while (index + 1).isMultiple(of: width) {
            let first = index + 1 - width
            var hashes: [Bytes32] = []
            for place in first...index { hashes.append(try tile(level: level, index: place)) }
            index /= width
            level += 1
            try compare(level: level, index: index, MerkleTree.root(of: hashes))
        }
    }

    private func compare(level: Int, index: UInt64, _ root: Bytes32) throws {
        guard try tile(level: level, index: index) == root else {
            let span = UInt64(1) << UInt64(level * Tile.height)
            throw LogError.damaged(
                seq: nil,
                reason: "the stored root over the entries from \(index * span) to \((index + 1) * span - 1) is wrong")
        }
    }
}
