import Nostr
import Reducers

/// How a key stood at a point of the log, in words.
struct PresenceText {
    let names: KeyNames

    /// Two lines: the requester's and the target's.
    func lines(_ situation: Situation) -> [String] {
        let requester = "requester  \(line(situation.requester, at: situation.position))"
        guard let target = situation.target else { return [requester, "target     none named"] }
        var text = "target     \(line(target, at: situation.position))"
        if situation.dialsOfferedAddress == false { text += ", with another address than the one that is dialled" }
        return [requester, text]
    }

    /// Membership, connection, subscription and note of one end.
    func line(_ end: Situation.End, at position: Position) -> String {
        let presence = end.presence
        return [names(presence.key) + ": " + member(presence), listening(end, at: position), offer(end, at: position)]
            .joined(separator: "; ")
    }

    private func member(_ presence: Presence) -> String {
        if let banned = presence.banned { return "banned by entry \(banned)" }
        if let member = presence.member { return "\(member.role.name) since entry \(member.since)" }
        if let owner = presence.owner { return "no direct member, but connected as a delegated key of \(names(owner))" }
        return "no member"
    }

    private func listening(_ end: Situation.End, at position: Position) -> String {
        let presence = end.presence
        if let since = end.listeningSince {
            let sessions = presence.listening.map { String($0.session) }.joined(separator: ", ")
            return """
                listening since entry \(since.seq), for \(Span.text(position.time &- since.time)) \
                (session \(sessions))
                """
        }
        let connected =
            presence.sessions.isEmpty
            ? "not connected" : "connected (session \(presence.sessions.map { String($0.id) }.joined(separator: ", ")))"
        let stopped = end.stopped.map { ", \(text($0, before: position.time))" } ?? ""
        return "NOT listening: \(connected)\(stopped)"
    }

    private func offer(_ end: Situation.End, at position: Position) -> String {
        func age(_ note: Note) -> String { "\(Span.text(position.time &- note.reportedAt)) before" }
        switch end.presence.offer {
        case .none: return "no mesh status"
        case .empty(let note): return "mesh status empty since entry \(note.seq), last report \(age(note))"
        case .stale(let note): return "mesh status stale, last report \(age(note))"
        case .fresh(let note):
            return "mesh status of entry \(note.seq), last report \(age(note)), \(note.addresses.count) targets"
        }
    }

    /// Who brought something about.
    func text(_ actor: Actor) -> String {
        switch actor {
        case .key(let key): names(key)
        case .operator: "the operator"
        }
    }

    /// How something came to its end, seen from a later time.
    func text(_ ending: Ending, before time: Int64) -> String {
        func when(_ position: Position) -> String {
            "\(Span.text(time &- position.time)) before, entry \(position.seq), \(Timestamp.text(position.time))"
        }
        switch ending {
        case .removed(let position, let actor): return "was removed \(when(position)), by \(text(actor))"
        case .closed(let position, let reason):
            return "was closed \(when(position))" + (reason.isEmpty ? "" : ": \(Printable.text(Text(reason)))")
        case .unsubscribed(let position): return "gave its subscription up \(when(position))"
        case .restarted(let position): return "ended with a restart of the relay \(when(position))"
        case .never: return "was never there before in this log"
        }
    }
}

extension JSONWriter {
    /// Writes the fields of how a key stood.
    mutating func write(_ presence: Presence) {
        field("key", presence.key)
        field("role", presence.member?.role.name)
        field("member_since", presence.member?.since)
        field("banned", presence.banned)
        field("delegated_by", presence.owner)
        field("sessions", presence.sessions.map(\.id))
        field("listening", presence.listeningSince != nil)
        field("listening_since", presence.listeningSince)
        field("listening_sessions", presence.listening.map(\.session))
        field("note", presence.offer.name)
        field("note_position", presence.offer.note?.seq)
        field("reported_at", presence.offer.note.map { Timestamp.text($0.reportedAt, .microseconds) })
    }
}
