import Log
import Nostr
import Reducers

extension Batch {
    /// What became of a request to erase.
    struct Erased {
        /// Entries whose payloads were there and are not any more.
        var count: Int
        /// Everything that was appended: the erasure's own entry and a mark, with a snapshot.
        var steps: [Step]
    }

    /// Erases payloads, and says so in an entry of its own.
    ///
    /// Snapshots hold notes, and with them what may have been erased: all go, and one of the state as it is now takes
    /// their place.
    ///
    /// - Throws: `LogError.misuse` when an entry may not be erased, or is too young: what still matters to a decision
    ///   has to stay until it does not (docs/design/erasure.md).
    func erase(
        _ positions: [UInt64], reason: String, in log: EventLog, state: inout RelayState, signedBy secret: SecretKey,
        in world: World
    ) throws -> Erased {
        let horizon = next(now: world.now()).time - state.memoryMicroseconds
        var isPinned = false
        try log.read { reader in
            let pinned = try reader.pinnedSnapshot.flatMap { try reader.leaf(at: $0) }
            for seq in positions {
                guard let leaf = try reader.leaf(at: seq) else { throw LogError.misuse("there is no entry \(seq)") }
                // The state where archived entries end holds what came shortly before.
                if let pinned, seq <= pinned.seq, leaf.time >= pinned.time - state.memoryMicroseconds {
                    isPinned = true
                }
                guard leaf.time < horizon else {
                    let minutes = (state.memoryMicroseconds / Position.microsecondsPerSecond + 59) / 60
                    throw LogError.misuse("entry \(seq) is younger than \(minutes) minutes: try again later")
                }
                guard leaf.flags & LeafFlags.erasable != 0 else {
                    throw LogError.misuse("entry \(seq) may not be erased: the membership rests on it")
                }
            }
        }
        let note = Text(String(reason.prefix(Erasure.maximumReasonCharacters)))
        let own = try append(
            .erasure(Erasure(positions: positions, reason: note)), to: &state, signedBy: secret, in: world)
        let count = try erase(positions)
        let mark = try append(.snapshotPoint, to: &state, signedBy: secret, in: world)
        try thinSnapshots(keeping: 0, droppingPinned: isPinned)
        try storeSnapshot(seq: mark.position.seq, bytes: state.snapshot)
        return Erased(count: count, steps: [own, mark])
    }
}
