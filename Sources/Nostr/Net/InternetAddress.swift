#if canImport(Glibc)
    import Glibc
#else
    import Foundation
#endif

/// An IPv4 or IPv6 address.
public struct InternetAddress: Hashable, Sendable, CustomStringConvertible {
    /// Four bytes or sixteen, in network order. An IPv4 address that is mapped into IPv6 (RFC 4291, section 2.5.5.2) is
    /// kept as the four bytes that it means.
    public let bytes: [UInt8]

    /// Reads `192.0.2.1` or `2001:db8::1`, without brackets; a zone such as `%eth0` is left out. `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let text = String(text.prefix { $0 != "%" })
        guard text.utf8.count <= InternetAddress.maximumTextBytes else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let all = withUnsafeBytes(of: &six) { Array($0) }
        bytes = all.starts(with: InternetAddress.mappedPrefix) ? Array(all[12...]) : all
    }

    /// Reads an address with or without a port: `192.0.2.1:80`, `[2001:db8::1]:80`, or an address alone.
    public init?(withPort text: some StringProtocol) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            self.init(text[text.index(after: text.startIndex)..<end])
        } else if text.count(where: { $0 == ":" }) == 1 {
            self.init(text.prefix { $0 != ":" })
        } else {
            self.init(text)
        }
    }

    /// As it is usually written (RFC 5952 for IPv6).
    public var description: String {
        var text = [CChar](repeating: 0, count: InternetAddress.maximumTextBytes + 1)
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The longest text of an address (INET6_ADDRSTRLEN without its zero).
    private static let maximumTextBytes = 45
    /// `::ffff:0:0/96`
    private static let mappedPrefix: [UInt8] = Array(repeating: 0, count: 10) + [0xff, 0xff]

    /// This machine itself: `127.0.0.0/8`, `::1`.
    public var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == Array(repeating: 0, count: 15) + [1]
    }

    /// Good on one link only: `169.254.0.0/16`, `fe80::/10`.
    public var isLinkLocal: Bool {
        bytes.count == 4 ? bytes[0] == 169 && bytes[1] == 254 : bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80
    }

    /// A group: `224.0.0.0/4`, `ff00::/8`; or everybody on a link: `255.255.255.255`.
    public var isMulticast: Bool {
        bytes.count == 4 ? bytes[0] >= 224 && bytes[0] < 240 || bytes.allSatisfy { $0 == 255 } : bytes[0] == 0xff
    }

    /// No address: `0.0.0.0/8`, `::`.
    public var isUnspecified: Bool { bytes.count == 4 ? bytes[0] == 0 : bytes.allSatisfy { $0 == 0 } }
}

/// A range of addresses in CIDR notation (RFC 4632), or one address.
public struct InternetNetwork: Hashable, Sendable, CustomStringConvertible {
    /// The first address.
    public let address: InternetAddress
    /// How many leading bits count.
    public let prefixLength: Int

    /// Reads `192.0.2.0/24`, `2001:db8::/32` or an address alone; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = InternetAddress(first) else { return nil }
        self.address = address
        let bits = address.bytes.count * 8
        guard parts.count == 2 else {
            prefixLength = bits
            return
        }
        guard parts[1].allSatisfy({ $0.isASCII && $0.isNumber }), let length = Int(parts[1]), length <= bits else {
            return nil
        }
        prefixLength = length
    }

    /// As it is written: the address alone when all of its bits count.
    public var description: String {
        prefixLength == address.bytes.count * 8 ? address.description : "\(address.description)/\(prefixLength)"
    }

    /// Whether the address lies in the range.
    public func contains(_ other: InternetAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        let whole = prefixLength / 8
        guard address.bytes[..<whole] == other.bytes[..<whole] else { return false }
        let rest = prefixLength % 8
        return rest == 0 || (address.bytes[whole] ^ other.bytes[whole]) >> (8 - rest) == 0
    }
}
