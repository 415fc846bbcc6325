import Log
import Nostr
import Reducers

/// One of the two things that `consistency` compares: a log, a checkpoint that somebody kept, or a size of the other log.
enum HistorySide {
    case log(EventLog, VerifierKey)
    case note(SignedNote)
    case size(UInt64)

    /// A directory is a log, a number a size, and anything else the file of a note.
    init(_ text: String) throws {
        if let size = UInt64(text) {
            self = .size(size)
        } else if SmallFile.isDirectory(text) {
            let log = try OpenLog.at(text)
            let key = try log.read { try VerifierKey(parsing: LogCheckpoints.genesis(of: $0).verifierKey) }
            self = .log(log, key)
        } else {
            let file = try SmallFile.text(text)
            do throws(ProofError) {
                self = .note(try SignedNote(parsing: file))
            } catch {
                throw ReplayFailure(.negative, "\(text): \(error)")
            }
        }
    }

    /// The log, if it is at hand.
    var log: EventLog? { if case .log(let log, _) = self { log } else { nil } }
    /// The key that entry 0 names.
    var key: VerifierKey? { if case .log(_, let key) = self { key } else { nil } }
}

/// Finds out whether a log grew from one side to the other.
struct HistoryComparison {
    let old: HistorySide
    let new: HistorySide
    /// The key of the log that is being looked for.
    let key: VerifierKey

    /// - Parameter vkey: the key that the user gave; else that of the older log, or of the newer.
    init(_ old: HistorySide, _ new: HistorySide, vkey: VerifierKey?) throws {
        guard let key = vkey ?? old.key ?? new.key else {
            throw ReplayFailure(
                .negative, "with no log at hand it takes the log's key: give it by --vkey (`ringdown-relay key show`)")
        }
        self.old = old
        self.new = new
        self.key = key
    }

    /// The checkpoint of a side.
    private func checkpoint(_ side: HistorySide, other: HistorySide) throws -> Checkpoint {
        switch side {
        case .log(let log, let own):
            guard own.origin.utf8.elementsEqual(key.origin.utf8) else {
                throw HistoryFinding.anotherLog(own.origin, expected: key.origin)
            }
            guard own == key else { throw HistoryFinding.anotherKey("entry 0 of \(log.directory) names \(own.text)") }
            return try log.read { Checkpoint(origin: key.origin, size: $0.size, root: $0.root) }
        case .note(let note): return try HistoryFinding.checkpoint(in: note, by: key)
        case .size(let size):
            guard let log = other.log else {
                throw ReplayFailure(.negative, "a size is one of a log: the other side has to be a log's directory")
            }
            return try log.read { reader in
                guard size <= reader.size else {
                    throw HistoryFinding.truncated(size: reader.size, before: size)
                }
                return Checkpoint(origin: key.origin, size: size, root: try reader.root(atSize: size))
            }
        }
    }

    /// What happened, and the proof where there is one.
    func run(proof: ConsistencyFile?) throws -> (finding: HistoryFinding, file: ConsistencyFile?) {
        let (before, now): (Checkpoint, Checkpoint)
        do {
            (before, now) = (try checkpoint(old, other: new), try checkpoint(new, other: old))
        } catch let finding as HistoryFinding {
            return (finding, nil)
        }
        if let proof { return (proof.verify(before, now), proof) }
        guard before.size <= now.size else { return (.truncated(size: now.size, before: before.size), nil) }
        guard
            let log = [new.log, old.log].compactMap({ $0 }).first(where: { log in
                (try? log.read { $0.size >= now.size }) ?? false
            })
        else {
            guard before.size == now.size else {
                throw ReplayFailure(
                    .negative, "two notes alone do not show it: give the proof by --proof, or a log instead of a note")
            }
            let finding: HistoryFinding =
                before.root == now.root ? .grown(from: now.size, to: now.size) : .rewritten(size: now.size, first: nil)
            return (finding, nil)
        }
        let (isOld, isNew) = try log.read { reader in
            (try reader.root(atSize: before.size) == before.root, try reader.root(atSize: now.size) == now.root)
        }
        guard isOld, isNew else {
            let size = isOld ? now.size : before.size
            return (.rewritten(size: size, first: try firstDifference(before.size)), nil)
        }
        let hashes = try log.read { try $0.consistencyProof(from: before.size, to: now.size) }
        let text = if case .note(let note) = new { note.text } else { now.text }
        return (
            .grown(from: before.size, to: now.size),
            ConsistencyFile(oldSize: before.size, hashes: hashes, checkpoint: text)
        )
    }

    /// The first entry that is another one, where both logs are at hand.
    private func firstDifference(_ size: UInt64) throws -> UInt64? {
        guard let left = old.log, let right = new.log else { return nil }
        return try left.read { left in
            try right.read { right in try HistoryFinding.firstDifference(left, right, size: size) }
        }
    }
}
