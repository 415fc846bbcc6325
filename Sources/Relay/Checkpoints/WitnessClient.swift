import Fetch
import Log
import Nostr
import Synchronization

/// Asks one witness to cosign checkpoints (C2SP tlog-witness, `add-checkpoint`).
final class WitnessClient: Sendable {
    /// What a witness said.
    enum Answer: Sendable, Equatable {
        case cosigned
        /// It holds a checkpoint of more entries than the log has: the log has lost its tail, or is a restored backup.
        case ahead(UInt64)
        /// It holds a checkpoint that this log did not grow from.
        case fork
        /// Anything else, in words.
        case failed(String)
    }

    private static let timeoutSeconds = 10.0
    private static let maximumAnswerBytes = 65_536
    /// How often a witness may correct what it is taken to hold, in one exchange.
    private static let corrections = 2

    let door: Witnesses.Door
    /// The size of the checkpoint that the witness holds, as far as is known.
    private let held = Mutex<UInt64>(0)

    init(_ door: Witnesses.Door) { self.door = door }

    /// Submits a note; returns it with the witness's cosignature where there is one.
    func cosign(_ note: SignedNote, of log: EventLog) -> (note: SignedNote, answer: Answer) {
        guard let checkpoint = try? Checkpoint(parsing: note.body) else { return (note, .failed("no checkpoint")) }
        var old = min(held.withLock { $0 }, checkpoint.size)
        for _ in 0...WitnessClient.corrections {
            let answer: FetchAnswer
            do {
                answer = try ask(note, checkpoint, old: old, log)
            } catch {
                return (note, .failed("\(error)"))
            }
            switch answer.status {
            case 200: return accept(answer, note, checkpoint)
            case 409:
                guard let text = answer.text, let size = UInt64(text.filter { !$0.isWhitespace }) else {
                    return (note, .failed("it answered 409 without the size that it holds"))
                }
                guard size <= checkpoint.size else { return (note, .ahead(size)) }
                guard size != old else { return (note, .failed("it says that it holds \(size) entries, and then not")) }
                old = size
            case 422: return (note, .fork)
            default:
                let reason = answer.text?.prefix(WitnessClient.reasonCharacters) ?? ""
                return (note, .failed("it answered \(answer.status): \(Printable.line(String(reason)))"))
            }
        }
        return (note, .failed("it keeps changing what it holds"))
    }

    private static let reasonCharacters = 200

    private func ask(
        _ note: SignedNote, _ checkpoint: Checkpoint, old: UInt64, _ log: EventLog
    ) throws -> FetchAnswer {
        var body = "old \(old)\n"
        if old > 0, old < checkpoint.size {
            let proof = try log.read { try $0.consistencyProof(from: old, to: checkpoint.size) }
            for hash in proof { body += Base64.encode(hash.bytes) + "\n" }
        }
        body += "\n" + note.text
        let url = door.url.hasSuffix("/") ? "\(door.url)add-checkpoint" : "\(door.url)/add-checkpoint"
        return try Fetch.send(
            FetchRequest(method: "POST", url: url, headers: ["content-type": "text/plain"], body: Array(body.utf8)),
            timeoutSeconds: WitnessClient.timeoutSeconds, maximumBytes: WitnessClient.maximumAnswerBytes)
    }

    private func accept(
        _ answer: FetchAnswer, _ note: SignedNote, _ checkpoint: Checkpoint
    ) -> (note: SignedNote, answer: Answer) {
        held.withLock { $0 = checkpoint.size }
        guard let text = answer.text else { return (note, .failed("its answer is no text")) }
        var reason = "it answered without a cosignature by a key of the policy"
        for key in door.keys {
            do throws(ProofError) {
                return (try note.adding(answer: text, of: key), .cosigned)
            } catch {
                reason = error.description
            }
        }
        return (note, .failed(reason))
    }
}

/// Words of others, for a log line.
enum Printable {
    static func line(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }
}
