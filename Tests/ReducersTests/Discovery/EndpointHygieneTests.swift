import Log
import Nostr
import Testing

@testable import Reducers

@Suite struct EndpointHygieneTests {
    private func token(_ json: String) -> Text { Text(validUTF8: Base64URL.encode(Array(json.utf8))) }

    private func cleaned(_ json: String, relays: [String] = []) throws -> String {
        var policy = Policy()
        policy.endpointRelays = relays
        var hygiene = EndpointHygiene(policy: policy)
        let bytes = try #require(Base64URL.decode(hygiene.clean(token: token(json)).utf8))
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func onlyWhatIsBadGoes() throws {
        let kept = try cleaned(#"{"id":"n","addrs":[{"Ip":"127.0.0.1:1"},{"Ip":"10.0.0.5:2"}],"more":[1,null]}"#)
        #expect(kept == #"{"id":"n","addrs":[{"Ip":"10.0.0.5:2"}],"more":[1,null]}"#)
    }

    @Test func aTokenOfWhichNothingIsLeftKeepsItsID() throws {
        #expect(try cleaned(#"{"id":"n","addrs":[{"Ip":"[::1]:1"}]}"#) == #"{"id":"n","addrs":[]}"#)
    }

    @Test(arguments: [
        ("https://relay.example.org/", true), ("https://relay.example.org./", true),
        ("https://RELAY.example.org:443/x?y", true), ("https://user@relay.example.org", true),
        ("https://evil.example/relay.example.org", false), ("https://relay.example.org.evil.example/", false),
        ("https://relay.example.org@evil.example/", false), ("relay.example.org", false), ("", false),
    ])
    func aRelayIsItsHost(url: String, isKept: Bool) throws {
        let json = #"{"id":"n","addrs":[{"Relay":"\#(url)"}]}"#
        #expect(try cleaned(json, relays: ["relay.example.org"]).contains("Relay") == isKept)
        #expect(try cleaned(json).contains("Relay") == false, "without a list every relay is a third party's")
    }

    @Test func aListedRelayOnThisMachineGoesAllTheSame() throws {
        let json = #"{"id":"n","addrs":[{"Relay":"http://127.0.0.1:3340"}]}"#
        #expect(try cleaned(json, relays: ["127.0.0.1"]) == #"{"id":"n","addrs":[]}"#)
    }

    @Test(arguments: ["", "plain", "e30", "W10", "eyJhZGRycyI6MX0", "not base64!", "eyJ", "bm90IGpzb24", "é"])
    func otherTokensAreOpaque(token: String) {
        var hygiene = EndpointHygiene(policy: Policy())
        #expect(hygiene.clean(token: Text(token)) == Text(token))
        #expect(hygiene.removals.isEmpty)
    }

    @Test func noSpellingOfBase64GetsPast() throws {
        // Bytes that need both letters in which the alphabets differ, and padding.
        let json = Array(#"{"id":"ûÿ>?~","addrs":[{"Ip":"127.0.0.1:1"}]}"#.utf8)
        for text in [Base64.encode(json), String(decoding: Base64URL.encode(json), as: UTF8.self)] {
            var hygiene = EndpointHygiene(policy: Policy())
            let kept = try #require(Base64URL.decode(hygiene.clean(token: Text(text)).utf8))
            #expect(!String(decoding: kept, as: UTF8.self).contains("127.0.0.1"), "\(text)")
        }
    }

    @Test func base64URLComesBack() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            let text = Base64URL.encode(bytes)
            #expect(Base64URL.decode(text) == bytes)
            #expect(!text.contains { [UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "/")].contains($0) })
        }
        #expect(Base64URL.decode(Array("A".utf8)) == nil)
    }

    @Test(arguments: [
        "/", "/m", "~", "~/m", "./m", "../m", "a/../b", "\\\\host\\share", "C:\\m", "c:/m", "file:///m", "FILE:m",
    ])
    func whatIsAPath(name: String) {
        var hygiene = EndpointHygiene(policy: Policy())
        #expect(hygiene.clean(name: Text(name)) == nil)
        #expect(hygiene.removals.counts.map(\.removal) == [.filePath])
    }

    @Test(arguments: ["org/model", "org/model:Q4_K_M", "a:b", "C:", "model.gguf", "名前", "a..b", "~model", ".hidden"])
    func whatIsAName(name: String) {
        var hygiene = EndpointHygiene(policy: Policy())
        #expect(hygiene.clean(name: Text(name)) == Text(name))
    }

    @Test(arguments: ["a\u{0}", "a\nb", "\u{7f}", "\u{9b}31m", "\u{202e}abc", "\u{2066}x", "a\u{2028}b"])
    func whatHasControlCharacters(name: String) {
        var hygiene = EndpointHygiene(policy: Policy())
        #expect(hygiene.clean(name: Text(name)) == nil)
        #expect(hygiene.removals.counts.map(\.removal) == [.controlCharacters])
    }
}
