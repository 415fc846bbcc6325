import Log
import Nostr
import Reducers

/// A checkpoint that the relay published, and whether this log has grown from it.
struct ReportCheckpoint {
    /// The entry that holds it.
    let position: UInt64
    /// The signed note.
    let note: String
    /// What it says; `nil` when it is not signed by the log's key.
    private(set) var checkpoint: Checkpoint?
    /// Signatures on it beside the log's own.
    private(set) var witnesses = 0
    /// Whether the first entries of this log have the root that it states.
    private(set) var agrees = false

    init(position: UInt64, note: String) {
        self.position = position
        self.note = note
    }

    /// Checks it against the log's key and the log's tree.
    mutating func check(in reader: borrowing LogReader) throws {
        guard let entry = try reader.entry(at: 0),
            case .input(.genesis(let genesis), _) = try RecordedEntry(entry).content,
            let key = try? VerifierKey(parsing: genesis.verifierKey), let signed = try? SignedNote(parsing: note),
            let stated = try? signed.verified(by: key)
        else { return }
        checkpoint = stated
        witnesses = signed.signatures.count - 1
        guard stated.size <= position else { return }
        agrees = try reader.root(atSize: stated.size) == stated.root
    }

    var markup: Markup {
        """
        <p>The latest checkpoint in this range is entry \(position). \(verdict)</p><pre>\(lines)</pre>
        """
    }

    private var lines: [Markup] {
        note.split(separator: "\n", omittingEmptySubsequences: false).map { "\(String($0))" }
    }

    private var verdict: Markup {
        guard let checkpoint else { return "<strong class=\"differs\">It is not signed by this log’s key.</strong>" }
        guard agrees else {
            return """
                <strong class="differs">This log is not the one that it was signed for: it was rewritten.</strong>
                """
        }
        let others = ReportWords.count(UInt64(max(0, witnesses)), "other key")
        let by = witnesses <= 0 ? "by the relay alone" : "by the relay and \(others)"
        return """
            It was signed \(by), and the first \(ReportWords.count(checkpoint.size, "entry")) of this log are the ones \
            that it was signed for.
            """
    }
}
