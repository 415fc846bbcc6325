import ArgumentParser
import Log
import Reducers

/// `prove`: a file that proves one entry to somebody who has no copy of the log.
struct ProveCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "How do I prove it to somebody else? One file about one entry, checked without the log.",
        discussion: """
            EVENT is the id of an event, or its first 8 digits or more, or a position. The file holds the entry, what it \
            followed from and what followed from it, with payloads and salts, under one checkpoint: for a call the \
            request, the decision, both halves and both memberships; for a refusal for want of membership the neighbours \
            that show the absence. It gives away what these entries hold, addresses too, and nothing of any other.

              ringdown-replay prove --data DIR 4f6c21d09a3b --out call.proof
              ringdown-replay check call.proof --vkey KEY
            """)

    @OptionGroup var common: CommonOptions

    @Argument(
        help: ArgumentHelp("The event's id, at least its first 8 digits, or a position.", valueName: "EVENT|POS"),
        transform: Parse.event)
    var event: LogPoint

    @Option(help: ArgumentHelp("Write the proof to this file; else to standard output.", valueName: "FILE"))
    var out: String?

    @Option(help: ArgumentHelp("Prove under the checkpoint in this file, not the log's newest.", valueName: "FILE"))
    var checkpoint: String?

    func execute(_ console: Console) throws -> Int32 {
        let (bundle, note) = try common.open().read { reader in
            console.progress.begin("looking for the event")
            let seq = try position(in: reader, console)
            let note = try LogCheckpoints.note(checkpoint, in: reader)
            console.progress.begin("proving")
            return (try BundleMaker.bundle(of: seq, under: note, in: reader), note)
        }
        guard let out else {
            try console.output.line(utf8: bundle.file.dropLast())
            return 0
        }
        try SmallFile.write(bundle.file, to: out)
        let result = ProofText(
            findings: try BundleCheck.describe(bundle, note: Checkpoint(parsing: note.body)), out: out)
        try console.output.answer(result, asJSON: common.printsJSON)
        return 0
    }

    private func position(in reader: borrowing LogReader, _ console: Console) throws -> UInt64 {
        switch event {
        case .position(let seq):
            guard seq < reader.size else { throw Lookup.beyond(seq, reader.size) }
            return seq
        case .event(let prefix):
            return try Lookup.positions(of: prefix, in: reader, progress: console.progress.update).first ?? 0
        case .time: throw ValidationError("expected an event or a position")
        }
    }
}
