import Nostr
import Testing

@testable import Reducers

@Suite struct ConnectRequestTests {
    private let good = #"{"self_endpoint_addr":"s","peer_endpoint_addr":"p","attempt_id":"a"}"#

    private func parse(_ content: String) throws(Refusal) -> ConnectRequest {
        try ConnectRequest(content: Array(content.utf8), policy: Policy())
    }

    private func reason(_ content: String) -> String {
        do {
            _ = try parse(content)
            return "accepted"
        } catch .requestMalformed(let reason) {
            return reason
        } catch {
            return error.message
        }
    }

    @Test func idsMayBeAbsentOrNull() throws {
        #expect(try parse(good).selfEndpointID == nil)
        let nulls = good.dropLast() + #","self_endpoint_id":null,"peer_endpoint_id":null}"#
        #expect(try parse(String(nulls)) == parse(good))
    }

    @Test func fieldsThatNoRuleNamesAreIgnored() throws {
        let more = good.dropLast() + #","v":99,"expires_at":1,"peer_pubkey":"me","more":{"deep":[1,2]}}"#
        #expect(try parse(String(more)) == parse(good))
    }

    @Test(arguments: ["self_endpoint_addr", "peer_endpoint_addr", "attempt_id"])
    func aRequiredFieldIsNamedWhenItIsWrong(field: String) {
        let value = ["self_endpoint_addr": "s", "peer_endpoint_addr": "p", "attempt_id": "a"][field] ?? ""
        func with(_ json: String) -> String {
            good.replacing("\"\(field)\":\"\(value)\"", with: "\"\(field)\":\(json)")
        }
        #expect(reason(with("\"\"")) == "\(field) is empty")
        #expect(reason(with("null")) == "\(field) is not a string")
        #expect(reason(with("7")) == "\(field) is not a string")
        #expect(reason(with("[\"a\"]")) == "\(field) is not a string")
        #expect(reason(good.replacing("\"\(field)\"", with: "\"other\"")) == "missing \(field)")
        // Names are compared as bytes: no case folding.
        #expect(reason(good.replacing(field, with: field.uppercased())) == "missing \(field)")
    }

    @Test(arguments: ["self_endpoint_id", "peer_endpoint_id"])
    func anOptionalFieldIsAStringThatIsNotEmpty(field: String) {
        #expect(reason(good.dropLast() + ",\"\(field)\":\"\"}") == "\(field) is empty")
        #expect(reason(good.dropLast() + ",\"\(field)\":false}") == "\(field) is not a string")
        #expect(reason(good.dropLast() + ",\"\(field)\":\"x\"}") == "accepted")
    }

    @Test func lengthsAreCountedInBytesOfUTF8() throws {
        // Two bytes a letter.
        func attempt(_ count: Int) -> String {
            good.replacing(#""attempt_id":"a""#, with: "\"attempt_id\":\"\(String(repeating: "é", count: count))\"")
        }
        #expect(reason(attempt(128)) == "accepted")
        #expect(reason(attempt(129)) == "attempt_id has 258 bytes, at most 256")
    }

    @Test(arguments: ["", " ", "null", "7", "\"text\"", "[]", "{", "{}x", "{\"a\":1,\"a\":2}", "{\"a\":\"\\ud800\"}"])
    func whatIsNoObjectIsRefusedWithAReason(content: String) {
        #expect(reason(content).hasPrefix("content is not "))
    }

    @Test func nestingIsBounded() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(reason("{\"a\":\(deep)").hasPrefix("content is not JSON: "))
    }

    @Test func valuesAreTakenAsTheyAre() throws {
        // Addresses are opaque: white space in them is part of them, and escapes are what they stand for.
        let request = try parse(
            #"{"self_endpoint_addr":" \u00e9\n","peer_endpoint_addr":"\ud83d\ude00","attempt_id":"a"}"#)
        #expect(request.selfEndpointAddress == " é\n" && request.peerEndpointAddress == "😀")
    }
}
