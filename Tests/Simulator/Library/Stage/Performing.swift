import Log
import NIOCore
import NIOEmbedded
import Nostr
import Reducers
import Relay

/// Carries out the steps of a script.
extension Simulation {
    func perform(_ action: Action) throws {
        guard relay != nil else { return }
        switch action {
        case .connect(let who): try connect(who)
        case .authenticate(let who, let proof):
            try flow(who, .max)
            if let client = clients[who] { authenticate(client, proof) }
        case .cut(let who, let bytes): try cut(who, afterBytes: bytes)
        case .hangUp(let who):
            clients[who]?.outgoing += Frames.masked([0x03, 0xe8], opcode: 8)
        case .listen(let who):
            guard let client = clients[who] else { return }
            let key = client.person.publicKey.hex
            _ = try subscribe(
                client, ##"{"kinds":[24622],"#p":["\##(key)"],"limit":0,"since":\##(chance.seconds - 5)}"##)
        case .subscribe(let who, let number):
            if let client = clients[who] { _ = try subscribe(client, filter(number)) }
        case .unsubscribe(let who):
            guard let client = clients[who], let name = client.subscriptions.keys.min() else { return }
            client.subscriptions[name]?.isEnding = true
            client.send(#"["CLOSE","\#(name)"]"#)
        case .ask(let who, let target, let request, let age):
            if let client = clients[who] { ask(client, Cast.people[target], request, age: age) }
        case .again(let who):
            if let client = clients[who], let event = client.lastEvent { client.send("EVENT", event) }
        case .report(let who, let variant): if let client = clients[who] { report(client, variant) }
        case .publish(let who, let variant): if let client = clients[who] { publish(client, variant) }
        case .command(let who, let verb, let subject, let age):
            if let client = clients[who] { command(client, verb, Cast.people[subject], age: age) }
        case .leave(let who):
            if let client = clients[who] { client.send("EVENT", sign(client.person, .leaveRequest, [["-"]], "")) }
        case .babble(let who, let variant): if let client = clients[who] { babble(client, variant) }
        default: try performRest(action)
        }
    }

    /// What happens around the people.
    private func performRest(_ action: Action) throws {
        switch action {
        case .operate(let verb, let subject): operate(verb, Cast.people[subject].publicKey)
        case .policy(let setting): changePolicy(setting)
        case .clock(let milliseconds): chance.now = max(Cast.start, chance.now + milliseconds * 1_000)
        case .wait(let milliseconds):
            chance.now += milliseconds * 1_000
            loop.advanceTime(by: .milliseconds(min(milliseconds, 5_000)))
            try pump()
        case .flow(let who, let bytes): try flow(who, bytes)
        case .stall(let who, let isStalled): try stall(who, isStalled)
        case .work(let count): try work(count)
        case .crash(let moment): try crash(moment)
        case .restart:
            try settle()
            try relay?.finish()
            try lookAtLog()
            powerOff()
            try boot()
        case .checkpoint: try checkpoint()
        case .erase(let back): erase(back)
        case .settle: try settle()
        case .query(let who, let number): try query(who, number)
        default: break
        }
        try wire.bounds(Array(clients.values), relay.unwrapped())
    }

    // MARK: The network

    private func connect(_ who: Int) throws {
        try cut(who, afterBytes: 0)
        guard let relay else { return }
        let channel = EmbeddedChannel(loop: loop)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/simulated")).wait()
        clients[who] = Client(Cast.people[who], channel, try relay.connect(channel))
        try pump()
    }

    func cut(_ who: Int, afterBytes bytes: Int) throws {
        if bytes > 0 { try flow(who, bytes) }
        guard let client = clients.removeValue(forKey: who) else { return }
        _ = try? client.channel.finish(acceptAlreadyClosed: true)
        try pump()
    }

    func flow(_ who: Int, _ bytes: Int) throws {
        guard let client = clients[who], !client.outgoing.isEmpty, bytes > 0 else { return }
        guard client.channel.isActive else { return client.isClosed = true }
        let arriving = Array(client.outgoing.prefix(bytes))
        client.outgoing.removeFirst(arriving.count)
        // What a broken frame does to the pipeline is the session's to handle.
        _ = try? client.channel.writeInbound(ByteBuffer(bytes: arriving))
        try pump()
    }

    private func stall(_ who: Int, _ isStalled: Bool) throws {
        guard let client = clients[who], client.channel.isActive else { return }
        if isStalled { client.isLenient = true }
        client.channel.isWritable = !isStalled
        client.channel.pipeline.fireChannelWritabilityChanged()
        try pump()
    }

    /// Everything that is under way arrives.
    func settle() throws {
        for _ in 0..<200 {
            for who in clients.keys.sorted() {
                if clients[who]?.channel.isWritable == false { try stall(who, false) }
                try flow(who, .max)
            }
            try work(Int.max)
            try pump()
            let isQuiet =
                clients.values.allSatisfy { $0.outgoing.isEmpty || $0.isClosed } && relay?.waiting.isEmpty ?? true
            let isIdle = clients.values.allSatisfy { $0.isClosed || $0.session.isIdle }
            if !isIdle { loop.advanceTime(by: .milliseconds(5)) }
            if isIdle, isQuiet, !(relay?.deadline.map { $0 <= chance.now } ?? false) { break }
        }
        try wire.settled(clients.sorted { $0.key < $1.key }.map(\.value))
        try wire.bounds(Array(clients.values), relay.unwrapped())
    }

    // MARK: The machine and the operator

    private func crash(_ moment: Action.Moment) throws {
        if moment != .idle {
            relay?.collect()
            try planted.crash(relay?.take(.max) ?? [], moment, in: self)
        }
        powerOff()
        try boot()
    }

    private func operate(_ verb: Action.Verb, _ key: PublicKey) {
        let command: OperatorCommand =
            switch verb {
            case .add: .membership(.add(key, .member))
            case .addAdmin: .membership(.add(key, .admin))
            case .remove: .membership(.remove(key))
            case .promote: .membership(.changeRole(key, .admin))
            case .demote: .membership(.changeRole(key, .member))
            case .ban: .ban(key, reason: "")
            case .unban: .unban(key)
            }
        relay?.submit(.operatorCommand(command)) { _ in }
    }

    private func changePolicy(_ setting: Action.Setting) {
        guard var policy = relay?.state.policy else { return }
        switch setting {
        case .open: policy.requireMembership = false
        case .closed: policy.requireMembership = true
        case .publicSignaling: policy.privateSignaling = false
        case .privateSignaling: policy.privateSignaling = true
        case .delegation: policy.allowDelegation = true
        case .noDelegation: policy.allowDelegation = false
        case .longFreshness: policy.requestFreshnessSeconds = 240
        case .shortFreshness: policy.requestFreshnessSeconds = 30
        case .slow: (policy.requestsPerSecond, policy.callsPerTargetPerSecond) = (3, 4)
        case .fast: (policy.requestsPerSecond, policy.callsPerTargetPerSecond) = (20, 100)
        case .buzz: policy.dialect = policy.dialect == .buzz ? .sprout : .buzz
        }
        relay?.submit(.policy(policy)) { _ in }
    }

    private func checkpoint() throws {
        guard let relay else { return }
        let signer = CheckpointSigner(log: relay.log, key: relay.logKey, origin: relay.state.origin ?? "")
        let note: SignedNote
        do {
            note = try signer.sign()
        } catch {
            throw Violation(.signing, "an honest log was not signed: \(error)")
        }
        let checkpoint = try note.verified(
            by: VerifierKey(origin: relay.state.origin ?? "", publicKey: relay.logKey.publicKey))
        guard checkpoint.size == book.size, checkpoint.root == book.roots.last else {
            throw Violation(.signing, "what was signed is not the log")
        }
        self.note(Array(note.text.utf8))
        relay.submit(.checkpoint(Text(note.text))) { _ in }
    }

    private func erase(_ back: Int) {
        guard let relay, book.size > 40 else { return }
        let horizon = chance.now - relay.state.memoryMicroseconds - 1_000_000
        let positions = book.facts.dropLast(back).filter {
            $0.isErasable && $0.time < horizon && !book.erased.contains($0.seq)
        }.map(\.seq)
        guard !positions.isEmpty else { return }
        relay.submit(.erasure(Array(positions.suffix(12)), reason: "asked to")) { _ in }
    }

    private func query(_ who: Int, _ number: Int) throws {
        try settle()
        guard let client = clients[who], !client.isClosed, !client.isLenient, !client.keys.isEmpty,
            client.subscriptions.count < Simulation.limits.maximumSubscriptions
        else { return }
        let expected = try QueryOracle.scan(
            book, Array("[\(filter(number))]".utf8).withUnsafeBytes { try Filter.parseList($0)[0] }, now: chance.seconds
        )
        let name = try subscribe(client, filter(number))
        try flow(who, .max)
        // The REQ may have to wait until the log knows who listens.
        for _ in 0..<4 where client.subscriptions[name]?.isLive == false { try work(.max) }
        guard let subscription = client.subscriptions[name], subscription.isLive else { return }
        guard subscription.stored == expected else {
            throw Violation(
                .index,
                "\(filter(number)) gave \(subscription.stored.count) events, a scan of the log \(expected.count)")
        }
        client.subscriptions[name]?.isEnding = true
        client.send(#"["CLOSE","\#(name)"]"#)
    }
}

extension Optional where Wrapped == SteppedRelay {
    func unwrapped() throws -> SteppedRelay {
        guard let self else { throw Violation(.working, "the relay is off") }
        return self
    }
}
