import Log
import Nostr
import Reducers

/// The community of a `MixedLog`: who there is, who is connected, and what they do next.
struct People {
    private static let count = 48
    /// Those from here on begin as strangers.
    private static let strangers = 40
    private static let models = ["llama-3.3-70b", "qwen3-coder-30b", "mistral-small", "gpt-oss-20b", "phi-4"]

    private struct Session {
        var name: UInt64
        var person: Int
    }

    private let keys: [SecretKey]
    private let owner: SecretKey
    private var sessions: [Session] = []
    private var ownerSession: UInt64?
    private var attempts = 0
    /// Who the latest authentication was by.
    private var arriving: Int?

    init(seed: UInt64) {
        keys = (0..<People.count).map { Workload.key("mixed person \(seed) \($0)") }
        owner = Workload.key("mixed owner \(seed)")
    }

    /// What the operator does first.
    func founding() -> [Input] {
        var inputs: [Input] = [.operatorCommand(.setOwner(owner.publicKey))]
        inputs += keys[..<People.strangers].map { .operatorCommand(.membership(.add($0.publicKey, .member))) }
        return inputs
    }

    /// Takes note of what an input came to, and of what the relay does next by itself.
    mutating func learn(_ input: Input, _ step: Step, _ state: RelayState, _ waiting: inout [Input]) {
        switch input {
        case .authenticated(let event, nil):
            guard step.transition.answer.accepted else { return }
            if event.pubkey == owner.publicKey {
                ownerSession = step.position.seq
            } else if let person = arriving {
                sessions.append(Session(name: step.position.seq, person: person))
                if person % 8 != 0 {
                    waiting.append(.listening(session: step.position.seq, keys: [keys[person].publicKey]))
                }
            }
        case .closed(let session, _): sessions.removeAll { $0.name == session }
        case .restart:
            sessions = []
            ownerSession = nil
        default: break
        }
        if !step.transition.ended.isEmpty { sessions.removeAll { state.sessions[$0.name] == nil } }
        for (seq, event) in step.events where event.kind == .callMeNow {
            let recipient = sessions.filter { state.sessions[$0.name] != nil && isCalled(keys[$0.person], by: event) }
            waiting.append(
                .delivered(Delivery(output: seq, written: recipient.prefix(2).map(\.name), dropped: [])))
        }
    }

    private func isCalled(_ key: SecretKey, by event: Event) -> Bool {
        event.tags.first { $0.name == "p" }?.value == Text(key.publicKey.hex)
    }

    /// What happens next.
    mutating func next(_ dice: inout Dice, _ state: RelayState, time: Int64) -> Input {
        let now = time / 1_000_000
        guard let ownerSession, state.sessions[ownerSession] != nil else { return authentication(of: owner, now) }
        guard sessions.count >= 8, let session = sessions.randomElement(using: &dice) else {
            return arrival(&dice, now)
        }
        switch dice.below(1_000) {
        case 0..<400: return .event(report(session.person, &dice, now), session: session.name)
        case 400..<700: return .event(request(session.person, &dice, now), session: session.name)
        case 700..<860: return .event(note(session.person, &dice, now), session: session.name)
        case 860..<920: return arrival(&dice, now)
        case 920..<965: return .closed(session: session.name, reason: "the client went away")
        case 965..<985: return .event(command(by: owner, &dice, now), session: ownerSession)
        case 985..<990: return .event(command(by: keys[session.person], &dice, now), session: session.name)
        case 990..<995: return .tick
        case 995..<998: return .dropped(Dropped(counts: ["malformed": 1 + dice.next() % 9], keys: []))
        case 998: return dice.once(in: 20) ? .restart : .tick
        default: return dice.once(in: 10) ? .policy(policy(&dice), .current) : .tick
        }
    }

    private mutating func arrival(_ dice: inout Dice, _ now: Int64) -> Input {
        let person = dice.below(People.count)
        arriving = person
        return authentication(of: keys[person], now)
    }

    private func authentication(of key: SecretKey, _ now: Int64) -> Input {
        .authenticated(
            sign(
                key, .clientAuthentication, [["relay", "wss://relay.example.com/mixed"], ["challenge", "bench"]], "",
                now), session: nil)
    }

    private func report(_ person: Int, _ dice: inout Dice, _ now: Int64) -> Event {
        let stops = dice.once(in: 40)
        let model = People.models[(person + (dice.once(in: 30) ? 1 : 0)) % People.models.count]
        let content =
            stops
            ? #"{"token":"","hosted_models":[],"serving_models":[],"peers":[]}"#
            : """
            {"mesh_id":"mixed","token":"token-of-\(person)","node_id":"node-\(person)","my_vram_gb":24.0,\
            "hosted_models":["\(model)"],"serving_models":["\(model)"],"peers":[{"id":"peer-\(person)",\
            "hostname":"host-\(person)","vram_gb":8,"serving_models":["\(model)"],"invite_token":"peer-token-\(person)"}]}
            """
        return sign(keys[person], .meshStatusReport, [], content, now)
    }

    private mutating func request(_ person: Int, _ dice: inout Dice, _ now: Int64) -> Event {
        attempts += 1
        let target = dice.once(in: 60) ? person : dice.below(People.count)
        let author = dice.once(in: 80) ? keys[(person + 1) % keys.count] : keys[person]
        let content =
            dice.once(in: 70)
            ? #"{"attempt_id":"mixed-\#(attempts)"}"#
            : """
            {"self_endpoint_addr":"address-\(person)","peer_endpoint_addr":"address-\(target)",\
            "attempt_id":"mixed-\(attempts)","v":1}
            """
        return sign(
            author, .meshConnectRequest, dice.once(in: 90) ? [] : [["p", Text(keys[target].publicKey.hex)]], content,
            dice.once(in: 50) ? now - 600 : now)
    }

    private func note(_ person: Int, _ dice: inout Dice, _ now: Int64) -> Event {
        let kinds: [UInt16] = [1, 1, 1, 7, 0, 30_023, 20_001]
        return sign(
            keys[person], Kind(kinds[dice.below(kinds.count)]), [["d", "x"], ["t", "mesh"]],
            "note \(dice.next()) with \"quotes\" and a line\nbreak", now)
    }

    private func command(by author: SecretKey, _ dice: inout Dice, _ now: Int64) -> Event {
        let subject = keys[dice.below(keys.count)].publicKey
        let kinds: [Kind] = [.addMember, .addMember, .addMember, .removeMember, .changeRole]
        let kind = kinds[dice.below(kinds.count)]
        let role: [[Text]] = kind == .removeMember ? [] : [["role", dice.once(in: 5) ? "admin" : "member"]]
        return sign(author, kind, [["p", Text(subject.hex)]] + role, "", now)
    }

    private func policy(_ dice: inout Dice) -> Policy {
        var policy = Policy()
        policy.dialect = dice.once(in: 3) ? .buzz : .sprout
        policy.requireMembership = !dice.once(in: 8)
        policy.requestsPerSecond = Int64(1 + dice.below(20))
        policy.stalenessSeconds = Int64(30 + dice.below(60))
        return policy
    }

    private func sign(_ key: SecretKey, _ kind: Kind, _ tags: [[Text]], _ content: String, _ now: Int64) -> Event {
        UnsignedEvent(pubkey: key.publicKey, createdAt: now, kind: kind, tags: tags, content: Text(content))
            .signed(by: key)
    }
}
