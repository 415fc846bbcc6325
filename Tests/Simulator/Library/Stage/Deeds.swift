import Nostr
import Reducers
import Relay

/// What people send: signed events with one thing the matter with them, or nothing.
extension Simulation {
    func sign(_ person: Person, _ kind: Kind, _ tags: [[Text]], _ content: String, age: Int64 = 0) -> Event {
        UnsignedEvent(
            pubkey: person.publicKey, createdAt: max(0, chance.seconds - age), kind: kind, tags: tags,
            content: Text(content)
        ).signed(by: person.key)
    }

    func authenticate(_ client: Client, _ proof: Action.Proof) {
        let person = proof == .borrowed ? Cast.people[2 + client.person.name.utf8.count % 4] : client.person
        var tags: [[Text]] = [
            ["relay", proof == .wrongRelay ? "wss://elsewhere.example" : "ws://localhost/"],
            ["challenge", proof == .wrongChallenge ? "0000" : client.challenge ?? "none"],
        ]
        if proof == .delegated {
            let owner = Cast.people[Cast.voucher]
            let digest = SHA256.hash(Array("nostr:agent-auth:\(person.publicKey.hex):".utf8))
            tags.append(["auth", Text(owner.publicKey.hex), "", Text(owner.key.sign(digest).hex)])
        }
        let event = sign(person, .clientAuthentication, tags, "", age: proof == .stale ? 61 : 0)
        client.proofs[event.id] = person.publicKey
        client.send("AUTH", event)
    }

    func ask(_ client: Client, _ target: Person, _ request: Action.Request, age: Int64) {
        switch request {
        case .forged:
            let event = self.request(client.person, target, .proper, age, "forged")
            var raw = String(decoding: event.raw, as: UTF8.self)
            raw = raw.replacing("forged", with: "f0rged")
            client.awaited[event.id, default: 0] += 1
            client.send("[\"EVENT\",\(raw)]")
        case .burst:
            for number in 0..<24 {
                client.send("EVENT", self.request(client.person, target, .proper, age, "burst-\(number)"))
            }
        default:
            let author = request == .impostor ? Cast.people[(target.name.utf8.count + 3) % 6] : client.person
            let event = self.request(author, target, request, age, "a\(client.nextSubscription)-\(chance.now % 1000)")
            client.lastEvent = event
            client.send("EVENT", event)
        }
    }

    private func request(_ author: Person, _ target: Person, _ request: Action.Request, _ age: Int64, _ attempt: String)
        -> Event
    {
        let hex = (request == .toSelf ? author : target).publicKey.hex
        let tags: [[Text]] =
            switch request {
            case .noTarget: []
            case .badTarget: [["p", "nobody"]]
            case .upperCase: [["p", Text(hex.uppercased())]]
            default: [["p", Text(hex)]]
            }
        let address = request == .noAddress ? "" : "\(author.name):4001"
        let content =
            request == .notJSON
            ? "hello"
            : #"{"self_endpoint_addr":"\#(address)","peer_endpoint_addr":"\#(target.name):4001","#
                + #""self_endpoint_id":"\#(author.name)-node","attempt_id":"\#(attempt)"}"#
        return sign(author, .meshConnectRequest, tags, content, age: age)
    }

    func command(_ client: Client, _ verb: Action.Verb, _ subject: Person, age: Int64) {
        let hex = Text(subject.publicKey.hex)
        let (kind, tags): (Kind, [[Text]]) =
            switch verb {
            case .add, .unban: (.addMember, [["p", hex]])
            case .addAdmin: (.addMember, [["p", hex], ["role", "admin"]])
            case .remove, .ban: (.removeMember, [["p", hex]])
            case .promote: (.changeRole, [["p", hex], ["role", "admin"]])
            case .demote: (.changeRole, [["p", hex], ["role", "member"]])
            }
        let event = sign(client.person, kind, tags, "", age: age)
        client.lastEvent = event
        client.send("EVENT", event)
    }

    func report(_ client: Client, _ variant: Int) {
        let contents = [
            #"{"token":"addr-1","hosted_models":["m1"],"peers":[]}"#,
            #"{"token":"addr-2","hosted_models":["m1","m2"]}"#,
            #"{"token":"","hosted_models":[],"serving_models":[],"peers":[]}"#, "[]", "not JSON",
            #"{"token":"addr-3","serving_models":["m3"],"my_vram_gb":12.5,"peers":[{"id":"x"}]}"#,
        ]
        client.send("EVENT", sign(client.person, .meshStatusReport, [], contents[variant % contents.count]))
    }

    func publish(_ client: Client, _ variant: Int) {
        let person = client.person
        let event: Event
        switch variant {
        case 4: event = sign(person, Kind(10_002), [], "relays \(chance.now)")
        case 5: event = sign(person, Kind(10_002), [], "older", age: 50)
        case 6: event = sign(person, Kind(30_023), [["d", "x"]], "article \(chance.now)", age: Int64(chance.now % 3))
        case 7: event = sign(person, .deletion, client.lastEvent.map { [["e", Text($0.id.hex)]] } ?? [], "")
        case 8: event = sign(person, .deletion, [["a", Text("30023:\(person.publicKey.hex):x")]], "")
        case 9: event = sign(Cast.people[3], Kind(1), [["-"]], "protected, of somebody")
        case 10: event = sign(person, Kind(1), [["-"], ["t", "a"]], "protected \(chance.now)")
        case 11: event = sign(person, Kind(20_001), [["t", "a"]], "gone \(chance.now)")
        case 12: event = sign(person, Kind(1), [["expiration", Text("\(chance.seconds + 30)")]], "short \(chance.now)")
        case 13: event = sign(person, .callMeNow, [["p", Text(person.publicKey.hex)]], "{}")
        default: event = sign(person, Kind(1), [["t", variant == 0 ? "a" : "b"]], "note \(chance.now) \(variant)")
        }
        if variant < 7 { client.lastEvent = event }
        client.send("EVENT", event)
    }

    func babble(_ client: Client, _ variant: Int) {
        switch variant {
        case 0: client.send("hello")
        case 1: client.send(#"["REQ"]"#)
        case 2: client.send(#"["EVENT",{"id":"x"}]"#)
        case 3: client.send(#"["CLOSE","nothing"]"#)
        case 4: client.outgoing += [0x81, 0x02, 0x41, 0x42]
        case 5: client.outgoing += Frames.masked([], opcode: 9)
        case 6: client.outgoing += Frames.masked([0xff, 0xfe], opcode: 1)
        default: client.send(#"["NEG-OPEN","n",{"kinds":[1]},"61"]"#)
        }
    }

    func filter(_ number: Int) -> String {
        let people = Cast.people.map(\.publicKey.hex)
        return switch number {
        case 0: #"{"kinds":[1]}"#
        case 1: #"{"kinds":[30621]}"#
        case 2: #"{"kinds":[13534]}"#
        case 3: #"{"kinds":[8000,8001]}"#
        case 4: #"{"authors":["\#(people[2])"]}"#
        case 5: ##"{"#p":["\##(people[3])"]}"##
        case 6: "{}"
        case 7: #"{"kinds":[1],"limit":3}"#
        case 8: #"{"kinds":[10002]}"#
        case 9: #"{"kinds":[30023],"authors":["\#(people[2])","\#(people[3])","\#(people[4])"]}"#
        case 10: #"{"kinds":[5]}"#
        case 11: ##"{"#t":["a","b"]}"##
        case 12: #"{"authors":["\#(people[1])","\#(people[0])"],"kinds":[1,10002,30023]}"#
        case 13: #"{"kinds":[20001]}"#
        case 14: #"{"since":\#(chance.seconds - 100)}"#
        default: #"{"kinds":[24622]}"#
        }
    }

    func subscribe(_ client: Client, _ filter: String) throws -> String {
        let name = "s\(client.nextSubscription)"
        client.nextSubscription += 1
        let filters = try Array("[\(filter)]".utf8).withUnsafeBytes { try Filter.parseList($0) }
        client.subscriptions[name] = Client.Subscription(filters: filters)
        client.send(#"["REQ","\#(name)",\#(filter)]"#)
        return name
    }
}
