import ArgumentParser
import Log
import Nostr

/// `check`: a proof, without the log.
struct CheckCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Is this proof good? Checks a file of `prove`, or any C2SP tlog-proof, without the log.",
        discussion: """
            KEY is the log's verifier key, from somebody you trust: `ringdown-relay key show` prints it, and so does a \
            relay's NIP-11 document. Never take it from the file. With --policy the checkpoint also needs the \
            cosignatures that a C2SP tlog-policy file asks for. Says what is proven and what is not; exit status 1 if \
            anything does not hold.

              ringdown-replay check call.proof --vkey relay.example.com/mesh/1+00303d7f+Ad7zROlM…
              ringdown-replay check call.proof --vkey KEY --policy witnesses.txt --json
            """)

    @Argument(help: ArgumentHelp("The proof.", valueName: "FILE"))
    var file: String

    @Option(help: ArgumentHelp("The log's verifier key: name+id+key.", valueName: "KEY"))
    var vkey: String

    @Option(help: ArgumentHelp("Whose cosignatures are needed: a C2SP tlog-policy file.", valueName: "FILE"))
    var policy: String?

    @Flag(name: .customLong("json"), help: "One object; docs/replay.md names its fields.")
    var printsJSON = false

    func validate() throws { _ = try Parse.vkey(vkey) }

    func execute(_ console: Console) throws -> Int32 {
        let signatures = try NoteCheck(vkey: Parse.vkey(vkey), policyPath: policy)
        let bytes = try SmallFile.bytes(file, maximum: ProofBundle.maximumBytes)
        let text: ProofText
        do throws(ProofFailure) {
            text = try CheckCommand.check(bytes, signatures)
        } catch {
            text = ProofText(failure: error)
        }
        try console.output.answer(text, asJSON: printsJSON)
        return text.isProven ? 0 : ReplayFailure.Status.negative.rawValue
    }

    /// Checks a bundle or a bare proof.
    static func check(_ bytes: [UInt8], _ signatures: NoteCheck) throws(ProofFailure) -> ProofText {
        if bytes.starts(with: "c2sp.org/tlog-proof@".utf8) { return try checkStatement(bytes, signatures) }
        let bundle = try ProofBundle(parsing: bytes)
        guard let note = bundle.entries.first?.statement.note else { throw ProofFailure("it has no entries") }
        guard bundle.entries.allSatisfy({ $0.statement.note == note }) else {
            throw ProofFailure("its entries are under more than one checkpoint")
        }
        let result = try signatures.check(note)
        let findings = try BundleCheck.run(bundle, note: result.checkpoint, vkey: signatures.vkey)
        return ProofText(findings: findings, result: result, hasPolicy: signatures.policy != nil)
    }

    private static func checkStatement(
        _ bytes: [UInt8], _ signatures: NoteCheck
    ) throws(ProofFailure) -> ProofText {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw ProofFailure("it is no text in UTF-8") }
        let leaf: Leaf
        let note: SignedNote
        do throws(ProofError) {
            let statement = try InclusionStatement(parsing: text)
            leaf = try statement.verify(by: signatures.vkey)
            note = statement.note
        } catch {
            throw ProofFailure("\(error)")
        }
        return ProofText(leaf: leaf, result: try signatures.check(note), hasPolicy: signatures.policy != nil)
    }
}
