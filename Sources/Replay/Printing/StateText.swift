import Log
import Nostr
import Reducers

/// A state as a screenful for people, or one object for programs.
struct StateText: Answer {
    let state: RelayState
    let names: KeyNames

    /// Members, notes, sessions, policy and limits, a heading each.
    var lines: [String] {
        let time = state.position?.time ?? 0
        var lines = [
            "state after entry \(state.position?.seq ?? 0), \(Timestamp.text(time))",
            "log         \(state.origin ?? "unnamed"), relay \(names(state.relay))",
            "policy      \(PolicyWords.summary(state.policy, rules: state.rules)) (entry \(state.policySeq))",
            "calls       \(state.signaling.granted) granted, \(state.signaling.refused) refused",
            "roots       members \(state.membership.root.hex)",
            "            state   \(SHA256.hash(state.encoded()).hex)",
            "members     \(state.membership.members.count)",
        ]
        for member in state.membership.members {
            lines.append(
                "  \(Column.padded(member.role.name, to: 8))  \(names(member.key))  since entry \(member.since)")
        }
        lines.append("notes       \(state.discovery.notes.count)")
        for note in state.discovery.notes { lines.append("  \(line(note, at: time))") }
        lines += moderationLines
        let sessions = state.sessions.all
        lines.append("sessions    \(sessions.count)")
        for session in sessions { lines.append("  \(line(session))") }
        let limits = state.limitCounters
        lines.append(
            """
            limits      \(limits.rememberedRequests) requests and \(limits.rememberedCommands) commands remembered, \
            \(limits.requests.count + limits.calls.count + limits.reports.count + limits.commands.count) rate windows open
            """)
        for (what, windows, most) in [
            ("requests by", limits.requests, state.policy.requestsPerSecond),
            ("calls to", limits.calls, state.policy.callsPerTargetPerSecond),
            ("reports by", limits.reports, state.policy.reportsPerSecond),
            ("commands by", limits.commands, state.policy.commandsPerSecond),
            ("invite codes a day for", limits.invites, state.policy.invitesPerDay),
        ] {
            for window in windows { lines.append("  \(window.count) of \(most) \(what) \(names(window.key))") }
        }
        return lines
    }

    /// Invite codes and what is shut out; nothing where there is none.
    private var moderationLines: [String] {
        let moderation = state.moderation
        var lines: [String] = []
        if !state.invites.all.isEmpty { lines.append("invites     \(state.invites.all.count)") }
        for invite in state.invites.all {
            lines.append(
                "  \(invite.hash.hex.prefix(8))…  \(invite.role.name) by \(invite.inviter.map { names($0) } ?? "the operator"), "
                    + "\(invite.uses) left, until \(Timestamp.text(seconds: invite.expiresAt)) (entry \(invite.seq))")
        }
        for ban in moderation.keys { lines.append("banned      \(names(ban.subject)) since entry \(ban.seq)") }
        for ban in moderation.events { lines.append("banned      event \(ban.subject.hex) since entry \(ban.seq)") }
        for ban in moderation.addresses {
            lines.append("blocked     \(Printable.text(ban.subject)) since entry \(ban.seq)")
        }
        if !moderation.allowedKinds.isEmpty {
            lines.append("kinds       only \(moderation.allowedKinds.map(\.description).joined(separator: " "))")
        }
        if !moderation.disallowedKinds.isEmpty {
            lines.append("kinds       not \(moderation.disallowedKinds.map(\.description).joined(separator: " "))")
        }
        return lines
    }

    private func line(_ note: Note, at time: Int64) -> String {
        let content = try? JSONValue.parse(note.content.utf8)
        let models = content?["models"]?.arrayValue?.count ?? 0
        let targets = content?["serveTargets"]?.arrayValue?.count ?? 0
        let offer = note.isEmpty ? "offers nothing" : "\(counted(targets, "serve target")), \(counted(models, "model"))"
        return """
            \(names(note.reporter))  \(offer), reported \(Span.text(time &- note.reportedAt)) before, expires \
            \(Timestamp.text(seconds: note.expiresAt)) (entry \(note.seq))
            """
    }

    private func counted(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }

    private func line(_ session: Sessions.Session) -> String {
        let keys = session.keys.map { names($0.key) }.joined(separator: ", ")
        let listening = session.listening.map { "\(names($0.key)) since entry \($0.seq)" }.joined(separator: ", ")
        return "session \(session.id)  \(keys)  " + (listening.isEmpty ? "not listening" : "listens for \(listening)")
    }

    /// One object; the same bytes for the same position of the same log, wherever and however it was computed.
    /// docs/replay.md names its fields.
    var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("position", state.position?.seq)
        json.field("time", state.position.map { Timestamp.text($0.time, .microseconds) })
        json.field("log", state.origin)
        json.field("relay", state.relay)
        json.field("rules", state.rules.rawValue)
        json.field("members_root", state.membership.root)
        json.field("state_root", SHA256.hash(state.encoded()))
        json.field("pinned_state_root", state.stateRoot)
        json.field("policy_position", state.policySeq)
        json.key("policy")
        write(state.policy, to: &json)
        json.list("members", state.membership.members) { member, json in
            json.field("key", member.key)
            json.field("role", member.role.name)
            json.field("since", member.since)
        }
        json.list("notes", state.discovery.notes, write)
        json.list("sessions", state.sessions.all) { session, json in
            json.field("session", session.id)
            json.list("keys", session.keys, write)
            json.list("listening", session.listening, write)
        }
        json.list("invites", state.invites.all) { invite, json in
            json.field("hash", invite.hash)
            json.field("inviter", invite.inviter)
            json.field("role", invite.role.name)
            json.field("uses", invite.uses)
            json.field("expires_at", invite.expiresAt)
            json.field("label", invite.label.isEmpty ? nil : invite.label)
            json.field("position", invite.seq)
        }
        write(state.moderation, to: &json)
        json.key("calls")
        json.beginObject()
        json.field("granted", state.signaling.granted)
        json.field("refused", state.signaling.refused)
        json.endObject()
        json.key("limits")
        json.beginObject()
        let limits = state.limitCounters
        json.list("requests", limits.requests, write)
        json.list("calls", limits.calls, write)
        json.list("reports", limits.reports, write)
        json.list("commands", limits.commands, write)
        json.list("invites", limits.invites, write)
        json.field("remembered_requests", limits.rememberedRequests)
        json.field("remembered_commands", limits.rememberedCommands)
        json.endObject()
        json.endObject()
        return json.bytes
    }

    /// Every setting, as the log itself writes it.
    private func write(_ policy: Policy, to json: inout JSONWriter) {
        let payload = try? JSONValue.parse(policy.payload(rules: state.rules))
        json.value(payload?["policy"] ?? .null)
    }

    private func write(_ note: Note, to json: inout JSONWriter) {
        json.field("reporter", note.reporter)
        json.field("position", note.seq)
        json.field("created_at", note.createdAt)
        json.field("expires_at", note.expiresAt)
        json.field("reported", Timestamp.text(note.reportedAt, .microseconds))
        json.field("empty", note.isEmpty)
        json.key("content")
        // The relay's own projection: compact JSON already.
        json.raw(note.content.utf8)
    }

    private func write(_ moderation: Moderation, to json: inout JSONWriter) {
        json.key("moderation")
        json.beginObject()
        json.list("keys", moderation.keys) { ban, json in json.ban("key", Text(ban.subject.hex), ban.reason, ban.seq) }
        json.list("events", moderation.events) { ban, json in json.ban("id", Text(ban.subject.hex), ban.reason, ban.seq)
        }
        json.list("addresses", moderation.addresses) { ban, json in
            json.ban("address", ban.subject, ban.reason, ban.seq)
        }
        for (name, kinds) in [
            ("allowed_kinds" as StaticString, moderation.allowedKinds),
            ("disallowed_kinds", moderation.disallowedKinds),
        ] {
            json.key(name)
            json.beginArray()
            for kind in kinds { json.number(UInt64(kind.rawValue)) }
            json.endArray()
        }
        for property in Moderation.Property.allCases {
            guard let text = moderation.properties[property] else { continue }
            json.key(property.rawValue)
            json.string(text)
        }
        json.endObject()
    }

    private func write(_ tie: Sessions.Tie, to json: inout JSONWriter) {
        json.field("key", tie.key)
        json.field("since", tie.seq)
        json.field("owner", tie.owner)
    }

    private func write(_ window: LimitCounters.Window, to json: inout JSONWriter) {
        json.field("key", window.key)
        json.field("opened", Timestamp.text(window.openedAt, .microseconds))
        json.field("count", window.count)
    }
}

extension JSONWriter {
    fileprivate mutating func ban(_ name: StaticString, _ subject: Text, _ reason: Text, _ seq: UInt64) {
        field(name, subject)
        if !reason.isEmpty { field("reason", reason) }
        field("position", seq)
    }

    /// Writes a list of objects.
    mutating func list<Element>(
        _ name: StaticString, _ elements: [Element], _ write: (Element, inout JSONWriter) -> Void
    ) {
        key(name)
        beginArray()
        for element in elements {
            beginObject()
            write(element, &self)
            endObject()
        }
        endArray()
    }
}
