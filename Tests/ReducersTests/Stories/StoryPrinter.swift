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
        let ended = step.transition.ended
        if !ended.isEmpty { lines.append("  ended \(ended.map { "session \($0)" }.joined(separator: ", "))") }
        for (removal, count) in step.transition.removals.counts {
            lines.append("  taken out: \(count) \(removal.rawValue)")
        }
        if let result = answer.result { lines.append("  result \(String(decoding: result, as: UTF8.self))") }
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
            add("invite", decision.basis.invite)
            return text
        case .effect(let effect):
            return switch effect.change {
            case .add(let role): "effect add \(effect.key.hex) \(role.name)"
            case .remove: "effect remove \(effect.key.hex)"
            case .change(let role): "effect change \(effect.key.hex) \(role.name)"
            }
        case .event(let event):
            let tags = event.tags.map { $0.map(\.string).joined(separator: "=") }.joined(separator: " ")
            let content = event.content.isEmpty ? "" : " \(shortened(event.content.string))"
            return "signed \(event.kind.rawValue) at \(event.createdAt) [\(tags)]\(content)"
        }
    }

    /// Writes many letters of a kind as a story does: `(x*300)`.
    private func shortened(_ text: String) -> String {
        text.replacing(/([a-z])\1{99,}/) { "(\($0.1)*\($0.0.count))" }
    }

    /// Every check of a decision, and the entry that made the fact that it saw.
    func checks(_ checks: [Check]) -> [String] {
        checks.map { check in
            let basis = check.fact.basis.map { " (entry \($0))" } ?? ""
            return "\(check.passed ? "yes" : "NO ") \(check.name.rawValue): \(check.fact.text)\(basis)"
        }
    }

    /// Seconds, with as many decimals as there are.
    func seconds(_ microseconds: Int64) -> String {
        let whole = "\(microseconds < 0 ? "-" : "")\(abs(microseconds) / 1_000_000)"
        let rest = abs(microseconds) % 1_000_000
        guard rest > 0 else { return whole }
        let digits = String(String(1_000_000 + rest).dropFirst())
        return whole + "." + String(digits.reversed().drop { $0 == "0" }.reversed())
    }

    func state(_ part: String?) -> [String] {
        let state = world.state
        switch part {
        case "members": return state.membership.members.map(line).sorted(by: world)
        case "notes": return state.discovery.notes.map(line).sorted(by: world)
        case "sessions": return state.sessions.all.map(line)
        case "policy": return policy(state)
        case "limits": return limits(state)
        case "invites": return state.invites.all.map(line)
        case "moderation": return moderation(state)
        case "root": return [SHA256.hash(state.encoded()).hex]
        default:
            return [
                "members \(state.membership.members.count), notes \(state.discovery.notes.count), sessions \(state.sessions.all.count), granted \(state.signaling.granted), refused \(state.signaling.refused)",
                "state root \(state.stateRoot.hex.prefix(16)), members root \(state.membership.root.hex.prefix(16))",
            ]
        }
    }

    private func line(of member: Member) -> String {
        "\(member.key.hex) \(member.role.name) since entry \(member.since)"
    }

    private func line(of note: Note) -> String {
        "\(note.reporter.hex) at \(note.createdAt) until \(note.expiresAt) \(note.isEmpty ? "empty" : "offers something")"
    }

    private func line(of invite: Invite) -> String {
        "\(invite.hash.hex.prefix(8)) \(invite.role.name) by \(invite.inviter?.hex ?? "the operator"), "
            + "\(invite.uses) left until \(invite.expiresAt), entry \(invite.seq)"
    }

    private func moderation(_ state: RelayState) -> [String] {
        let moderation = state.moderation
        func list<S>(_ name: String, _ bans: [Moderation.Ban<S>], _ text: (S) -> String) -> [String] {
            bans.map { "\(name) \(text($0.subject)) since entry \($0.seq)\($0.reason.isEmpty ? "" : ": \($0.reason)")" }
        }
        var lines = list("key", moderation.keys) { $0.hex } + list("event", moderation.events) { "\($0.hex.prefix(8))" }
        lines += list("address", moderation.addresses) { $0.string }
        if !moderation.allowedKinds.isEmpty { lines.append("only kinds \(moderation.allowedKinds)") }
        if !moderation.disallowedKinds.isEmpty { lines.append("not kinds \(moderation.disallowedKinds)") }
        for property in Moderation.Property.allCases {
            if let text = moderation.properties[property] { lines.append("\(property.rawValue): \(text)") }
        }
        return lines.isEmpty ? ["nothing"] : lines
    }

    private func line(of session: Sessions.Session) -> String {
        let keys = session.keys.map { "\($0.key.hex)\($0.owner.map { " for \($0.hex)" } ?? "")" }.joined(separator: " ")
        let listening = session.listening.map(\.key.hex).joined(separator: " ")
        return "session \(session.id): \(keys)\(listening.isEmpty ? "" : ", listening for \(listening)")"
    }

    /// What differs from the defaults.
    private func policy(_ state: RelayState) -> [String] {
        let policy = state.policy
        let changed = Policy.numericSettings.filter { policy[setting: $0.name] != $0.value }
        return ["entry \(state.policySeq), rules \(state.rules.rawValue), dialect \(policy.dialect)"]
            + (policy.requireMembership ? [] : ["open to all"])
            + (policy.allowDelegation ? ["delegated identities may connect"] : [])
            + (policy.endpointHygiene ? [] : ["no endpoint hygiene"])
            + (policy.endpointRelays.isEmpty ? [] : ["endpoint relays \(policy.endpointRelays)"])
            + (policy.invites == Policy().invites ? [] : ["invites by \(policy.invites)"])
            + changed.map { "\($0.name) \(policy[setting: $0.name] ?? 0)" }
    }

    /// What still counts, and what is held in memory besides.
    private func limits(_ state: RelayState) -> [String] {
        let counters = state.limitCounters
        func windows(_ name: String, _ windows: [LimitCounters.Window], held: Int) -> String {
            let open = windows.map { "\($0.key.hex) \($0.count)" }.sorted(by: world)
            return "\(name): \(open.isEmpty ? "none" : open.joined(separator: ", ")) (windows held: \(held))"
        }
        func remembered(_ name: String, _ count: Int, held: Int) -> String {
            "\(name) remembered: \(count) (held: \(held))"
        }
        let limits = state.limits
        return [
            windows("requests by", counters.requests, held: limits.requests.windows.count),
            windows("calls to", counters.calls, held: limits.calls.windows.count),
            windows("reports by", counters.reports, held: limits.reports.windows.count),
            windows("commands by", counters.commands, held: limits.commands.windows.count),
            remembered("requests", counters.rememberedRequests, held: limits.seenRequests.ids.count),
            remembered("commands", counters.rememberedCommands, held: limits.seenCommands.ids.count),
        ]
    }
}

extension [String] {
    /// Sorted as a reader sees them: by the names that stand for keys.
    fileprivate func sorted(by world: StoryWorld) -> [String] { sorted { world.named($0) < world.named($1) } }
}
