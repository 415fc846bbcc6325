import Nostr
import Reducers

/// One thing that is different in two states.
struct StateChange: Equatable {
    /// What kind of thing. The raw values are the words that are printed.
    enum Area: String, CaseIterable {
        case policy, member, note, session, listener, invite, ban, relay, limit
    }

    /// What became of it.
    enum Course: String {
        case added, removed, changed
    }

    /// What it is.
    enum Subject: Hashable {
        case key(PublicKey)
        case session(UInt64)
        case invite(Bytes32)
        case event(EventID)
        case name(String)
    }

    var area: Area
    var kind: Course
    var subject: Subject
    /// What it was, in words; `nil` for what was not there.
    var before: String?
    /// What it is; `nil` for what is no more.
    var after: String?
    /// The entry that made it so; `nil` where no single one did, or where it is not known.
    var entry: UInt64?
}

extension StateChange {
    /// What is in `right` and not in `left`, or otherwise there, area by area.
    static func all(from left: RelayState, to right: RelayState) -> [StateChange] {
        policy(left, right) + members(left, right) + notes(left, right) + sessions(left, right)
            + listeners(left, right) + invites(left, right) + bans(left, right) + limits(left, right)
    }

    /// Compares two lists whose elements are told apart by a subject.
    static func lists<Element: Equatable>(
        _ area: Area, _ left: [Element], _ right: [Element], subject: (Element) -> Subject,
        words: (Element) -> String, entry: (Element) -> UInt64?
    ) -> [StateChange] {
        guard left != right else { return [] }
        let old = Dictionary(left.map { (subject($0), $0) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(right.map { (subject($0), $0) }, uniquingKeysWith: { first, _ in first })
        var changes: [StateChange] = []
        for element in left where new[subject(element)] == nil {
            changes.append(
                StateChange(
                    area: area, kind: .removed, subject: subject(element), before: words(element), after: nil,
                    entry: nil))
        }
        for element in right {
            let before = old[subject(element)]
            guard before != element else { continue }
            changes.append(
                StateChange(
                    area: area, kind: before == nil ? .added : .changed, subject: subject(element),
                    before: before.map(words), after: words(element), entry: entry(element)))
        }
        return changes
    }

    private static func policy(_ left: RelayState, _ right: RelayState) -> [StateChange] {
        let settings = PolicyOverrides.settings(of: left.policy)
        return zip(settings, PolicyOverrides.settings(of: right.policy)).compactMap { old, new in
            guard old.value != new.value else { return nil }
            return StateChange(
                area: .policy, kind: .changed, subject: .name(new.name), before: old.value, after: new.value,
                entry: right.policySeq)
        }
    }

    private static func members(_ left: RelayState, _ right: RelayState) -> [StateChange] {
        lists(
            .member, left.membership.members, right.membership.members, subject: { .key($0.key) },
            words: { $0.role.name }, entry: { $0.since })
    }

    private static func notes(_ left: RelayState, _ right: RelayState) -> [StateChange] {
        /// A report that changes nothing is no change.
        struct Shown: Equatable {
            var note: Note

            static func == (left: Shown, right: Shown) -> Bool {
                left.note.digest == right.note.digest && left.note.createdAt == right.note.createdAt
            }

            var words: String {
                guard !note.isEmpty, let content = try? JSONValue.parse(note.content.utf8) else { return "empty" }
                let targets = content["serveTargets"]?.arrayValue?.count ?? 0
                let models = content["models"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
                let names = models.prefix(3).map { Printable.text($0) }.joined(separator: ", ")
                return "\(targets) targets" + (names.isEmpty ? "" : ": \(names)\(models.count > 3 ? ", …" : "")")
            }
        }
        return lists(
            .note, left.discovery.notes.map(Shown.init), right.discovery.notes.map(Shown.init),
            subject: { .key($0.note.reporter) }, words: \.words, entry: { $0.note.seq })
    }

    private static func sessions(_ left: RelayState, _ right: RelayState) -> [StateChange] {
        /// Who listens is an area of its own.
        struct Shown: Equatable {
            var id: UInt64
            var keys: [Sessions.Tie]
        }
        func shown(_ state: RelayState) -> [Shown] { state.sessions.all.map { Shown(id: $0.id, keys: $0.keys) } }
        return lists(
            .session, shown(left), shown(right), subject: { .session($0.id) },
            words: { $0.keys.map(\.key.shortNpub).joined(separator: ", ") }, entry: { $0.keys.last?.seq })
    }

    private static func listeners(_ left: RelayState, _ right: RelayState) -> [StateChange] {
        struct Shown: Equatable {
            var key: PublicKey
            var sessions: [UInt64]
            var since: UInt64

            static func == (left: Shown, right: Shown) -> Bool { left.sessions == right.sessions }
        }
        func shown(_ state: RelayState) -> [Shown] {
            var listeners: [PublicKey: Shown] = [:]
            for session in state.sessions.all {
                for tie in session.listening {
                    listeners[tie.key, default: Shown(key: tie.key, sessions: [], since: tie.seq)].sessions
                        .append(session.id)
                    listeners[tie.key]?.since = tie.seq
                }
            }
            return listeners.values.sorted { $0.key < $1.key }
        }
        return lists(
            .listener, shown(left), shown(right), subject: { .key($0.key) },
            words: { "in session \($0.sessions.map(String.init).joined(separator: ", "))" }, entry: { $0.since })
    }
}
