import Nostr
import Testing

@Suite struct InternetAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "l"), ("127.255.0.9", "l"), ("::1", "l"), ("::ffff:127.0.0.1", "l"), ("169.254.9.9", "k"),
        ("fe80::1", "k"), ("fe80::1%eth0", "k"), ("febf::1", "k"), ("224.0.0.1", "m"), ("239.255.255.255", "m"),
        ("255.255.255.255", "m"), ("ff02::1", "m"), ("0.0.0.0", "u"), ("0.1.2.3", "u"), ("::", "u"),
        ("192.168.1.1", ""), ("10.0.0.1", ""), ("198.51.100.7", ""), ("2001:db8::1", ""), ("fc00::1", ""),
        ("fec0::1", ""), ("240.0.0.1", ""), ("126.255.255.255", ""), ("128.0.0.1", ""),
    ])
    func whatAnAddressIs(text: String, expected: String) throws {
        let address = try #require(InternetAddress(text))
        let found =
            (address.isLoopback ? "l" : "") + (address.isLinkLocal ? "k" : "") + (address.isMulticast ? "m" : "")
            + (address.isUnspecified ? "u" : "")
        #expect(found == expected)
    }

    @Test(arguments: [
        "", "localhost", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4 ", "[::1]", ":::", "1::2::3", "g::1",
        "1.2.3.4:80", String(repeating: "1", count: 100),
    ])
    func whatIsNoAddress(text: String) {
        #expect(InternetAddress(text) == nil)
    }

    @Test(arguments: [
        ("192.0.2.1:80", "192.0.2.1"), ("192.0.2.1", "192.0.2.1"), ("[2001:db8::1]:80", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"), ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
    ])
    func aPortMayFollow(text: String, expected: String) {
        #expect(InternetAddress(withPort: text) == InternetAddress(expected))
        #expect(InternetAddress(withPort: text) != nil)
    }

    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false), ("192.0.2.7", "192.0.2.7", true),
        ("192.0.2.7", "192.0.2.8", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false),
        ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
        ("10.0.0.0/9", "10.127.0.1", true), ("10.0.0.0/9", "10.128.0.1", false),
    ])
    func aNetworkContains(network: String, address: String, expected: Bool) throws {
        let address = try #require(InternetAddress(address))
        #expect(try #require(InternetNetwork(network)).contains(address) == expected)
    }

    @Test(arguments: [
        "", "/", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/2x", "::/129", "net/8", "::/1/2",
    ])
    func whatIsNoNetwork(text: String) {
        #expect(InternetNetwork(text) == nil)
    }
}
