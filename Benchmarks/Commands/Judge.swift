import ArgumentParser
import Foundation
import Log
import Nostr

/// `judge`: our own checks of notes and proofs, many in one process, in the form in which the tests put the same
/// questions to other people's verifiers (Tests/Outside).
struct Judge: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "judge", abstract: "Judge notes and proofs: one JSON object a line in, one out.",
        shouldDisplay: false)

    /// One question. Texts are base64 of the bytes, since some are no UTF-8.
    private struct Question: Decodable {
        var `do`: String
        var vkey: String
        var text: Data
        var old: Data?
        var proof: Data?
        /// A witness's key, if its cosignature has to be there.
        var witness: String?
    }

    /// What is known after the check, or why nothing is.
    private struct Answer: Encodable {
        var accepted: Bool
        var statement: String?
        var why: String?
    }

    func run() throws {
        let decoder = JSONDecoder()
        let encoder = JSONEncoder()
        while let line = readLine() {
            let question = try decoder.decode(Question.self, from: Data(line.utf8))
            var answer = Answer(accepted: false)
            do {
                answer = Answer(accepted: true, statement: try statement(question))
            } catch {
                answer.why = "\(error)"
            }
            // Written at once: whoever asks waits for it.
            let text = String(decoding: try encoder.encode(answer), as: UTF8.self)
            FileHandle.standardOutput.write(Data("{\"ringdown\":\(text)}\n".utf8))
        }
    }

    private func text(_ data: Data?) throws -> String {
        guard let data, let text = String(validating: data, as: UTF8.self) else {
            throw BenchmarkError("this is no UTF-8")
        }
        return text
    }

    private func statement(_ question: Question) throws -> String {
        let key = try VerifierKey(parsing: question.vkey)
        let text = try text(question.text)
        switch question.do {
        case "checkpoint":
            return words(try checkpoint(SignedNote(parsing: text), key, question.witness))
        case "inclusion":
            let proof = try InclusionStatement(parsing: text)
            let leaf = try proof.verify(by: key)
            return "\(words(try proof.note.verified(by: key))) \(leaf.seq) \(leaf.hash.hex)"
        case "consistency":
            let new = try SignedNote(parsing: text).verified(by: key)
            let old = try SignedNote(parsing: try self.text(question.old)).verified(by: key)
            let hashes = try hashes(try self.text(question.proof))
            let isConsistent = MerkleTree.verifyConsistency(
                oldSize: old.size, oldRoot: old.root, newSize: new.size, newRoot: new.root, proof: hashes)
            guard isConsistent else { throw BenchmarkError("the hashes do not lead from the old root to the new") }
            return "\(words(old)) \(words(new))"
        default: throw BenchmarkError("nothing is known of \(question.do)")
        }
    }

    private func checkpoint(_ note: SignedNote, _ key: VerifierKey, _ witness: String?) throws -> Checkpoint {
        let checkpoint = try note.verified(by: key)
        guard let witness else { return checkpoint }
        guard try note.cosignature(by: WitnessKey(parsing: witness)) != nil else {
            throw BenchmarkError("there is no cosignature of the witness")
        }
        return checkpoint
    }

    private func hashes(_ text: String) throws -> [Bytes32] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.popLast()?.isEmpty == true else { throw BenchmarkError("the last line of the proof is cut") }
        return try lines.map { line in
            guard let bytes = Base64.decode(line), let hash = Bytes32(bytes) else {
                throw BenchmarkError("a line of the proof is no hash")
            }
            return hash
        }
    }

    private func words(_ checkpoint: Checkpoint) -> String {
        "\(checkpoint.origin) \(checkpoint.size) \(checkpoint.root.hex)"
    }
}
