import Nostr

/// Who is connected and authenticated, and who listens for calls.
///
/// A session enters the log with its first authentication and is named by the position of that entry. A connection that
/// never authenticates leaves no trace here, so strangers cost nothing.
public struct Sessions: Equatable, Sendable {
    /// Sessions at once.
    public static let maximumSessions = 100_000
    /// Keys that one session may authenticate (NIP-42 allows several).
    public static let maximumKeys = 16

    /// A key, and the position of the entry that tied it to the session.
    public struct Tie: Equatable, Sendable {
        /// The key.
        public var key: PublicKey
        /// The entry that authenticated it, or that began to listen for it.
        public var seq: UInt64
        /// The member that vouches for the key (NIP-OA); `nil` for a key that is let in for itself.
        public var owner: PublicKey?
    }

    /// One authenticated connection.
    public struct Session: Equatable, Sendable {
        /// The position of the first authentication: the session's name in the log.
        public var id: UInt64
        /// The keys that it proved to hold.
        public var keys: [Tie]
        /// The keys for which it has a live call-me-now subscription.
        public var listening: [Tie] = []
    }

    /// The sessions by name.
    private(set) var sessions: [UInt64: Session] = [:]
    /// For each key the sessions that listen for its calls, in the order in which they began.
    private var listeners: [PublicKey: [(session: UInt64, seq: UInt64)]] = [:]

    /// Nobody is connected.
    public init() {}

    /// How many sessions there are.
    public var count: Int { sessions.count }

    /// The sessions in the order of their names.
    public var all: [Session] { sessions.values.sorted { $0.id < $1.id } }

    /// The session of that name, while it is connected.
    public subscript(id: UInt64) -> Session? { sessions[id] }

    /// The position of the entry since which some session listens for this key's calls; `nil` when none does.
    public func listening(to key: PublicKey) -> UInt64? { listeners[key]?.first?.seq }

    /// Ties a key to a session, opening the session when `id` is `nil`. `false` when a limit is reached.
    mutating func authenticate(_ key: PublicKey, owner: PublicKey?, session id: UInt64?, at seq: UInt64) -> Bool {
        let tie = Tie(key: key, seq: seq, owner: owner)
        guard let id else {
            guard sessions.count < Sessions.maximumSessions else { return false }
            sessions[seq] = Session(id: seq, keys: [tie])
            return true
        }
        guard let session = sessions[id], session.keys.count < Sessions.maximumKeys else { return false }
        if !session.keys.contains(where: { $0.key == key }) { sessions[id]?.keys.append(tie) }
        return true
    }

    /// Replaces the keys for which a session listens. Only its own count: nobody hears the calls of somebody else.
    mutating func listen(session id: UInt64, to keys: [PublicKey], at seq: UInt64) {
        guard let session = sessions[id] else { return }
        unlisten(session)
        sessions[id]?.listening = session.keys.map(\.key).filter(keys.contains).map { key in
            session.listening.first { $0.key == key } ?? Tie(key: key, seq: seq)
        }
        for tie in sessions[id]?.listening ?? [] {
            listeners[tie.key, default: []].append((id, tie.seq))
            listeners[tie.key]?.sort { $0.seq < $1.seq }
        }
    }

    private mutating func unlisten(_ session: Session) {
        for tie in session.listening {
            listeners[tie.key]?.removeAll { $0.session == session.id }
            if listeners[tie.key]?.isEmpty == true { listeners[tie.key] = nil }
        }
    }

    /// Ends a session.
    mutating func close(session id: UInt64) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        unlisten(session)
    }

    /// Ends every session with a tie that is not good any more, and returns the sessions in the order of their names.
    mutating func close(where isOver: (Tie) -> Bool) -> [UInt64] {
        let ended = sessions.values.filter { $0.keys.contains(where: isOver) }.map(\.id).sorted()
        for id in ended { close(session: id) }
        return ended
    }

    /// Ends every session that holds the key, or a key that it vouches for.
    mutating func close(key: PublicKey) -> [UInt64] { close { $0.key == key || $0.owner == key } }

    /// Ends every session: the relay was restarted.
    mutating func closeAll() {
        sessions.removeAll()
        listeners.removeAll()
    }

    /// Compares the sessions; the listeners follow from them.
    public static func == (left: Sessions, right: Sessions) -> Bool { left.sessions == right.sessions }
}

extension Sessions: StateCodable {
    private static func encode(_ ties: [Tie], to encoder: inout StateEncoder) {
        encoder.count(ties.count)
        for tie in ties {
            encoder.key(tie.key)
            encoder.number(tie.seq)
            encoder.flag(tie.owner != nil)
            if let owner = tie.owner { encoder.key(owner) }
        }
    }

    private static func ties(from decoder: inout StateDecoder) throws(StateDecodingError) -> [Tie] {
        var ties: [Tie] = []
        for _ in 0..<(try decoder.count(limit: maximumKeys)) {
            let (key, seq) = (try decoder.key(), try decoder.number())
            ties.append(Tie(key: key, seq: seq, owner: try decoder.flag() ? try decoder.key() : nil))
        }
        return ties
    }

    func encode(to encoder: inout StateEncoder) {
        encoder.count(sessions.count)
        for session in all {
            encoder.number(session.id)
            Sessions.encode(session.keys, to: &encoder)
            Sessions.encode(session.listening, to: &encoder)
        }
    }

    init(from decoder: inout StateDecoder) throws(StateDecodingError) {
        for _ in 0..<(try decoder.count(limit: Sessions.maximumSessions)) {
            let session = Session(
                id: try decoder.number(), keys: try Sessions.ties(from: &decoder),
                listening: try Sessions.ties(from: &decoder))
            sessions[session.id] = session
            for tie in session.listening { listeners[tie.key, default: []].append((session.id, tie.seq)) }
        }
        for key in listeners.keys { listeners[key]?.sort { $0.seq < $1.seq } }
    }
}
