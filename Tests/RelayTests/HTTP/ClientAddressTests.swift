import NIOCore
import NIOHTTP1
import Nostr
import Testing

@testable import Relay

@Suite struct ClientAddressTests {
    private func client(
        _ peer: String, _ headers: [(String, String)], trusted: [String] = ["127.0.0.1"],
        _ form: ForwardedHeaders.Form = .xForwardedFor
    ) throws -> ClientAddress {
        let proxies = TrustedProxies(networks: trusted.compactMap { InternetNetwork($0) }, header: form)
        return ClientAddress(
            peer: try SocketAddress(ipAddress: peer, port: 1), headers: HTTPHeaders(headers), proxies: proxies)
    }

    @Test func theNearestProxysWordCounts() throws {
        let headers = [
            ("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-Host", "evil.example, relay.example"),
            ("X-Forwarded-Proto", "http, HTTPS"),
        ]
        let client = try client("127.0.0.1", headers)
        #expect(client.address == InternetAddress("198.51.100.1"))
        #expect(client.host == "relay.example" && client.isSecure && client.isForwarded && !client.isLocal)
    }

    @Test func theElementsOfForwarded() throws {
        let text =
            #"for=203.0.113.1;host=evil.example;proto=http, "#
            + #"For="[2001:db8::1]:8080";HOST="relay.example:8443";Proto=https"#
        let client = try client("127.0.0.1", [("Forwarded", text)], .forwarded)
        #expect(client.address == InternetAddress("2001:db8::1"))
        #expect(client.host == "relay.example:8443" && client.isSecure)
    }

    @Test func aPeerThatIsNotTrustedIsTheClient() throws {
        let headers = [("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Host", "a"), ("X-Forwarded-Proto", "https")]
        let client = try client("198.51.100.7", headers)
        #expect(client == ClientAddress(peer: try SocketAddress(ipAddress: "198.51.100.7", port: 2)))
    }

    @Test func onlySoManyHopsAreLookedAt() throws {
        let hops = ["203.0.113.1"] + Array(repeating: "127.0.0.1", count: ForwardedHeaders.maximumHops)
        let client = try client("127.0.0.1", [("X-Forwarded-For", hops.joined(separator: ","))])
        #expect(client.address == InternetAddress("127.0.0.1"))
    }

    @Test(arguments: [("::1", true), ("127.8.8.8", true), ("::ffff:127.0.0.1", true), ("198.51.100.7", false)])
    func thisMachine(peer: String, isLocal: Bool) throws {
        #expect(try client(peer, [("Host", "localhost:80")], trusted: []).isLocal == isLocal)
    }
}

@Suite struct AddressCountsTests {
    private func address(_ text: String) throws -> InternetAddress { try #require(InternetAddress(text)) }

    @Test func whatEndsMakesRoom() throws {
        let counts = AddressCounts(limit: 1)
        let one = try address("198.51.100.1")
        #expect(counts.begin(one))
        #expect(!counts.begin(one))
        #expect(counts.begin(try address("198.51.100.2")))
        counts.end(one)
        #expect(counts.begin(one))
    }

    @Test func aNetworkOfIPv6IsOneAddress() throws {
        let counts = AddressCounts(limit: 1)
        #expect(counts.begin(try address("2001:db8:1:2::1")))
        #expect(!counts.begin(try address("2001:db8:1:2:ffff::")))
        #expect(counts.begin(try address("2001:db8:1:3::1")))
    }
}
