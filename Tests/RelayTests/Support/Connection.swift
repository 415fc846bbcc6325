import Nostr
import Reducers

@testable import Relay

/// One connection, stepped without a socket.
struct Connection {
    var machine: SessionMachine
    let authentication: Authentication
    let key = SecretKey.generate()
    var stored: Set<EventID> = []
    var mayPublish = true
    /// What the clock shows, in seconds; `nil` for the time that it is.
    var now: Int64?
    static let relay = SecretKey.generate().publicKey

    init(limits: ServerLimits = ServerLimits()) {
        authentication = Authentication(hosts: ["localhost"])
        machine = SessionMachine(authentication: authentication, limits: limits, now: Clock.seconds())
    }

    var surroundings: SessionMachine.Surroundings {
        let (stored, mayPublish) = (stored, mayPublish)
        return SessionMachine.Surroundings(
            now: now ?? Clock.seconds(), relay: Connection.relay, isStored: { stored.contains($0) },
            mayPublish: { _ in mayPublish })
    }

    mutating func receive(_ message: ClientMessage) -> [String] {
        var effects: [SessionMachine.Effect] = []
        machine.receive(message, surroundings, &effects)
        return effects.map(\.text)
    }

    mutating func reply(_ reply: Reply.Content) -> [String] {
        var effects: [SessionMachine.Effect] = []
        machine.replied(reply, surroundings, &effects)
        return effects.map(\.text)
    }

    mutating func queryDone(_ id: SubscriptionID) -> [String] {
        var effects: [SessionMachine.Effect] = []
        machine.queryDone(id, surroundings, &effects)
        return effects.map(\.text)
    }

    mutating func step(
        _ body: (inout SessionMachine, SessionMachine.Surroundings, inout [SessionMachine.Effect]) -> Void
    ) -> [String] {
        var effects: [SessionMachine.Effect] = []
        body(&machine, surroundings, &effects)
        return effects.map(\.text)
    }

    func auth(challenge: Text? = nil, relay: Text = "ws://127.0.0.1:7447/", age: Int64 = 0) -> Event {
        UnsignedEvent(
            pubkey: key.publicKey, createdAt: Clock.seconds() - age, kind: .clientAuthentication,
            tags: [["relay", relay], ["challenge", challenge ?? authentication.challenge]], content: ""
        ).signed(by: key)
    }

    func note(_ text: String, by author: SecretKey? = nil, kind: Kind = .textNote) -> Event {
        let author = author ?? key
        return UnsignedEvent(
            pubkey: author.publicKey, createdAt: Clock.seconds(), kind: kind, tags: [], content: Text(text)
        ).signed(by: author)
    }

    mutating func authenticate() {
        let event = auth()
        _ = receive(.auth(event))
        let answer = Transition.Answer(accepted: true, message: "")
        _ = reply(.authenticated(event.id, key.publicKey, answer, session: 5))
    }
}

extension SessionMachine.Effect {
    /// The effect as a line that a test can compare.
    var text: String {
        switch self {
        case .send(let message): "send " + String(decoding: message.bytes, as: UTF8.self)
        case .submit(.event(let event, let session)): "submit event \(event.content) in \(session)"
        case .submit(.authenticate(_, let session)): "submit authentication \(session.map { "\($0)" } ?? "new")"
        case .submit(.listening(_, let keys)): "submit listening to \(keys.count)"
        case .drop(let reason, _): "count \(reason)"
        case .submit: "submit"
        case .subscribe(let id, _): "subscribe \(id.text)"
        case .unsubscribe(let id): "unsubscribe \(id.text)"
        case .query(let id, _): "query \(id.text)"
        case .count(let id, _): "count \(id.text)"
        case .gather(let id, _): "gather \(id.text)"
        case .cancelQuery: "cancel query"
        case .yield: "yield"
        case .close(let reason): "close \(reason)"
        }
    }
}
