import Log
import Nostr
import Reducers

/// Says what an entry is, in a word, and what happened, in a line.
struct EntryWords {
    let names: KeyNames
    /// Who opened the sessions that the entries name.
    let sessions: SessionKeys

    /// One word for what the entry is.
    static func type(_ entry: RecordedEntry) -> String { type(entry.content) }

    /// One word for what an entry with that content is.
    static func type(_ content: RecordedEntry.Content) -> String {
        switch content {
        case .input(let input, _): type(input)
        case .output(.decision): "decision"
        case .output(.effect): "effect"
        case .output(.event): "signed"
        case .erased: "erased"
        }
    }

    private static func type(_ input: Input) -> String {
        switch input {
        case .genesis: "genesis"
        case .policy: "policy"
        case .operatorCommand, .management: "operator"
        case .event: "event"
        case .authenticated, .listening, .inviteRequested, .closed: "session"
        case .delivered: "delivery"
        case .dropped: "dropped"
        case .erasure: "erasure"
        case .tick: "tick"
        case .snapshotPoint: "snapshot"
        case .restart: "restart"
        case .checkpoint: "checkpoint"
        case .disclosed: "read"
        }
    }

    /// What happened, in a line.
    func text(_ entry: RecordedEntry) -> String {
        if case .erased = entry.content, entry.leaf.flags & LeafFlags.erasable == 0 {
            return "the payload is not in this copy"
        }
        return text(entry.content, at: entry.leaf.seq)
    }

    /// What an entry with that content at that position says.
    func text(_ content: RecordedEntry.Content, at seq: UInt64) -> String {
        switch content {
        case .input(let input, let answer): text(input, answer: answer, at: seq)
        case .output(.decision(let decision)): text(decision)
        case .output(.effect(let effect, _)): text(effect)
        case .output(.event(let event, let cause)): "\(text(signed: event)), for entry \(cause)"
        case .erased: "the payload was erased"
        }
    }

    private func text(_ input: Input, answer: Text?, at seq: UInt64) -> String {
        switch input {
        case .genesis(let genesis):
            "the log \(genesis.origin) of the relay \(names(genesis.relay))"
                + (genesis.continues.map(EntryWords.text(continuing:)) ?? "")
        case .policy(let policy, let rules): PolicyWords.summary(policy, rules: rules)
        case .operatorCommand(let command): text(command)
        case .management(let body, let authorization):
            text(call: body, by: authorization) + (answer.map { " | \(printable($0))" } ?? "")
        case .event(let event, _, let door):
            text(event) + (door == .webSocket ? "" : " (\(door.rawValue))")
                + (answer.map { " | \(printable($0))" } ?? "")
        case .authenticated(let event, let session):
            session.map { "session \($0) of \(opened($0)) authenticated as \(names(event.pubkey)) too" }
                ?? "session \(seq) opened by \(names(event.pubkey))"
        case .listening(let session, let keys):
            keys.isEmpty
                ? "session \(session) of \(opened(session)) listens for no calls any more"
                : "session \(session) of \(opened(session)) listens for calls of \(keys.map(names.callAsFunction).joined(separator: ", "))"
        case .inviteRequested(let session, _):
            "session \(session) of \(opened(session)) asked for an invite code"
                + (answer.map { " | \(printable($0))" } ?? "")
        case .closed(let session, let reason):
            "session \(session) of \(opened(session)) closed" + (reason.isEmpty ? "" : ": \(printable(Text(reason)))")
        case .delivered(let delivery): text(delivery)
        case .dropped(let dropped): text(dropped)
        case .erasure(let erasure): text(erasure)
        case .tick: "time passed"
        case .snapshotPoint: "the state was hashed"
        case .restart: "the relay started; every session before this is gone"
        case .checkpoint(let note): EntryWords.text(checkpoint: note)
        case .disclosed(let positions, let authorization):
            "\(names(authorization.pubkey)) was given the entries from \(positions.lowerBound) to \(positions.upperBound)"
        }
    }

    /// What a log goes on from, and what of that is lost.
    private static func text(continuing predecessor: Genesis.Predecessor) -> String {
        guard let note = try? SignedNote(parsing: predecessor.checkpoint.string),
            let checkpoint = try? Checkpoint(parsing: note.body)
        else { return ", going on from a log that cannot be told" }
        let lost = checkpoint.size - min(checkpoint.size, predecessor.entries)
        return
            ", going on from \(checkpoint.origin), which had signed \(checkpoint.size) entries and lost the last \(lost)"
    }

    /// The size and root that a checkpoint states, and who signed it.
    private static func text(checkpoint text: Text) -> String {
        guard let note = try? SignedNote(parsing: text.string), let checkpoint = try? Checkpoint(parsing: note.body)
        else { return "a checkpoint that cannot be read" }
        let witnesses = note.signatures.count - 1
        return "checkpoint of \(checkpoint.size) entries, root \(checkpoint.root.hex.prefix(8))…"
            + (witnesses > 0 ? ", cosigned by \(witnesses)" : "")
    }

    private func opened(_ session: UInt64) -> String { sessions[session].map(names.callAsFunction) ?? "unknown" }

    /// What an operator's command asks for.
    func text(_ command: OperatorCommand) -> String {
        switch command {
        case .membership(.add(let key, let role)): "add \(names(key)) as \(role.name)"
        case .membership(.remove(let key)): "remove \(names(key))"
        case .membership(.changeRole(let key, let role)): "make \(names(key)) \(role.name)"
        case .addMembers(let members): "add \(members.count) members"
        case .setOwner(let key): "make \(names(key)) the owner"
        case .invite(let hash, let role, let uses, _, let label):
            "make an invite code \(hash.hex.prefix(8))… for \(uses) to join as \(role.name)\(noted(label))"
        case .revokeInvite(let hash): "take the invite code \(hash.hex.prefix(8))… back"
        case .ban(let key, let reason): "ban \(names(key))\(noted(reason))"
        case .unban(let key): "lift the ban of \(names(key))"
        case .banEvent(let id, let reason): "take the event \(names.event(id)) out of what is served\(noted(reason))"
        case .allowKind(let kind): "take events of kind \(kind)"
        case .disallowKind(let kind): "take no events of kind \(kind)"
        case .blockAddress(let address, let reason): "block \(printable(address))\(noted(reason))"
        case .unblockAddress(let address): "unblock \(printable(address))"
        case .describe(let property, let text): "the relay's \(property.rawValue) is now \(printable(text))"
        }
    }

    private func noted(_ text: Text) -> String { text.isEmpty ? "" : " (\(printable(text)))" }

    private func text(call body: [UInt8], by authorization: Event) -> String {
        let what =
            switch try? ManagementCall(body: body) {
            case .command(let command)?: text(command)
            case .question(let question)?: question.rawValue
            case nil: "a call that is not understood"
            }
        return "\(what), asked by \(names(authorization.pubkey))"
    }

    private func text(_ erasure: Erasure) -> String {
        let count = erasure.runs.reduce(0) { $0 + $1.count }
        return "the payloads of \(count) entries were erased\(noted(erasure.reason))"
    }

    /// A client's event: kind, author and whom it is about.
    func text(_ event: Event) -> String {
        var text = "\(event.kind) \(EntryWords.name(event.kind)) \(names.event(event.id)) by \(names(event.pubkey))"
        if let target = target(of: event) { text += " → \(target)" }
        if event.kind == .addMember || event.kind == .changeRole, let role = event.tags.firstValue(of: "role") {
            text += " as \(printable(role))"
        }
        return text
    }

    private func target(of event: Event) -> String? {
        switch event.kind {
        case .meshConnectRequest, .addMember, .removeMember, .changeRole: break
        default: return nil
        }
        guard let tag = event.tags.firstValue(of: "p") else { return nil }
        return PublicKey(hex: tag.string).map(names.callAsFunction) ?? printable(tag)
    }

    /// An event that the relay signed.
    func text(signed event: Event) -> String {
        let text = "\(event.kind) \(EntryWords.name(event.kind)) \(names.event(event.id))"
        switch event.kind {
        case .callMeNow, .memberAdded, .memberRemoved:
            guard let key = event.tags.firstValue(of: "p").flatMap({ PublicKey(hex: $0.string) }) else { return text }
            return "\(text) \(event.kind == .callMeNow ? "to" : "of") \(names(key))"
        case .meshStatus:
            let reporter = event.tags.firstValue(of: "d").flatMap { PublicKey(hex: $0.string.suffix(64)) }
            return reporter.map { "\(text) of \(names($0))" } ?? text
        case .membershipList:
            return "\(text) with \(event.tags.values(of: "member").count) members"
        default:
            return text
        }
    }

    /// A decision: how it ended, who asked about whom, and what the asker was told.
    func text(_ decision: Decision) -> String {
        let author = decision.author.map(names.callAsFunction) ?? "the operator"
        let target = decision.target.map(names.callAsFunction) ?? "nobody"
        let text = "\(decision.outcome.rawValue) \(author) → \(target)"
        let what = decision.kind == .meshConnectRequest ? "" : " (\(decision.kind.map(EntryWords.name) ?? "command"))"
        return text + what + (decision.message.isEmpty ? "" : " | \(printable(Text(decision.message)))")
    }

    /// A change of the membership.
    func text(_ effect: MembershipEffect) -> String {
        switch effect.change {
        case .add(let role): "\(names(effect.key)) became \(role.name)"
        case .remove: "\(names(effect.key)) is no member any more"
        case .change(let role): "\(names(effect.key)) is \(role.name) now"
        }
    }

    private func text(_ delivery: Delivery) -> String {
        func list(_ sessions: [UInt64]) -> String {
            sessions.map { "\($0) of \(opened($0))" }.joined(separator: ", ")
        }
        let written = delivery.written.isEmpty ? "to no session" : "to session \(list(delivery.written))"
        let dropped = delivery.dropped.isEmpty ? "" : ", dropped for session \(list(delivery.dropped))"
        return "entry \(delivery.output) written \(written)\(dropped)"
    }

    private func text(_ dropped: Dropped) -> String {
        let counts = dropped.counts.map { "\($0.count) \($0.reason)" }.joined(separator: ", ")
        let keys = dropped.keys.map(names.callAsFunction).joined(separator: ", ")
        return "turned away before the log: \(counts)" + (keys.isEmpty ? "" : " (\(keys))")
    }

    /// What a kind is called; empty for a kind that this relay does not know by name.
    static func name(_ kind: Kind) -> String {
        switch kind {
        case .meshStatusReport: "status report"
        case .meshConnectRequest: "connect request"
        case .callMeNow: "call-me-now"
        case .meshStatus: "mesh status"
        case .addMember: "add member"
        case .removeMember: "remove member"
        case .changeRole: "change role"
        case .membershipList: "membership list"
        case .memberAdded: "member added"
        case .memberRemoved: "member removed"
        case .joinRequest: "join request"
        case .inviteRequest: "invite request"
        case .leaveRequest: "leave request"
        case .textNote: "note"
        case .metadata: "profile"
        case .contacts: "contacts"
        case .deletion: "deletion"
        case .clientAuthentication: "authentication"
        default: "event"
        }
    }

    /// A client's text, fit for a terminal: no control characters, and not too long.
    private func printable(_ text: Text) -> String { Printable.text(text) }
}

/// Texts that strangers wrote, made fit for a terminal.
enum Printable {
    private static let longest = 200

    /// The text without control characters, direction marks and line breaks, shortened when it is long.
    static func text(_ text: Text) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.string.unicodeScalars {
            guard shown.count < longest else { return String(shown) + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: shown.append("\u{fffd}")
            default: shown.append(scalar)
            }
        }
        return String(shown)
    }
}
