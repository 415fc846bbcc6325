import ArgumentParser
import Log
import Nostr

/// `consistency`: that a log grew and was not rewritten.
struct ConsistencyCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "consistency",
        abstract: "Was it rewritten since I last looked? Proves that a log grew, or names what happened to it.",
        discussion: """
            OLD and NEW are each a log's directory, a file with a signed checkpoint, or a size of the other log. Says \
            whether the newer one begins with every entry of the older one, and else whether the log was truncated, \
            rewritten, signed by another key, or is another log. With --out it writes the proof, which with the two \
            checkpoints shows it to anybody: --proof. The file is what a C2SP witness takes (add-checkpoint).

              ringdown-replay consistency kept.note DIR
              ringdown-replay consistency backup/ DIR
              ringdown-replay consistency 1000 DIR --out growth.txt
              ringdown-replay consistency old.note new.note --proof growth.txt --vkey KEY
            """)

    @Argument(help: ArgumentHelp("The older one: a directory, a note, or a size.", valueName: "OLD"))
    var old: String

    @Argument(help: ArgumentHelp("The newer one: a directory, a note, or a size.", valueName: "NEW"))
    var new: String

    @Option(help: ArgumentHelp("Write the proof to this file.", valueName: "FILE"))
    var out: String?

    @Option(help: ArgumentHelp("Check by the proof in this file.", valueName: "FILE"))
    var proof: String?

    @Option(help: ArgumentHelp("The log's verifier key; by default the one that entry 0 names.", valueName: "KEY"))
    var vkey: String?

    @Flag(name: .customLong("json"), help: "One object; docs/replay.md names its fields.")
    var printsJSON = false

    func validate() throws { _ = try vkey.map(Parse.vkey) }

    func execute(_ console: Console) throws -> Int32 {
        let comparison = try HistoryComparison(
            HistorySide(old), HistorySide(new), vkey: try vkey.map(Parse.vkey))
        var given: ConsistencyFile?
        if let proof {
            let text = try SmallFile.text(proof)
            do throws(ProofFailure) {
                given = try ConsistencyFile(parsing: text)
            } catch {
                throw ReplayFailure(.negative, "\(proof): \(error)")
            }
        }
        let (finding, file) = try comparison.run(proof: given)
        if let out, let file { try SmallFile.write(Array(file.text.utf8), to: out) }
        if printsJSON {
            try console.output.line(utf8: ConsistencyCommand.json(finding, file, log: comparison.key.origin))
        } else {
            try console.output.line((finding.isConsistent ? "CONSISTENT: " : "NOT CONSISTENT: ") + finding.text)
            if finding.isConsistent, let file {
                try console.output.line("  log    \(comparison.key.origin)")
                try console.output.line("  proof  \(file.hashes.count) hashes\(out.map { ", in \($0)" } ?? "")")
            }
        }
        return finding.isConsistent ? 0 : ReplayFailure.Status.negative.rawValue
    }

    private static func json(_ finding: HistoryFinding, _ file: ConsistencyFile?, log: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("consistent", finding.isConsistent)
        json.field("finding", finding.name)
        json.field("text", finding.text)
        json.field("log", log)
        switch finding {
        case .grown(let before, let now), .truncated(let now, let before):
            json.field("old_size", before)
            json.field("new_size", now)
        default: break
        }
        json.field("position", finding.position)
        if finding.isConsistent, let file {
            json.key("hashes")
            json.beginArray()
            for hash in file.hashes { json.string(Base64.encode(hash.bytes)) }
            json.endArray()
        }
        json.endObject()
        return json.bytes
    }
}
