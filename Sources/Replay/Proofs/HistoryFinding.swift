import Log
import Nostr

/// What became of a log between two looks at it, told apart by name.
enum HistoryFinding: Error, Equatable {
    /// It grew, and what there was is unchanged.
    case grown(from: UInt64, to: UInt64)
    /// It has fewer entries than it had.
    case truncated(size: UInt64, before: UInt64)
    /// Same name and key, but entries that were there are others now. The first position that differs, where both logs
    /// are at hand.
    case rewritten(size: UInt64, first: UInt64?)
    /// It has this log's name, and another key signed it.
    case anotherKey(String)
    /// It has another name.
    case anotherLog(String, expected: String)
    /// The proof does not show it.
    case badProof(String)

    /// A stable word for programs.
    var name: String {
        switch self {
        case .grown: "grown"
        case .truncated: "truncated"
        case .rewritten: "rewritten"
        case .anotherKey: "another_key"
        case .anotherLog: "another_log"
        case .badProof: "bad_proof"
        }
    }

    var isConsistent: Bool { if case .grown = self { true } else { false } }

    /// In one sentence, without its end.
    var text: String {
        switch self {
        case .grown(let before, let now) where before == now: "the log is the same: \(now) entries with the same root"
        case .grown(let before, let now):
            "the log grew from \(before) to \(now) entries, and the first \(before) are what they were"
        case .truncated(let size, let before):
            "truncated: the log has \(size) entries, and had \(before): its tail was cut off, or a backup was restored"
        case .rewritten(let size, let first):
            """
            rewritten (a fork): same name and key, but the first \(size) entries are not those that were signed\
            \(first.map { "; the first that differs is entry \($0)" } ?? "")
            """
        case .anotherKey(let reason): "another key: \(reason)"
        case .anotherLog(let name, let expected): "another log: this is \(Printable.text(Text(name))), not \(expected)"
        case .badProof(let reason): "bad proof: \(reason)"
        }
    }

    /// Where it went wrong, if an entry is known.
    var position: UInt64? { if case .rewritten(_, let first) = self { first } else { nil } }
}

extension HistoryFinding {
    /// Checks a note's name and key, and tells what is wrong with it by name.
    static func checkpoint(in note: SignedNote, by key: VerifierKey) throws(HistoryFinding) -> Checkpoint {
        let stated: Checkpoint
        do throws(ProofError) {
            stated = try Checkpoint(parsing: note.body)
        } catch {
            throw .badProof(error.description)
        }
        guard stated.origin.utf8.elementsEqual(key.origin.utf8) else {
            throw .anotherLog(stated.origin, expected: key.origin)
        }
        do throws(ProofError) {
            return try note.verified(by: key)
        } catch {
            throw .anotherKey(error.description)
        }
    }

    /// Compares a log with a checkpoint that somebody kept of it.
    static func compare(
        _ reader: borrowing LogReader, with note: SignedNote, by key: VerifierKey
    ) throws -> HistoryFinding {
        let kept: Checkpoint
        do throws(HistoryFinding) { kept = try checkpoint(in: note, by: key) } catch { return error }
        guard kept.size <= reader.size else { return .truncated(size: reader.size, before: kept.size) }
        guard try reader.root(atSize: kept.size) == kept.root else { return .rewritten(size: kept.size, first: nil) }
        return .grown(from: kept.size, to: reader.size)
    }

    /// The first position at which two logs differ, of the first `size` entries.
    static func firstDifference(
        _ left: borrowing LogReader, _ right: borrowing LogReader, size: UInt64
    ) throws -> UInt64? {
        guard try left.root(atSize: size) != right.root(atSize: size) else { return nil }
        // The trees over so many entries are the same up to the first that differs, and never again.
        var (same, different) = (UInt64(0), size)
        while same + 1 < different {
            let middle = same + (different - same) / 2
            if try left.root(atSize: middle) == right.root(atSize: middle) { same = middle } else { different = middle }
        }
        return same
    }
}
