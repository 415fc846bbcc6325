import ArgumentParser
import Foundation
import Log
import Nostr

/// `ringdown-relay checkpoint`.
struct CheckpointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Sign what the log has come to, now, and print the signed note.",
        discussion: """
            Beside a running relay it asks that one, with its witnesses; else it signs by itself. A log that has not grown since its
            latest checkpoint is not signed again: that one is printed. Exit code 1 when nothing may be signed, with the reason.

              ringdown-relay checkpoint --data /var/lib/ringdown > checkpoint.txt
            """)

    @OptionGroup var directory: DirectoryOption
    @Option(help: "A witness to ask when no relay runs; may be given several times.") var witness: [String] = []
    @Option(help: "Whose cosignatures it needs when no relay runs: a file (C2SP tlog-policy).") var witnessPolicy = ""
    @Flag(help: "One JSON object: origin, size, root, note.") var json = false

    func run() async throws {
        do {
            let operation = try Operation(directory.data, creates: false)
            let note: SignedNote
            if var opened = operation.log {
                note = try opened.publishCheckpoint(try Witnesses(urls: witness, policyPath: witnessPolicy))
            } else {
                note = try SignedNote(parsing: try operation.insist(.checkpoint).message)
            }
            try show(note)
        } catch let error as SigningError {
            Failure.say(error.description)
            throw ExitCode.failure
        } catch let error as CheckpointFailure {
            Failure.say(error.description)
            throw ExitCode.failure
        } catch {
            throw Failure.report(error)
        }
    }

    private func show(_ note: SignedNote) throws {
        guard json else { return Swift.print(note.text, terminator: "") }
        let checkpoint = try Checkpoint(parsing: note.body)
        var json = JSONWriter()
        json.beginObject()
        json.field("origin", checkpoint.origin)
        json.field("size", checkpoint.size)
        json.field("root", checkpoint.root)
        json.field("note", note.text)
        json.endObject()
        Swift.print(String(decoding: json.bytes, as: UTF8.self))
    }
}
