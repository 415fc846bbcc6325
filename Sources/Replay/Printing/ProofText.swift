import Log
import Nostr

/// What `prove` made or `check` found, in words or as one object.
struct ProofText: Answer {
    private var subject: String?
    private var proven: [String] = []
    private var unproven: [String] = []
    private var positions: [UInt64] = []
    private var result: NoteCheck.Result?
    private var failure: ProofFailure?
    private var out: String?

    var isProven: Bool { failure == nil }

    /// A proof that does not hold.
    init(failure: ProofFailure) { self.failure = failure }

    /// A bundle that was made.
    init(findings: BundleFindings, out: String) {
        self.init(findings)
        self.out = out
    }

    /// A bundle that holds.
    init(findings: BundleFindings, result: NoteCheck.Result, hasPolicy: Bool) {
        self.init(findings)
        tell(result, hasPolicy)
    }

    /// A bare proof of a leaf that holds.
    init(leaf: Leaf, result: NoteCheck.Result, hasPolicy: Bool) {
        subject = "leaf"
        positions = [leaf.seq]
        proven = [
            """
            Entry \(leaf.seq), of type \(leaf.type.rawValue), at \(Timestamp.text(leaf.time, .microseconds)), is in the log \
            \(result.checkpoint.origin) as its checkpoint over \(result.checkpoint.size) entries with the root \
            \(result.checkpoint.root.hex) has it.
            """
        ]
        unproven = ["What is in the entry: a bare proof has no payload, only the commitment to it."]
        tell(result, hasPolicy)
    }

    private init(_ findings: BundleFindings) {
        subject = findings.subject.rawValue
        proven = findings.proven
        unproven = findings.unproven
        positions = findings.positions
    }

    private mutating func tell(_ result: NoteCheck.Result, _ hasPolicy: Bool) {
        self.result = result
        proven.append("The checkpoint is signed by the key that you gave.")
        for witness in result.witnesses {
            proven.append(
                """
                The witness \(witness.name) saw this checkpoint at \(ProofText.time(witness.time)), grown from every one \
                that it saw of this log before.
                """)
        }
        if result.witnesses.isEmpty {
            unproven.append(
                """
                That others see the same log: no witness's word was \(hasPolicy ? "needed" : "asked for (--policy)"), so \
                whoever holds the log's key could show another one to somebody else.
                """)
        }
    }

    private static func time(_ seconds: UInt64) -> String {
        guard let time = Int64(exactly: seconds), Timestamp.range.upperBound / 1_000_000 >= time else {
            return "\(seconds)"
        }
        return Timestamp.text(time * 1_000_000)
    }

    var lines: [String] {
        if let failure { return ["NOT PROVEN: \(failure)"] }
        let head = out.map { "wrote \($0), which proves" } ?? "PROVEN"
        return [head] + proven.map { "  \($0)" } + ["not proven by this"] + unproven.map { "  \($0)" }
    }

    /// One object on one line; docs/replay.md names its fields.
    var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        if out == nil { json.field("proven", failure == nil) }
        json.field("file", out)
        json.field("reason", failure?.description)
        json.field("subject", subject)
        json.field("log", result?.checkpoint.origin)
        json.field("size", result?.checkpoint.size)
        json.field("root", result?.checkpoint.root)
        if failure == nil {
            json.key("positions")
            json.beginArray()
            for position in positions { json.number(position) }
            json.endArray()
            for (name, sentences) in [("findings", proven), ("unproven", unproven)] {
                json.key(name)
                json.beginArray()
                for sentence in sentences { json.string(sentence) }
                json.endArray()
            }
        }
        if let result {
            json.key("witnesses")
            json.beginArray()
            for witness in result.witnesses {
                json.beginObject()
                json.field("name", witness.name)
                json.field("time", witness.time)
                json.endObject()
            }
            json.endArray()
        }
        json.endObject()
        return json.bytes
    }
}
