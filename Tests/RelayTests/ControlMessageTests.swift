import Nostr
import Reducers
import Testing

@testable import Relay

@Suite struct ControlMessageTests {
    private let key = SecretKey.generate().publicKey

    @Test func requestsComeBackAsTheyWent() throws {
        let commands: [OperatorCommand] = [
            .membership(.add(key, .admin)), .membership(.remove(key)), .membership(.changeRole(key, .member)),
            .addMembers([NewMember(key: key, role: .member)]), .setOwner(key), .ban(key, reason: "a \"reason\""),
            .unban(key),
            .invite(hash: key, role: .member, uses: 3, lifetimeSeconds: 60, label: "x"), .revokeInvite(hash: key),
            .banEvent(key, reason: ""), .allowKind(Kind(1)), .disallowKind(Kind(65_535)),
            .blockAddress("192.0.2.0/24", reason: ""), .unblockAddress("192.0.2.0/24"), .describe(.icon, "x"),
        ]
        let event = UnsignedEvent(pubkey: key, createdAt: 1, kind: .textNote, tags: [], content: "x")
        let requests: [ControlRequest] =
            commands.map { .command($0) } + [
                .policy(["requests_per_second": "7", "open": "true"]), .erase([1, 2, 9], reason: "asked"), .status,
                .event(event.serialized(signature: SecretKey.generate().sign(event.id))),
            ]
        for request in requests { #expect(ControlRequest(line: request.line) == request) }
    }

    @Test(
        arguments: [
            "", "{}", #"{"command":"add"}"#, #"{"command":"sudo","key":"KEY"}"#,
            #"{"command":"add","key":"KEY","role":"owner"}"#, #"{"command":"role","key":"KEY","role":"owner"}"#,
            #"{"command":"add","key":"KEY"}"#, #"{"command":"remove","key":"abc"}"#, #"{"command":"policy"}"#,
            #"{"command":"add_members","members":[["KEY","owner"]]}"#, #"{"command":"import"}"#,
            #"{"command":"erase","positions":1}"#, #"{"command":"allow_kind","kind":65536}"#,
        ])
    func anythingElseIsNoRequest(line: String) {
        #expect(ControlRequest(line: Array(line.replacing("KEY", with: key.hex).utf8)) == nil)
    }

    @Test func answersComeBackAsTheyWent() throws {
        for answer in [
            ControlAnswer(accepted: false, message: "restricted: \"no\""),
            ControlAnswer(accepted: true, message: "", result: Array(#"{"a":[1,"b"]}"#.utf8)),
        ] { #expect(ControlAnswer(line: answer.line) == answer) }
        #expect(ControlAnswer(line: Array("{}".utf8)) == nil)
    }
}
