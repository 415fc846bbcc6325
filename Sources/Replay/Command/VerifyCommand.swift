import ArgumentParser
import Log

/// `verify`: everything recomputed, and the first divergence.
struct VerifyCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Can I trust this log? Everything recomputed, and the first divergence.",
        discussion: """
            Reads from entry 0 and trusts nothing that was computed before: each payload against its commitment, each \
            signature, each decision and output against what the rules give, the tree and the indexes against the \
            entries, each checkpoint against the tree. The first entry that is not what it has to be is named, and the \
            exit status is 1. With --checkpoint also against a checkpoint that somebody kept: whether the log was \
            truncated or rewritten since, is signed by another key, or is another log.

            Of entries that are archived and not here only the hashes are checked, and the rest from the first state on that \
            the log commits to; the answer says so.

              ringdown-replay verify --data DIR
              ringdown-replay verify --data DIR --json
              ringdown-replay verify --data DIR --checkpoint kept.note
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("Compare with the checkpoint in this file.", valueName: "NOTE-FILE"))
    var checkpoint: String?

    @Flag(name: .customLong("require-all"), help: "Archived entries that are not here count as a failure.")
    var requiresAll = false

    @Flag(name: .customLong("supervised"), help: .hidden)
    var isSupervised = false

    func execute(_ console: Console) throws -> Int32 {
        let log = try common.open()
        let kept = try checkpoint.map { path in
            do { return try SignedNote(parsing: SmallFile.text(path)) } catch let error as ProofError {
                throw ReplayFailure(.negative, "\(path): \(error)")
            }
        }
        var latest: Verifier.Stage?
        var result = try Verifier(log).run { stage, done, total in
            if isSupervised, stage == .entries { Supervisor.report(done) }
            if stage != latest { console.progress.begin(label(stage)) }
            latest = stage
            console.progress.update(done, of: total)
        }
        if let kept { result.divergence = try KeptCheckpoint.divergence(of: log, from: kept, after: result.divergence) }
        let text = VerificationText(result: result, names: common.names)
        try console.output.answer(text, asJSON: common.printsJSON)
        let isComplete = !requiresAll || result.absent.isEmpty
        return result.divergence == nil && isComplete ? 0 : ReplayFailure.Status.negative.rawValue
    }

    private func label(_ stage: Verifier.Stage) -> String {
        switch stage {
        case .entries: "verifying"
        case .indexes: "comparing the indexes"
        }
    }
}
