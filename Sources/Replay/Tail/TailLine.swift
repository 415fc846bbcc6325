import Log
import Nostr
import Reducers

/// An entry as a line on a terminal: what matters stands out, what is routine stands back.
struct TailLine {
    let words: EntryWords
    let isColoured: Bool

    func text(_ entry: RecordedEntry) -> String {
        let head = "\(Column.position(entry.leaf.seq))  \(Timestamp.text(entry.leaf.time))"
        let type = Column.padded(EntryWords.type(entry), to: 8)
        let text = words.text(entry)
        guard isColoured else { return "\(head)  \(type)  \(text)" }
        guard let colour = TailLine.colour(of: entry) else { return "\(Colour.faint(head))  \(type)  \(text)" }
        return "\(Colour.faint(head))  \(colour("\(type)  \(text)"))"
    }

    /// Decisions by how they ended, calls, changes of the membership; `nil` for the terminal's own colour.
    static func colour(of entry: RecordedEntry) -> Colour? {
        switch entry.content {
        case .output(.decision(let decision)):
            switch decision.outcome {
            case .granted, .applied: .green
            case .refused: .red
            case .unchanged: .faint
            }
        case .output(.effect): .yellow
        case .output(.event(let event, _)):
            switch event.kind {
            case .callMeNow: .cyan
            case .memberAdded, .memberRemoved, .membershipList: .yellow
            default: .faint
            }
        case .input(let input, let answer):
            switch input {
            case .event: answer.map { $0.isRefusal ? .red : nil } ?? nil
            case .delivered(let delivery): delivery.dropped.isEmpty ? .cyan : .red
            case .dropped: .red
            case .genesis, .policy, .operatorCommand, .management, .erasure, .restart: .magenta
            default: .faint
            }
        case .erased: .faint
        }
    }
}

extension Text {
    /// Whether an answer says that something was not accepted: every refusal begins with a prefix of NIP-01, and good
    /// news has none, or `info`.
    var isRefusal: Bool { !isEmpty && string.contains(": ") && !string.hasPrefix("info: ") }
}
