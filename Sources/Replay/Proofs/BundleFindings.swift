import Log
import Nostr
import Reducers

/// What a bundle proves, and what it does not, in words that are the same wherever they are made.
struct BundleFindings {
    /// What it is about.
    enum Subject: String {
        case pairing
        case refusal
        case decision
        case entry
    }

    /// What it is about.
    private(set) var subject = Subject.entry
    /// What is proven, a sentence each.
    private(set) var proven: [String] = []
    /// What is not, a sentence each.
    private(set) var unproven: [String] = []
    /// The positions of the entries, all of them in the log.
    let positions: [UInt64]

    /// The words at the top of the file.
    var about: [String] {
        ["This file proves, to whoever has the log's key and checks it with `ringdown-replay check FILE --vkey KEY`:"]
            + proven + ["It does not prove:"] + unproven
    }

    init(_ check: BundleCheck) {
        positions = check.entries.map(\.leaf.seq)
        let input = check.input
        let place = "entry \(input.leaf.seq) at \(Timestamp.text(input.leaf.time, .microseconds))"
        proven.append(
            """
            The entries \(positions.map(String.init).joined(separator: ", ")) are in the log \(check.note.origin) as its \
            checkpoint over \(check.note.size) entries with the root \(check.note.root.hex) has it.
            """)
        if let decision = check.decision, let author = decision.author, check.request != nil {
            tellRequest(check, decision, author, place)
        } else {
            tellOther(check, place)
        }
        let erased = check.entries.filter { if case .erased = $0.content { true } else { false } }.map(\.leaf.seq)
        if !erased.isEmpty {
            unproven.append(
                """
                What was in \(erased.count == 1 ? "entry" : "entries") \
                \(erased.map(String.init).joined(separator: ", ")): erased, and only the type and the time are left.
                """)
        }
        unproven.append(
            """
            That the rest of the log is right, and that limits of rate, freshness and replay were kept: that takes the log \
            itself (`ringdown-replay verify`).
            """)
        unproven.append("What came after the checkpoint.")
    }

    private mutating func tellRequest(
        _ check: BundleCheck, _ decision: Decision, _ author: PublicKey, _ place: String
    ) {
        let target = decision.target.map(\.hex) ?? "nobody"
        proven.append("\(author.hex) asked to be connected to \(target): \(place), signed by the requester.")
        if decision.outcome == .granted {
            subject = .pairing
            let calls = check.outputs.dropFirst().map { String($0.leaf.seq) }.joined(separator: " and ")
            proven.append(
                """
                The relay granted it (entry \(check.outputs[0].leaf.seq)) and signed the two calls that the request gives \
                (entries \(calls)): to the requester, where to dial the target, and to the target, where to dial the \
                requester, good until \(decision.expiresAt.map { Timestamp.text($0 * 1_000_000) } ?? "no time").
                """)
            unproven.append("That the calls were delivered, or that the two machines reached each other.")
        } else {
            subject = .refusal
            proven.append(
                """
                The relay refused it (entry \(check.outputs[0].leaf.seq)) with the code \(decision.code): \
                \(decision.message)
                """)
        }
        if check.policy?.settings.requireMembership == false {
            proven.append("The relay was open: its policy asked nobody to be a member.")
        }
        for (key, finding) in check.memberships {
            switch finding {
            case .member(let member):
                let role = Role(rawValue: member.role)?.name ?? "role \(member.role)"
                proven.append(
                    "\(key.hex) was a direct member then: \(role) since entry \(member.since).")
            case .absent:
                proven.append("\(key.hex) was no direct member then.")
            }
        }
    }

    private mutating func tellOther(_ check: BundleCheck, _ place: String) {
        proven.append("There is \(BundleFindings.words(check.input)): \(place).")
        for output in check.outputs {
            proven.append("It was followed by \(BundleFindings.words(output)): entry \(output.leaf.seq).")
        }
        if check.decision != nil { subject = .decision }
    }

    /// What an entry is. Not the words that other commands print: these must stay the same in files that are kept.
    private static func words(_ entry: BundleCheck.Proven) -> String {
        switch entry.content {
        case .input(.event(let event, _, _), _):
            return "the event \(event.id.hex) of kind \(event.kind) by \(event.pubkey.hex)"
        case .input(.genesis(let genesis), _): return "the beginning of the log of the relay \(genesis.relay.hex)"
        case .output(.decision(let decision)): return "the decision \(decision.outcome.rawValue) (\(decision.code))"
        case .output(.effect(let effect, _)): return "a change of the membership of \(effect.key.hex)"
        case .output(.event(let event, _)): return "the relay's event \(event.id.hex) of kind \(event.kind)"
        case .erased: return "an entry of type \(entry.leaf.type.rawValue), erased"
        case .input: return "an entry of type \(entry.leaf.type.rawValue), whose payload is in this file"
        }
    }
}
