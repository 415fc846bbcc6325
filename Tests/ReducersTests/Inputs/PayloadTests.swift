import Log
import Nostr
import Testing

@testable import Reducers

/// What is read back from the log is what was written, and nothing else is read at all.
@Suite struct PayloadTests {
    private static let key = SHA256.hash([1])
    private static let author: SecretKey = {
        guard let key = SecretKey(SHA256.hash([7]).bytes) else { fatalError("32 bytes make a key") }
        return key
    }()

    private static func event(_ content: Text) -> Event {
        UnsignedEvent(
            pubkey: author.publicKey, createdAt: 1_780_500_000, kind: .meshConnectRequest, tags: [["p", "x"]],
            content: content
        ).signed(by: author)
    }

    static let inputs: [(Input, String)] = [
        (
            .genesis(
                Genesis(
                    origin: "relay.example.com/\"mesh\"/1", relay: key, verifierKey: "v+1+é",
                    relaySignature: author.sign(key),
                    logSignature: [UInt8](repeating: 9, count: 64))), "genesis"
        ),
        (.policy(Policy(), .v1), "policy"),
        (.operatorCommand(.membership(.add(key, .admin))), "add"),
        (.operatorCommand(.membership(.remove(key))), "remove"),
        (.operatorCommand(.membership(.changeRole(key, .member))), "role"),
        (.operatorCommand(.setOwner(key)), "owner"),
        (.event(event("{\"a\":\"}\"}"), session: 0), "event"),
        (.event(event("\u{1}\u{2028}\n\"\\😀"), session: .max), "event with everything"),
        (.authenticated(event(""), session: nil), "authenticated"),
        (.authenticated(event(""), session: 12), "authenticated again"),
        (.listening(session: 3, keys: []), "listening to nobody"),
        (.listening(session: 3, keys: [key, SHA256.hash([2])]), "listening"),
        (.closed(session: 3, reason: "a \"reason\"\n"), "closed"),
        (.delivered(Delivery(output: 9, written: [1, 2], dropped: [3])), "delivered"),
        (.delivered(Delivery(output: 9, written: [], dropped: [])), "delivered to nobody"),
        (.dropped(Dropped(counts: ["b": 2, "a": .max], keys: [key])), "dropped"),
        (.tick, "tick"), (.snapshotPoint, "snapshot"), (.restart, "restart"),
        (.checkpoint(note: "a\nb\n"), "checkpoint"),
        (.disclosed(3...9, authorization: event("")), "disclosed"),
    ]

    private func read(_ type: EntryType, _ payload: [UInt8]) throws(PayloadError) -> Input? {
        try payload.withBytes { bytes throws(PayloadError) in try Input(type: type, payload: bytes) }
    }

    @Test(arguments: inputs)
    func anInputComesBackAsItWas(input: Input, name: String) throws {
        for answer in [nil, "invalid: \"quoted\""] {
            let payload = input.payload(answer: answer, removals: Removals())
            let again = try #require(try read(input.type, payload.bytes))
            #expect("\(again)" == "\(input)", "\(name)")
            #expect(again.payload(answer: answer, removals: Removals()) == payload)
            #expect(try JSONValue.parse(payload.bytes).objectValue != nil, "a payload is one JSON object")
            if let (event, offset) = payload.event {
                #expect(Array(payload.bytes[offset..<offset + event.raw.count]) == event.raw, "byte for byte")
                let head = try payload.bytes.withBytes { bytes throws(PayloadError) in try PayloadHead(bytes) }
                if case .event = input { #expect(head.answer == answer.map { Text($0) }) }
            }
        }
    }

    @Test(arguments: inputs)
    func aPayloadThatIsCutShortIsRefused(input: Input, name: String) throws {
        let bytes = input.payload(answer: nil, removals: Removals()).bytes
        for count in 0..<bytes.count {
            #expect(throws: PayloadError.self, "\(name) after \(count) bytes") {
                try read(input.type, Array(bytes[..<count]))
            }
        }
        #expect(throws: PayloadError.self) { try read(input.type, bytes + Array("}".utf8)) }
    }

    @Test(arguments: [
        (EntryType.configuration, "{}"), (.configuration, #"{"policy":{},"rules":2}"#),
        (.configuration, #"{"policy":{"unheard_of":1},"rules":1}"#),
        (.configuration, #"{"policy":{"dialect":"klingon"},"rules":1}"#),
        (.configuration, #"{"policy":{"staleness_seconds":0},"rules":1}"#),
        (.configuration, #"{"policy":{"staleness_seconds":"60"},"rules":1}"#),
        (.configuration, #"{"policy":{"require_membership":1},"rules":1}"#),
        (.configuration, #"{"genesis":{"origin":"o"},"relay_signature":"","log_signature":""}"#),
        (.operatorCommand, #"{"command":"promote","key":"00"}"#), (.operatorCommand, #"{"command":"add"}"#),
        (.clientEvent, #"{"door":"ws","event":{}}"#), (.clientEvent, #"{"door":"ws","session":-1}"#),
        (.clientEvent, #"{"door":"ws","session":1}"#),
        (.session, #"{"did":"slept","session":1}"#), (.session, #"{"did":"listening","session":1,"keys":["zz"]}"#),
        (.session, #"{"did":"closed","session":1}"#), (.session, #"{"did":"dropped","counts":{"a":-1}}"#),
        (.session, #"{"did":"delivered","output":1.5,"written":[]}"#),
        (.mark, #"{"mark":"never"}"#), (.mark, "[]"), (.erasure, "{}"),
    ])
    func whatNoVersionWroteIsRefused(type: EntryType, payload: String) {
        #expect(throws: PayloadError.self) { try read(type, Array(payload.utf8)) }
    }

    @Test(arguments: [EntryType.membershipEffect, .decision, .relayEvent])
    func anOutputIsNoInput(type: EntryType) throws {
        #expect(try read(type, Array("anything".utf8)) == nil)
    }

    @Test func aPolicyComesBackWithEverySettingAtItsBounds() throws {
        for bound in [\ClosedRange<Int64>.lowerBound, \ClosedRange<Int64>.upperBound] {
            var policy = Policy()
            policy.dialect = .buzz
            policy.requireMembership = false
            policy.privateSignaling = false
            for (name, _, range) in Policy.numericSettings { policy[setting: name] = range[keyPath: bound] }
            let (read, rules) = try Policy.read(policy.payload(rules: .v1))
            #expect(read == policy && rules == .v1)
        }
    }

    @Test func aSettingThatAnEntryDoesNotNameHasItsDefault() throws {
        let (policy, _) = try Policy.read(Array(#"{"policy":{"dialect":"buzz"},"rules":1}"#.utf8))
        var expected = Policy()
        expected.dialect = .buzz
        #expect(policy == expected)
    }
}
