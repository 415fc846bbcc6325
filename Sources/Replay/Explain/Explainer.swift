import Log
import Nostr
import Reducers

/// Explains one entry: replays up to it, runs the same rules with a recorder, and reads on to see what followed.
struct Explainer {
    /// Explains the input at `position`, or the one that the output there follows from.
    ///
    /// - Parameter today: the rules of the third verdict.
    /// - Throws: `ReplayFailure` for a position that the log does not have.
    static func explain(
        _ position: UInt64, in reader: borrowing LogReader, today: RulesVersion = .current,
        progress: (UInt64, UInt64) -> Void
    ) throws -> Explanation {
        let input = try input(for: position, in: reader)
        guard case .input(let content, let answer) = input.content else {
            throw ReplayFailure(.negative, "entry \(input.leaf.seq) cannot be explained: its payload was erased")
        }
        let before = try withoutActuallyEscaping(progress) { progress in
            try Replayer.state(of: reader, before: input.leaf.seq, progress: progress)
        }
        let (checks, transition) = before.explain(content, at: input.position)
        let outputs = try outputs(of: input, in: reader)
        let recorded = outputs.first { $0.decision != nil }
        let steps = try Explainer.steps(
            checks, event: input.event, session: input.session, transition, at: input.position, in: reader)
        var situation: Situation?
        if let event = input.event, event.kind == .meshConnectRequest {
            situation = try Situation(
                event, session: input.session, at: input.position, in: before, reader,
                firstOf: try reader.positions(of: event.id))
        }
        let consequences = try consequences(outputs.filter { $0.decision == nil }, of: input, in: reader)
        return Explanation(
            input: input, steps: steps, rules: before.rules, transition: transition, recorded: recorded,
            differences: Differences.between(transition, recorded: recorded?.decision, answer: answer, input: content),
            consequences: consequences,
            other: OtherVerdict(
                content, at: input.position, in: before, rules: today, ofItsDay: checks, transition),
            situation: situation,
            advice: Advice.text(
                transition, steps: steps, event: input.event, situation: situation,
                rings: consequences.filter { $0.entry.event?.kind == .callMeNow }.map(\.ring)))
    }

    /// The input that the entry at `position` is, or follows from.
    private static func input(for position: UInt64, in reader: borrowing LogReader) throws -> RecordedEntry {
        guard let entry = try reader.entry(at: position) else {
            throw ReplayFailure(
                .negative, "the log has no entry \(position): it ends with entry \(Int64(reader.size) - 1)")
        }
        let recorded = try RecordedEntry(entry)
        guard let cause = recorded.cause else { return recorded }
        guard cause < position, let entry = try reader.entry(at: cause) else {
            throw ReplayError(seq: position, reason: "it names entry \(cause) as its cause, which is not before it")
        }
        return try RecordedEntry(entry)
    }

    /// The entries that follow from an input.
    private static func outputs(of input: RecordedEntry, in reader: borrowing LogReader) throws -> [RecordedEntry] {
        var outputs: [RecordedEntry] = []
        try reader.forEachEntry(from: input.leaf.seq + 1, to: reader.size, checkingCommitments: true) { entry in
            guard entry.leaf.type.isOutput else { return false }
            outputs.append(try RecordedEntry(entry))
            return true
        }
        return outputs
    }

    /// The checks with the entries that made their facts.
    ///
    /// - Parameter position: where the input stands, or would.
    static func steps(
        _ checks: [Check], event: Event?, session: UInt64?, _ transition: Transition, at position: Position,
        in reader: borrowing LogReader
    ) throws -> [Explanation.Step] {
        var steps: [Explanation.Step] = []
        // Two rules may ask the same question in a row; a person asks it once.
        for (index, check) in checks.enumerated() where index == 0 || checks[index - 1] != check {
            var step = Explanation.Step(name: check.name.rawValue, passed: check.passed, fact: check.fact.text)
            if let basis = check.fact.basis, basis < position.seq,
                let entry = try reader.entryIfPresent(at: basis).map({ try RecordedEntry($0) })
            {
                step.basis = (entry, try History.actor(behind: entry, in: reader))
            }
            if !check.passed, check.fact.basis == nil {
                step.ending = try ending(
                    of: check.name, event, session: session, transition, before: position.seq, in: reader)
            }
            steps.append(step)
        }
        if let refusal = transition.refusal, steps.last?.passed ?? true {
            steps.append(Explanation.Step(name: name(of: refusal), passed: false, fact: refusal.message))
        }
        return steps
    }

    /// What was asked where a refusal has no check of its own.
    private static func name(of refusal: Refusal) -> String {
        switch refusal {
        case .commandMalformed: "command is well-formed"
        case .ownerExists: "the relay has no owner yet"
        case .overloaded, .tooManyReporters: "the relay has room for it"
        default: "it can be taken in"
        }
    }

    /// How the fact that a failed check missed came to be no more.
    private static func ending(
        of check: Check.Name, _ event: Event?, session: UInt64?, _ transition: Transition, before end: UInt64,
        in reader: borrowing LogReader
    ) throws -> Ending? {
        let key: PublicKey?
        switch check {
        case .session:
            return try session.map { try History.session($0, before: end, in: reader) }
        case .requesterMember, .reporterMember, .permission: key = event?.pubkey
        case .targetMember, .subject: key = transition.decision?.target
        default: return nil
        }
        return try key.map { try History.membership(of: $0, before: end, in: reader) }
    }

    /// What became of each entry that followed: for a call-me-now the delivery entries that name it.
    private static func consequences(
        _ outputs: [RecordedEntry], of input: RecordedEntry, in reader: borrowing LogReader
    ) throws -> [Explanation.Consequence] {
        var consequences = outputs.map { Explanation.Consequence(entry: $0, ring: Ring()) }
        guard let last = outputs.last, outputs.contains(where: { $0.event?.kind == .callMeNow }) else {
            return consequences
        }
        try reader.forEachEntry(from: last.leaf.seq + 1, to: reader.size, checkingCommitments: true) { entry in
            if entry.leaf.type == .session,
                case .input(.delivered(let delivery), _) = try RecordedEntry(entry).content,
                let index = consequences.firstIndex(where: { $0.entry.leaf.seq == delivery.output })
            {
                consequences[index].ring.add(
                    delivery, at: Position(seq: entry.leaf.seq, time: entry.leaf.time))
                if consequences[index].rungAt == nil {
                    consequences[index].rungAt = Position(seq: entry.leaf.seq, time: entry.leaf.time)
                }
            }
            return entry.leaf.time &- input.leaf.time <= Ring.horizonMicroseconds
        }
        return consequences
    }
}
