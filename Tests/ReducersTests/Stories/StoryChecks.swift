import Log
import Nostr
import Testing

@testable import Reducers

/// What must hold after every command of every story, whatever it tells.
struct StoryChecks {
    /// The highest `created_at` of each event that replaces the one before, by kind and d-tag.
    private var newest: [Text: Int64] = [:]

    mutating func check(
        _ step: Step, of input: Input, from before: RelayState, to after: RelayState, signedBy relay: SecretKey
    ) {
        do {
            checkEntries(step, before, after)
            try checkReplay(step, before, after, relay)
            try checkOutputs(step, after)
            checkNotes(after)
            checkExplanation(before.explain(input, at: step.position), step)
        } catch {
            Issue.record("entry \(step.position.seq): \(error)")
        }
    }

    /// Positions without gaps, and leaves that commit to what was so before them.
    private func checkEntries(_ step: Step, _ before: RelayState, _ after: RelayState) {
        let outputs = step.transition.outputs
        #expect(step.drafts.count == 1 + outputs.count, "an entry for the input and for each output")
        let signed = outputs.indices.filter { if case .event = outputs[$0] { true } else { false } }
        #expect(step.events.map(\.seq) == signed.map { step.position.seq + 1 + UInt64($0) })
        let effect = outputs.firstIndex { if case .effect = $0 { true } else { false } } ?? Int.max
        let several = step.transition.memberRoots
        for (index, draft) in step.drafts.enumerated() {
            #expect(draft.type.isOutput == (index > 0))
            #expect(draft.rules == UInt32(index == 0 ? before.policySeq : after.policySeq))
            // The effect itself still sees the old members; what follows sees the new ones.
            let past = index - 1 - effect
            let between = past > 0 && past < several.count ? several[past - 1] : nil
            #expect(draft.membersRoot == between ?? (past > 0 ? after : before).membership.root)
            #expect(draft.stateRoot == (index > 0 && step.drafts[0].type == .mark ? after : before).stateRoot)
        }
        #expect(after.position == step.position)
    }

    /// What is read back from the log decides the same, and makes the same entries to the byte.
    private func checkReplay(
        _ step: Step, _ before: RelayState, _ after: RelayState, _ relay: SecretKey
    ) throws {
        let first = step.drafts[0]
        let input = try #require(try first.payload.withUnsafeBytes { try Input(type: first.type, payload: $0) })
        var state = before
        let again = state.step(input, at: step.position, salt: first.salt) { $0.signed(by: relay) }
        #expect(again.transition == step.transition, "what is read back from the log decides the same")
        #expect(state == after && state.encoded() == after.encoded())
        #expect(again.drafts.map(\.payload) == step.drafts.map(\.payload))
        #expect(again.drafts.map(\.salt) == step.drafts.map(\.salt))
        var pinned = try RelayState(snapshot: after.snapshot)
        #expect(pinned.stateRoot == SHA256.hash(after.encoded()))
        pinned.stateRoot = after.stateRoot
        #expect(pinned == after && pinned.encoded() == after.encoded(), "a snapshot is the whole state")
    }

    /// Outputs read back as what they were; the relay's events are signed, ever newer, and ring nobody else than members.
    private mutating func checkOutputs(_ step: Step, _ after: RelayState) throws {
        var events = step.events.map(\.event)[...]
        for (output, draft) in zip(step.transition.outputs, step.drafts.dropFirst()) {
            let recorded = try draft.payload.withUnsafeBytes { try RecordedOutput(type: draft.type, payload: $0) }
            #expect(recorded?.cause == step.position.seq)
            switch (output, recorded) {
            case (.decision(let decision), .decision(let read)):
                #expect(read == decision)
            case (.effect(let effect), .effect(let read, _)):
                #expect(read == effect)
            case (.event(let unsigned), .event(let read, _)):
                #expect(read == events.popFirst() && read.id == unsigned.id && read.pubkey == after.relay)
                try read.verify()
                checkNewer(read)
                if read.kind == .callMeNow {
                    let recipient = read.tags.firstValue(of: "p").flatMap { PublicKey(hex: $0.string) }
                    #expect(after.seat(of: try #require(recipient)).isAdmitted, "nobody else is rung")
                }
            default:
                Issue.record("entry \(step.position.seq): an output reads back as something else")
            }
        }
    }

    private mutating func checkNewer(_ event: Event) {
        guard event.kind.isReplaceable || event.kind.isAddressable else { return }
        let name = Text("\(event.kind):\(event.tags.firstValue(of: "d") ?? "")")
        #expect(event.createdAt > newest[name] ?? 0, "it would be lost to the note that it replaces")
        newest[name] = event.createdAt
    }

    /// Discovery never offers a peer that the gate would refuse.
    private func checkNotes(_ state: RelayState) {
        #expect(state.discovery.notes.allSatisfy { $0.isEmpty || state.seat(of: $0.reporter).isAdmitted })
    }

    /// Explaining decides the same, and at most the last check says no.
    private func checkExplanation(_ explained: (checks: [Check], transition: Transition), _ step: Step) {
        #expect(explained.transition == step.transition)
        let failed = explained.checks.indices.filter { !explained.checks[$0].passed }
        if step.transition.refusal == nil { #expect(failed.isEmpty) }
        #expect(failed.isEmpty || failed == [explained.checks.count - 1])
    }
}
