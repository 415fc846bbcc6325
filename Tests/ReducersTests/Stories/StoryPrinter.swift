import Nostr

@testable import Reducers

/// Prints what a command came to.
struct StoryPrinter {
    let world: StoryWorld

    func lines(of step: Step) -> [String] {
        let answer = step.transition.answer
        let message = answer.message.isEmpty ? "" : ": \(answer.message)"
        let code = step.transition.refusal.map { " \($0.code)" } ?? ""
        var lines = ["@\(step.position.seq) \(answer.accepted ? "accepted" : "refused")\(code)\(message)"]
        for (index, output) in step.transition.outputs.enumerated() {
            lines.append("  @\(step.position.seq + UInt64(index) + 1) \(line(of: output))")
        }
        if let key = step.transition.expelled { lines.append("  expelled \(key.hex)") }
        return lines
    }

    private func line(of output: Output) -> String {
        switch output {
        case .decision(let decision):
            var text = "decision \(decision.outcome.rawValue) basis policy=\(decision.basis.policy)"
            func add(_ name: String, _ seq: UInt64?) { if let seq { text += " \(name)=\(seq)" } }
            add("requester", decision.basis.requester)
            add("target", decision.basis.target)
            add("requester_listening", decision.basis.requesterListening)
            add("target_listening", decision.basis.targetListening)
            return text
        case .effect(let effect):
            return switch effect.change {
            case .add(let role): "effect add \(effect.key.hex) \(role.name)"
            case .remove: "effect remove \(effect.key.hex)"
            case .change(let role): "effect change \(effect.key.hex) \(role.name)"
            }
        case .event(let event):
            let tags = event.tags.map { $0.map(\.string).joined(separator: "=") }.joined(separator: " ")
            let content = event.content.isEmpty ? "" : " \(event.content)"
            return "signed \(event.kind.rawValue) at \(event.createdAt) [\(tags)]\(content)"
        }
    }

    func state(_ part: String?) -> [String] {
        let state = world.state
        switch part {
        case "members":
            return state.membership.members.map { "\($0.key.hex) \($0.role.name) since entry \($0.since)" }.sorted(
                by: world)
        case "notes":
            return state.discovery.notes.map { note in
                "\(note.reporter.hex) at \(note.createdAt) until \(note.expiresAt) \(note.isEmpty ? "empty" : "offers something")"
            }.sorted(by: world)
        case "sessions":
            return state.sessions.all.map { session in
                let keys = session.keys.map(\.key.hex).joined(separator: " ")
                let listening = session.listening.map(\.key.hex).joined(separator: " ")
                return "session \(session.id): \(keys)\(listening.isEmpty ? "" : ", listening for \(listening)")"
            }
        case "limits":
            let limits = state.limits
            return [
                "windows: requests \(limits.requests.windows.count), calls \(limits.calls.windows.count), reports \(limits.reports.windows.count)",
                "remembered: requests \(limits.seenRequests.ids.count), commands \(limits.seenCommands.ids.count)",
            ]
        default:
            return [
                "members \(state.membership.members.count), notes \(state.discovery.notes.count), sessions \(state.sessions.all.count), granted \(state.signaling.granted), refused \(state.signaling.refused)",
                "state root \(state.stateRoot.hex.prefix(16)), members root \(state.membership.root.hex.prefix(16))",
            ]
        }
    }
}

extension [String] {
    /// Sorted as a reader sees them: by the names that stand for keys.
    fileprivate func sorted(by world: StoryWorld) -> [String] { sorted { world.named($0) < world.named($1) } }
}
