import Log
import Nostr
import Reducers

extension BlameFinder {
    /// Closed sessions that are remembered while looking for what they were.
    private static let maximumClosings = 100_000

    /// Who listens for a key's calls: each session that began to and each that ceased.
    func listening(_ key: PublicKey, in reader: borrowing LogReader) throws -> Blame {
        let presence = Presence(key, in: state, at: time)
        var blame = Blame(stands: "\(names(key)) does not listen for calls")
        if let since = presence.listeningSince {
            let sessions = presence.listening.map { String($0.session) }.joined(separator: ", ")
            blame.stands = "\(names(key)) listens for calls since entry \(since), in session \(sessions)"
        }
        // Backwards an end is met before what it ended.
        var ends: [UInt64: RecordedEntry] = [:]
        var restart: RecordedEntry?
        var removal: RecordedEntry?
        try collect(&blame, types: [.session, .mark, .membershipEffect], in: reader) { entry in
            switch entry.content {
            case .input(.restart, _):
                restart = entry
                ends.removeAll()
            case .output(.effect(let effect, _)) where effect.key == key && effect.change == .remove:
                removal = entry
            case .input(.closed(let session, _), _):
                if ends.count < BlameFinder.maximumClosings { ends[session] = entry }
            case .input(.listening(let session, let keys), _):
                guard keys.contains(key) else {
                    if ends.count < BlameFinder.maximumClosings { ends[session] = entry }
                    return nil
                }
                let later = [ends[session], restart, removal].compactMap { $0 }.min { $0.leaf.seq < $1.leaf.seq }
                let end = later.map { "until entry \($0.leaf.seq): \(words.text($0))" }
                return "session \(session) listens\(end.map { ", \($0)" } ?? ", and still did")"
            default: break
            }
            return nil
        }
        return blame
    }

    /// A session: how it was opened, which keys it holds, when it listened, and how it ended.
    ///
    /// - Throws: `ReplayFailure` for an entry that opened none.
    func session(_ id: UInt64, in reader: borrowing LogReader) throws -> Blame {
        guard id < end, let opening = try reader.entry(at: id).map({ try RecordedEntry($0) }) else {
            throw Lookup.beyond(id, end)
        }
        guard case .input(.authenticated(let first, nil), _) = opening.content else {
            throw ReplayFailure(
                .negative, "entry \(id) opened no session: it is \(EntryWords.type(opening)), \(words.text(opening))")
        }
        let ending = try History.session(id, before: end, in: reader)
        let isOpen = state.sessions[id] != nil
        var blame = Blame(stands: "session \(id) of \(names(first.pubkey)) \(isOpen ? "is open" : "has ended")")
        let last = ending.position?.seq ?? end - 1
        try words.sessions.learn(from: opening, in: reader)
        var links: [Blame.Link] = []
        var requests = 0
        try reader.forwards(
            from: id, to: min(last + 1, end), types: [.session, .clientEvent], containing: Needle("\(id)")
        ) { entry in
            switch entry.content {
            case .input(.event(_, id, _), _): requests += 1
            case .input(.authenticated(_, id), _), .input(.listening(id, _), _), .input(.closed(id, _), _):
                links.append(
                    Blame.Link(
                        entry: entry, actor: try History.actor(behind: entry, in: reader), change: words.text(entry)))
            default: break
            }
            return true
        }
        links.insert(
            Blame.Link(entry: opening, actor: .key(first.pubkey), change: words.text(opening)), at: 0)
        if let position = ending.position, links.last?.entry.leaf.seq != position.seq,
            let entry = try reader.entry(at: position.seq).map({ try RecordedEntry($0) })
        {
            links.append(
                Blame.Link(
                    entry: entry, actor: try History.actor(behind: entry, in: reader),
                    change: "\(words.text(entry)), which ended the session"))
        }
        blame.stands += ", and sent \(requests) events"
        blame.links = Array(links.reversed().prefix(limit))
        blame.isCut = links.count > limit
        return blame
    }
}
