import Testing

@testable import Nostr

@Suite("Authorization of HTTP requests (NIP-98)")
struct HTTPAuthorizationTests {
    static let now: Int64 = 1_700_000_000
    static let body = Array(#"{"id":1}"#.utf8)

    /// A request to a relay that is known by two names.
    func request(
        _ target: String = "/events", method: String = "POST", body: [UInt8] = body, requiresPayload: Bool = false
    ) -> HTTPAuthorization.Request {
        let addresses = ["wss://relay.example", "ws://localhost:7447"].compactMap { HTTPAddress($0) }
        return HTTPAuthorization.Request(
            method: method, target: target, addresses: addresses, body: body, requiresPayload: requiresPayload)
    }

    func tags(
        _ url: Text = "https://relay.example/events", method: Text = "POST", payload: Text? = nil
    ) -> [[Text]] {
        [["u", url], ["method", method]] + (payload.map { [["payload", $0]] } ?? [])
    }

    func header(_ tags: [[Text]], age: Int64 = 0, kind: UInt16 = 27_235) -> String {
        header(Samples.event(at: Self.now - age, kind: kind, tags: tags, content: ""))
    }

    func header(_ event: Event) -> String { "Nostr " + Base64.encode(event.raw) }

    func fault(_ header: String?, _ request: HTTPAuthorization.Request? = nil) -> String? {
        do throws(HTTPAuthorizationError) {
            let authorization = try HTTPAuthorization(header: header, for: request ?? self.request(), now: Self.now)
            return authorization.event.pubkey == Samples.alice.publicKey ? nil : "somebody else"
        } catch {
            return error.message
        }
    }

    @Test("A good authorization, with and without the body's hash, however its base64 is written")
    func good() {
        #expect(fault(header(tags())) == nil)
        #expect(fault(header(tags(payload: Text(SHA256.hash(Self.body).hex)))) == nil)
        #expect(fault(header(tags(method: "post"))) == nil)
        let event = Samples.event(at: Self.now, kind: 27_235, tags: tags(), content: "")
        #expect(fault("nostr " + String(decoding: Base64URL.encode(event.raw), as: UTF8.self)) == nil)
    }

    @Test(
        "The scheme, the name of this machine and a slash at the end do not matter",
        arguments: [
            "http://localhost:7447/events", "ws://127.0.0.1:7447/events", "http://[::1]:7447/events/",
            "https://relay.example:443/events", "wss://RELAY.example/events", "HTTPS://relay.example/events#part",
        ])
    func sameAddresses(url: String) {
        #expect(fault(header(tags(Text(url)))) == nil)
    }

    @Test(
        "Anything else of an address does",
        arguments: [
            "https://other.example/events", "https://relay.example:8443/events", "http://localhost/events",
            "https://relay.example/query", "https://relay.example/", "https://relay.example/events?x=1",
            "https://relay.example/Events", "https://relay.example.evil.example/events",
            "https://relay.example@evil.example/events", "https://user@relay.example/events",
            "https://relay.example/events/../query", "/events", "relay.example/events", "ftp://relay.example/events",
            "https:///events", "",
        ])
    func otherAddresses(url: String) {
        #expect(fault(header(tags(Text(url)))) != nil)
    }

    @Test("A query is part of the address")
    func query() {
        let asked = request("/events?a=1&b=2")
        #expect(fault(header(tags("https://relay.example/events?a=1&b=2")), asked) == nil)
        #expect(fault(header(tags("https://relay.example/events?b=2&a=1")), asked) != nil)
        #expect(fault(header(tags()), asked) != nil)
    }

    @Test("The body is the one that was signed, where one was, and where one has to be")
    func payload() {
        let wrong = Text(SHA256.hash(Array("another".utf8)).hex)
        #expect(fault(header(tags(payload: wrong))) == "the authorization is for another body")
        #expect(fault(header(tags(payload: ""))) == "the authorization is for another body")
        let strict = request(requiresPayload: true)
        #expect(fault(header(tags()), strict) == "the authorization lacks the body's hash (payload tag)")
        #expect(fault(header(tags(payload: Text(SHA256.hash(Self.body).hex))), strict) == nil)
        let twice = tags(payload: wrong) + [["payload", Text(SHA256.hash(Self.body).hex)]]
        #expect(fault(header(twice)) != nil, "the first tag counts")
    }

    @Test("Kind, method and time")
    func fields() {
        #expect(fault(header(tags(), kind: 22_242))?.contains("27235") == true)
        #expect(fault(header(tags(method: "GET")))?.contains("another method") == true)
        #expect(fault(header([["u", "https://relay.example/events"]]))?.contains("another method") == true)
        #expect(fault(header([["method", "POST"]]))?.contains("no u tag") == true)
        for age: Int64 in [60, -60] { #expect(fault(header(tags(), age: age)) == nil) }
        for age: Int64 in [61, -61] { #expect(fault(header(tags(), age: age))?.contains("60 s") == true) }
        let late = Samples.event(at: EventLimits.latestCreatedAt, kind: 27_235, tags: tags(), content: "")
        #expect(fault(header(late)) != nil)
    }

    @Test("Headers that are something else, or too long")
    func headers() {
        let good = header(tags())
        #expect(fault(nil)?.contains("needs an Authorization") == true)
        for text in ["", "Nostr", "Nostr ", "Basic dXNlcjpwYXNz", "Bearer x", "Nostr ###", "Nostr e30=", "Nostr  x"] {
            #expect(fault(text) != nil, "\(text)")
        }
        #expect(fault(String(good.dropLast(8))) != nil)
        let long = "Nostr " + String(repeating: "A", count: HTTPAuthorization.maximumHeaderBytes)
        #expect(fault(long)?.contains("more than") == true)
    }

    @Test("An authorization that nobody signed")
    func signature() throws {
        let text = EventText(Samples.event(at: Self.now, kind: 27_235, tags: tags(), content: ""))
        let forged = text.replacing("sig", "\"\(String(repeating: "0", count: 128))\"")
        #expect(fault(header(try Event.parse(Array(forged.text.utf8))))?.contains("not signed") == true)
        let other = text.replacing("pubkey", "\"\(Samples.bob.publicKey.hex)\"")
        #expect(fault(header(try Event.parse(Array(other.text.utf8))))?.contains("not signed") == true)
    }
}
