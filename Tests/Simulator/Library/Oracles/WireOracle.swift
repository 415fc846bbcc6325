import Log
import Nostr
import Reducers
import Relay

/// What leaves the relay: nothing before its commit, nothing to whom it is not meant, everything once.
struct WireOracle {
    private(set) var delivered = 0
    private(set) var answered = 0

    /// The keys that the log believes a connection to hold.
    private func keys(of client: Client, _ gate: GateOracle) -> [PublicKey] {
        client.proofs.filter { gate.sessionOf[$0.key] != nil }.map(\.value)
    }

    private func session(of client: Client, _ gate: GateOracle) -> UInt64? {
        client.proofs.keys.lazy.compactMap { gate.sessionOf[$0] }.first
    }

    /// A frame came out of the relay.
    mutating func heard(_ payload: [UInt8], by client: Client, _ book: LogBook, _ gate: GateOracle) throws {
        let message = try JSONValue.parse(payload).arrayValue ?? []
        let first = message.count > 1 ? message[1].stringValue?.string ?? "" : ""
        switch message.first?.stringValue?.string {
        case "AUTH": client.challenge = message[1].stringValue
        case "OK":
            try heardOK(EventID(hex: first) ?? .zero, message[2].boolValue ?? false, message[3], client, book, gate)
        case "EOSE": client.subscriptions[first]?.isLive = true
        case "CLOSED": client.subscriptions[first] = nil
        case "EVENT": try heardEvent(first, payload, client, book, gate)
        default: break
        }
    }

    private mutating func heardOK(
        _ id: EventID, _ accepted: Bool, _ message: JSONValue, _ client: Client, _ book: LogBook, _ gate: GateOracle
    ) throws {
        answered += 1
        guard let count = client.awaited[id], count > 0 else { throw Violation(.once, "an OK for \(id.hex) too many") }
        client.awaited[id] = count - 1
        guard accepted else { return }
        if let key = client.proofs[id] {
            guard gate.sessionOf[id] != nil || client.keys.contains(key) else {
                throw Violation(.order, "OK for an AUTH that is not in the log")
            }
            if !client.keys.contains(key) { client.keys.append(key) }
        } else if book.positions[id] == nil {
            throw Violation(.order, "OK \(message.stringValue?.string ?? "") for \(id.hex), which is not in the log")
        }
    }

    private mutating func heardEvent(
        _ name: String, _ payload: [UInt8], _ client: Client, _ book: LogBook, _ gate: GateOracle
    ) throws {
        delivered += 1
        guard let begin = payload.firstIndex(of: UInt8(ascii: "{")) else {
            throw Violation(.delivery, "an EVENT without one")
        }
        let event = try Event.parse(Array(payload[begin..<payload.count - 1]), limits: .stored)
        let text = "\(event.kind) \(event.id.hex.prefix(8)) to \(client.person.name)"
        guard let seq = book.positions[event.id] else { throw Violation(.order, "\(text), which is not in the log") }
        let keys = keys(of: client, gate)
        guard !keys.isEmpty, let session = session(of: client, gate) else {
            throw Violation(.privacy, "\(text), who is not authenticated")
        }
        if let end = gate.ended[session], seq > end {
            throw Violation(.privacy, "\(text) at \(seq), whose session ended at \(end)")
        }
        if event.kind == .callMeNow, book.facts[Int(seq)].isPrivate {
            guard keys.contains(where: { Text($0.hex) == event.tags.firstValue(of: "p") }) else {
                throw Violation(.privacy, "\(text), who is not its recipient")
            }
        }
        guard var subscription = client.subscriptions[name] else {
            throw Violation(.delivery, "\(text) for a subscription that there is not")
        }
        guard subscription.filters.contains(where: { $0.matches(event) }) else {
            throw Violation(.delivery, "\(text), who did not ask for it")
        }
        let isKnown = subscription.live.contains(event.id) || subscription.stored.contains(event.id)
        guard !isKnown || book.reborn.contains(event.id) else { throw Violation(.once, "\(text) twice") }
        if subscription.isLive, !subscription.possible.contains(event.id) {
            subscription.live.append(event.id)
            if !client.isLenient, !subscription.isEnding, !subscription.expected.starts(with: subscription.live) {
                throw Violation(.delivery, "\(text) out of turn, or never published")
            }
        } else {
            subscription.stored.append(event.id)
        }
        client.subscriptions[name] = subscription
    }

    /// A commit is about to be told: who has to get what.
    mutating func willPublish(
        _ committed: SteppedRelay.Committed, to clients: [Client], _ book: LogBook, _ gate: GateOracle
    ) {
        for client in clients where !client.isClosed {
            let keys = keys(of: client, gate).map { Text($0.hex) }
            let end = session(of: client, gate).flatMap { gate.ended[$0] } ?? .max
            for (name, subscription) in client.subscriptions {
                guard subscription.isLive else {
                    client.subscriptions[name]?.possible = Set(committed.events.map(\.event.id))
                    continue
                }
                for (seq, event) in committed.events where seq <= end {
                    guard subscription.filters.contains(where: { $0.matches(event) }) else { continue }
                    let isSecret = event.kind == .callMeNow && book.facts[Int(seq)].isPrivate
                    if isSecret, !keys.contains(where: { $0 == event.tags.firstValue(of: "p") }) { continue }
                    client.subscriptions[name]?.expected.append(event.id)
                }
            }
        }
    }

    /// Everything that was under way has arrived.
    func settled(_ clients: [Client]) throws {
        for client in clients where !client.isClosed {
            if let open = client.awaited.first(where: { $0.value > 0 }), !client.isLenient {
                throw Violation(.working, "\(client.person.name) got no answer to \(open.key.hex)")
            }
            guard !client.isLenient else { continue }
            for (name, subscription) in client.subscriptions where subscription.isLive && !subscription.isEnding {
                guard subscription.live == subscription.expected else {
                    let missing = subscription.expected.count - subscription.live.count
                    throw Violation(.delivery, "\(client.person.name) misses \(missing) events of \(name)")
                }
            }
        }
    }

    /// What may wait is bounded.
    func bounds(_ clients: [Client], _ relay: SteppedRelay) throws {
        let limits = Simulation.limits
        for client in clients {
            guard client.session.inFlight <= limits.maximumInFlight,
                client.session.subscriptionCount <= limits.maximumSubscriptions
            else { throw Violation(.bounds, "\(client.person.name) has more in flight or open than is allowed") }
        }
        let room = limits.maximumQueue + 3 * clients.count + 64
        guard relay.waiting.count <= room else { throw Violation(.bounds, "\(relay.waiting.count) submissions wait") }
    }
}
