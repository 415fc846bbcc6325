import Log
import Nostr
import Reducers

/// A fact at a point of the log, and the entries that made it what it is, newest first.
struct Blame {
    /// One entry that set or changed the fact.
    struct Link {
        var entry: RecordedEntry
        var actor: Actor
        /// What it changed, in words.
        var change: String
    }

    /// How the fact stands, in words.
    var stands: String
    var links: [Link] = []
    /// Whether there are older entries than those.
    var isCut = false
}

/// What `blame` can be asked for.
enum BlamedFact: String, CaseIterable {
    case member, note, policy, listening, session, limit, ban

    /// What has to follow the fact's name.
    var subject: String {
        switch self {
        case .member, .note, .listening, .limit, .ban: "KEY"
        case .policy: "[SETTING]"
        case .session: "POS"
        }
    }
}

/// Looks for the entries behind a fact.
struct BlameFinder {
    /// The state at the point.
    let state: RelayState
    /// The first position behind the point, and the log's time there.
    let end: UInt64
    let time: Int64
    /// How many entries are given at most.
    let limit: Int
    let names: KeyNames
    let words: EntryWords
    let progress: (UInt64, UInt64) -> Void

    /// Goes back from the point and collects what `change` says about entries.
    func collect(
        _ blame: inout Blame, downTo start: UInt64 = 0, types: Set<EntryType>, containing needle: Needle? = nil,
        in reader: borrowing LogReader, _ change: (RecordedEntry) throws -> String?
    ) throws {
        try reader.backwards(
            before: end, downTo: start, types: types, containing: needle, progress: progress
        ) { entry in
            guard let change = try change(entry) else { return true }
            guard blame.links.count < limit else {
                blame.isCut = true
                return false
            }
            try words.sessions.learn(from: entry, in: reader)
            blame.links.append(
                Blame.Link(entry: entry, actor: try History.actor(behind: entry, in: reader), change: change))
            return true
        }
    }

    /// A membership: who added, changed and removed a key.
    func member(_ key: PublicKey, in reader: borrowing LogReader) throws -> Blame {
        var blame = Blame(
            stands: state.membership[key].map { "\(names(key)) is \($0.role.name), by entry \($0.since)" }
                ?? "\(names(key)) is no member")
        try collect(&blame, types: [.membershipEffect], containing: Needle(key.hex), in: reader) { entry in
            guard case .output(.effect(let effect, let cause)) = entry.content, effect.key == key else { return nil }
            return "\(words.text(effect)), for entry \(cause)"
        }
        return blame
    }

    /// A mesh status: each note that the relay signed, and what made it.
    func note(_ key: PublicKey, in reader: borrowing LogReader) throws -> Blame {
        var blame = Blame(stands: noteStands(key))
        var causes: [UInt64] = []
        try collect(&blame, types: [.relayEvent], containing: Needle(key.hex), in: reader) { entry in
            guard let event = entry.event, event.kind == .meshStatus, let cause = entry.cause,
                event.tags.firstValue(of: "d")?.string.hasSuffix(key.hex) == true
            else { return nil }
            causes.append(cause)
            return words.text(signed: event)
        }
        for (index, cause) in causes.prefix(blame.links.count).enumerated() {
            blame.links[index].change += ", \(try why(cause, key, in: reader))"
        }
        return blame
    }

    private func noteStands(_ key: PublicKey) -> String {
        let presence = Presence(key, in: state, at: time)
        guard let note = presence.offer.note else { return "discovery knows no note of \(names(key))" }
        let silence = "the latest report came \(Span.text(time &- note.reportedAt)) before"
        switch presence.offer {
        case .empty: return "the note of \(names(key)) offers nothing since entry \(note.seq); \(silence)"
        case .stale: return "the note of \(names(key)) is stale; \(silence)"
        default:
            return
                "the note of \(names(key)) offers \(note.addresses.count) targets since entry \(note.seq); \(silence)"
        }
    }

    /// Why the relay made a note.
    private func why(_ cause: UInt64, _ key: PublicKey, in reader: borrowing LogReader) throws -> String {
        guard let entry = try reader.entry(at: cause).map({ try RecordedEntry($0) }) else {
            return "for entry \(cause)"
        }
        switch entry.content {
        case .input(.tick, _): return "emptied by the tick of entry \(cause): no report within the staleness window"
        case .input(.policy, _): return "emptied by the policy of entry \(cause)"
        case .input(.event(let event, _, _), _) where event.kind == .meshStatusReport:
            return "for the report of entry \(cause)"
        case .erased: return "for entry \(cause), whose payload was erased"
        default: return "emptied by entry \(cause): \(words.text(entry))"
        }
    }

    /// A key's ban.
    func ban(_ key: PublicKey, in reader: borrowing LogReader) throws -> Blame {
        var blame = Blame(
            stands: state.moderation[key].map { ban in
                "\(names(key)) is banned by entry \(ban.seq)"
                    + (ban.reason.isEmpty ? "" : ": \(Printable.text(ban.reason))")
            } ?? "\(names(key)) is not banned")
        try collect(&blame, types: [.operatorCommand], containing: Needle(key.hex), in: reader) { entry in
            var command: OperatorCommand?
            switch entry.content {
            case .input(.operatorCommand(let given), _): command = given
            case .input(.management(let body, _), _):
                if case .command(let given)? = try? ManagementCall(body: body) { command = given }
            default: break
            }
            switch command {
            case .ban(key, _)?, .unban(key)?: break
            default: return nil
            }
            let decision = try reader.entry(at: entry.leaf.seq + 1).map { try RecordedEntry($0) }?.decision
            return words.text(entry) + (decision.map { ": \($0.outcome.rawValue)" } ?? "")
        }
        return blame
    }
}
