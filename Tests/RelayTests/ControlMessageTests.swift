import Nostr
import Reducers
import Testing

@testable import Relay

@Suite struct ControlMessageTests {
    private let key = SecretKey.generate().publicKey

    @Test func commandsComeBackAsTheyWent() {
        for change in [MembershipChange.add(key, .admin), .remove(key), .changeRole(key, .member)] {
            #expect(ControlMessage.decodeCommand(ControlMessage.encode(change)) == change)
        }
    }

    @Test(
        arguments: [
            "", "{}", #"{"command":"add"}"#, #"{"command":"sudo","key":"KEY"}"#,
            #"{"command":"add","key":"KEY","role":"owner"}"#, #"{"command":"add","key":"KEY"}"#,
            #"{"command":"remove","key":"abc"}"#,
        ])
    func anythingElseIsNoCommand(line: String) {
        #expect(ControlMessage.decodeCommand(Array(line.replacing("KEY", with: key.hex).utf8)) == nil)
    }

    @Test func answersComeBackAsTheyWent() throws {
        let bytes = ControlMessage.encode(Transition.Answer(accepted: false, message: "restricted: \"no\""))
        let answer = try #require(ControlMessage.decodeAnswer(bytes))
        #expect(!answer.accepted && answer.message == "restricted: \"no\"")
    }
}
