import Log
import Nostr
import Reducers

extension ExplanationText {
    /// One object on one line; docs/replay.md names its fields.
    var json: [UInt8] {
        let input = explanation.input
        var json = JSONWriter()
        json.beginObject()
        json.field("position", input.leaf.seq)
        json.field("time", Timestamp.text(input.leaf.time, .microseconds))
        json.field("type", EntryWords.type(input))
        json.field("kind", input.event?.kind.rawValue)
        json.field("event", input.event?.id)
        json.field("author", input.event?.pubkey)
        json.field("target", explanation.decision?.target)
        json.field("text", words.text(input))
        json.field("repeats", explanation.repeats)
        json.list("checks", explanation.steps) { step, json in json.write(step, words) }
        json.key("recorded")
        write(recorded: explanation, to: &json)
        json.key("recomputed")
        write(recomputed: explanation.transition, to: &json)
        json.key("by_other_rules")
        write(explanation.other, to: &json)
        json.field("agrees", explanation.differences.isEmpty)
        json.list(strings: "differences", explanation.differences)
        json.list("followed", explanation.consequences, write)
        if let situation = explanation.situation {
            json.field("requester_end", situation.requester)
            if let target = situation.target { json.field("target_end", target) }
            json.field("next_attempt", situation.next?.at.seq)
        }
        json.field("outside", outside)
        json.field("advice", explanation.advice)
        json.endObject()
        return json.bytes
    }

    private func write(recorded explanation: Explanation, to json: inout JSONWriter) {
        json.beginObject()
        if let recorded = explanation.recorded, let decision = recorded.decision {
            json.field("position", recorded.leaf.seq)
            write(decision, to: &json)
        } else if case .input(.event, let answer) = explanation.input.content {
            json.field("outcome", (answer == nil ? "accepted" : "refused") as Text)
            json.field("message", answer ?? "")
        }
        json.endObject()
    }

    private func write(recomputed transition: Transition, to json: inout JSONWriter) {
        json.beginObject()
        if let decision = transition.decision {
            write(decision, to: &json)
        } else if case .input(.event, _) = explanation.input.content {
            json.field("outcome", (transition.answer.accepted ? "accepted" : "refused") as Text)
            json.field("code", transition.refusal?.code)
            json.field("message", transition.answer.message)
        }
        json.endObject()
    }

    private func write(_ decision: Decision, to json: inout JSONWriter) {
        json.field("outcome", decision.outcome.rawValue)
        json.field("code", decision.code)
        json.field("message", decision.message)
        json.field("rules", decision.rules.rawValue)
        if decision.outcome == .granted {
            json.field("requester_listening", decision.basis.requesterListening)
            json.field("target_listening", decision.basis.targetListening)
        }
        json.field("expires_at", decision.expiresAt)
    }

    private func write(_ other: OtherVerdict, to json: inout JSONWriter) {
        json.beginObject()
        json.field("rules", other.verdict?.rules.rawValue)
        json.field("outcome", other.verdict?.outcome)
        json.field("code", other.verdict?.code)
        json.field("message", other.verdict?.message)
        json.field("differs", other.reason)
        json.endObject()
    }

    private func write(_ consequence: Explanation.Consequence, to json: inout JSONWriter) {
        let entry = consequence.entry
        json.field("position", entry.leaf.seq)
        json.field("type", EntryWords.type(entry))
        json.field("kind", entry.event?.kind.rawValue)
        json.field("event", entry.event?.id)
        json.field("text", words.text(entry))
        guard entry.event?.kind == .callMeNow else { return }
        json.field("recipient", entry.event?.tags.firstValue(of: "p"))
        json.field("rung", consequence.ring.isRung)
        json.field("written", consequence.ring.written)
        json.field("dropped", consequence.ring.dropped)
        json.field("rung_at", consequence.rungAt.map { Timestamp.text($0.time, .microseconds) })
    }
}

extension JSONWriter {
    /// Writes a list of texts.
    mutating func list(strings name: StaticString, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }
}
