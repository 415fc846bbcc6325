import Nostr
import Reducers

/// A part of a state in lines, by the words after `p`.
struct StatePart {
    let state: RelayState
    let names: KeyNames

    private static let parts = "state, members, notes, sessions, policy, limits, or a key (npub or hex)"

    /// - Throws: `TextError` for a part that does not exist.
    func lines(_ words: [String]) throws(TextError) -> [String] {
        let all = StateText(state: state, names: names).lines
        switch words.first {
        case nil, "state": return all
        case "members": return section("members", of: all)
        case "notes": return section("notes", of: all)
        case "sessions": return section("sessions", of: all)
        case "policy":
            return PolicyOverrides.settings(of: state.policy).map { "\(Column.padded($0.name, to: 28))\($0.value)" }
        case "limits":
            guard words.count > 1 else { return section("limits", of: all) }
            return limits(of: try StepSession.key(words[1]))
        case let word?:
            do {
                return about(try PublicKey(parsing: word))
            } catch {
                throw TextError(description: "there is no \(word) to print; there are \(StatePart.parts)")
            }
        }
    }

    /// A heading and the indented lines below it.
    private func section(_ heading: String, of lines: [String]) -> [String] {
        guard let first = lines.firstIndex(where: { $0.hasPrefix(heading) }) else { return ["\(heading): none"] }
        return [lines[first]] + lines[(first + 1)...].prefix { $0.hasPrefix(" ") }
    }

    private func limits(of key: PublicKey) -> [String] {
        let (limits, policy) = (state.limitCounters, state.policy)
        let lines = [
            ("requests", limits.requests, policy.requestsPerSecond),
            ("calls to it", limits.calls, policy.callsPerTargetPerSecond),
            ("reports", limits.reports, policy.reportsPerSecond),
            ("commands", limits.commands, policy.commandsPerSecond),
            ("invite codes", limits.invites, policy.invitesPerDay),
        ].compactMap { name, windows, most in
            windows.first { $0.key == key }.map { "\($0.count) of \(most) \(name) in its window" }
        }
        return lines.isEmpty ? ["no open window of \(names(key))"] : lines
    }

    /// Everything that the state has about one key.
    private func about(_ key: PublicKey) -> [String] {
        var lines: [String] = []
        if let member = state.membership[key] {
            lines.append("\(names(key)) is \(member.role.name) since entry \(member.since)")
        } else {
            lines.append("\(names(key)) is no member")
        }
        if let ban = state.moderation[key] { lines.append("banned since entry \(ban.seq)") }
        if let note = state.discovery[key] {
            lines.append(
                "note of entry \(note.seq)\(note.isEmpty ? ", empty" : ""), expires \(Timestamp.text(seconds: note.expiresAt))"
            )
        }
        for session in state.sessions.all where session.keys.contains(where: { $0.key == key }) {
            let listens = session.listening.first { $0.key == key }
            lines.append(
                "session \(session.id)" + (listens.map { ", listens for calls since entry \($0.seq)" } ?? ""))
        }
        return lines + limits(of: key)
    }
}

/// What the debugger understands.
enum StepHelp {
    static let lines = [
        "n [COUNT]        the next input, or so many further",
        "b [COUNT]        the input before",
        "s [KEY]          on to the next decision, of a key; sb back to the one before",
        "g POINT          to a position, a time or an event",
        "bp CONDITION     stop where it holds; bp lists, bp clear [N] removes",
        "c                on to the next breakpoint; cb back to the one before",
        "d [POINT]        what this step changed, or what differs from a point",
        "p [PART]         print the state, or: members, notes, sessions, policy, limits [KEY], KEY",
        "why              the checks of this step, and what followed",
        "l                this step again",
        "q                leave; so do Ctrl-C and Ctrl-D",
        "an empty line repeats n, b, s, sb, c or cb",
        "",
        "conditions: FIELD == VALUE, also != < <= > >=; and, or, not, parentheses; FIELD alone: it has a value",
        "fields of the step: \(Condition.Field.Name.allCases.prefix(11).map(\.rawValue).joined(separator: ", "))",
        "fields of the state: \(Condition.Field.Name.allCases.dropFirst(11).map(\.rawValue).joined(separator: ", ")), policy.NAME",
    ]
}
