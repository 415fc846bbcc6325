import Log
import Nostr

/// Finds where two logs part: by the roots of their trees, without reading what is equal.
enum Bisection {
    /// Where two logs part.
    struct Result: Equatable {
        var sizes: (left: UInt64, right: UInt64)
        /// The first entry that differs; `nil` when the shorter log is the beginning of the longer one.
        var first: UInt64?
        /// How many pairs of roots were compared.
        var comparisons: Int

        static func == (left: Result, right: Result) -> Bool {
            left.sizes == right.sizes && left.first == right.first
        }
    }

    /// The first entry that is not the same in both.
    static func firstDifference(
        _ left: borrowing LogReader, _ right: borrowing LogReader
    ) throws -> Result {
        var result = Result(sizes: (left.size, right.size), first: nil, comparisons: 1)
        // Trees of this size are equal, and trees of that size are not.
        var (equal, different): (UInt64, UInt64) = (0, min(left.size, right.size))
        if try left.root(atSize: different) == right.root(atSize: different) { return result }
        while different - equal > 1 {
            let middle = equal + (different - equal) / 2
            result.comparisons += 1
            if try left.root(atSize: middle) == right.root(atSize: middle) {
                equal = middle
            } else {
                different = middle
            }
        }
        result.first = equal
        return result
    }

    /// What is not the same in two entries of one position, by the names of docs/log-format.md.
    static func differences(_ left: Entry, _ right: Entry) -> [(name: String, left: String, right: String)] {
        func hex(_ bytes: Bytes32) -> String { bytes.hex }
        let (old, new) = (left.leaf, right.leaf)
        let all: [(String, String, String)] = [
            ("type", "\(old.type)", "\(new.type)"), ("flags", "\(old.flags)", "\(new.flags)"),
            ("schema", "\(old.schema)", "\(new.schema)"),
            ("time", Timestamp.text(old.time, .microseconds), Timestamp.text(new.time, .microseconds)),
            ("rules", "\(old.rules)", "\(new.rules)"), ("members_root", hex(old.membersRoot), hex(new.membersRoot)),
            ("state_root", hex(old.stateRoot), hex(new.stateRoot)),
            ("commitment", hex(old.commitment), hex(new.commitment)), ("payload", text(left), text(right)),
        ]
        return all.filter { $0.1 != $0.2 }
    }

    private static func text(_ entry: Entry) -> String {
        entry.payload.map { Printable.text(Text(String(decoding: $0, as: UTF8.self))) } ?? "erased"
    }
}
