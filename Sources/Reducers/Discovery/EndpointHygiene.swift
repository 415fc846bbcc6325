import Nostr

/// What a note must not carry, and why it was taken out. The raw values are the words in the log.
public enum Removal: String, Sendable, CaseIterable {
    case loopbackAddress = "loopback_address"
    case linkLocalAddress = "link_local_address"
    case multicastAddress = "multicast_address"
    case unspecifiedAddress = "unspecified_address"
    case foreignRelay = "foreign_relay"
    case controlCharacters = "control_characters"
    case filePath = "file_path"
}

/// What was taken out of one report, by reason.
public struct Removals: Equatable, Sendable {
    /// How often each reason was given, in the order of `Removal`.
    public private(set) var counts: [(removal: Removal, count: Int)] = []

    var isEmpty: Bool { counts.isEmpty }

    mutating func add(_ removal: Removal) {
        guard let index = counts.firstIndex(where: { $0.removal == removal }) else {
            counts.append((removal, 1))
            return
        }
        counts[index].count += 1
    }

    /// For the explanation of a report; empty when nothing was taken out.
    var text: String {
        let reasons = counts.map { "\($0.count) \($0.removal.rawValue.replacing("_", with: " "))" }
        return reasons.isEmpty ? "" : "; taken out: \(reasons.joined(separator: ", "))"
    }

    /// Compares reasons and counts.
    public static func == (left: Removals, right: Removals) -> Bool {
        left.counts.elementsEqual(right.counts) { $0 == $1 }
    }
}

/// Looks into what a report says, for what nobody else can or should use (policy `endpoint_hygiene`).
struct EndpointHygiene {
    /// Hosts of relays that a token may name.
    let relays: [String]
    private(set) var removals = Removals()

    init(policy: Policy) { relays = policy.endpointRelays }

    /// A name or id as it may be shown; `nil` when it must not be.
    mutating func clean(name: Text) -> Text? {
        if name.hasControlCharacters {
            removals.add(.controlCharacters)
            return nil
        }
        if name.isFilePath {
            removals.add(.filePath)
            return nil
        }
        return name
    }

    /// An endpoint token without the addresses that are of no use or none of anybody's business.
    ///
    /// Only tokens of the known form are looked into: base64url of `{"id","addrs":[{"Ip"},{"Relay"}]}`. Any other is
    /// opaque, and one with nothing to take out stays as it is, byte for byte.
    mutating func clean(token: Text) -> Text {
        guard let bytes = Base64URL.decode(token.utf8), let object = (try? JSONValue.parse(bytes))?.objectValue,
            case .array(let addresses)? = object["addrs"]
        else { return token }
        var kept: [JSONValue] = []
        for address in addresses {
            if let removal = self.removal(of: address) { removals.add(removal) } else { kept.append(address) }
        }
        guard kept.count < addresses.count else { return token }
        var json = JSONWriter()
        json.beginObject()
        for member in object.members {
            json.key(member.key.string)
            json.value(member.key == "addrs" ? .array(kept) : member.value)
        }
        json.endObject()
        return Text(validUTF8: Base64URL.encode(json.bytes))
    }

    /// Why an element of `addrs` must not be shown; `nil` when it may be.
    private func removal(of address: JSONValue) -> Removal? {
        guard let object = address.objectValue else { return nil }
        for member in object.members {
            guard let text = member.value.stringValue?.string else { continue }
            switch member.key.string {
            case "Ip":
                if let removal = InternetAddress(withPort: text)?.removal { return removal }
            case "Relay":
                guard let host = EndpointHygiene.host(ofURL: text), relays.contains(host) else { return .foreignRelay }
                if let removal = InternetAddress(host)?.removal { return removal }
            default: continue
            }
        }
        return nil
    }

    /// The host of an address such as `https://relay.example.com./`, in lower case and without a final dot.
    static func host(ofURL text: String) -> String? {
        guard let scheme = text.firstRange(of: "://") else { return nil }
        var host = text[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = host.lastIndex(of: "@") { host = host[host.index(after: at)...] }
        if host.hasPrefix("[") {
            host = host.dropFirst().prefix { $0 != "]" }
        } else {
            host = host.prefix { $0 != ":" }
        }
        while host.hasSuffix(".") { host = host.dropLast() }
        return host.isEmpty ? nil : host.lowercased()
    }
}

extension InternetAddress {
    fileprivate var removal: Removal? {
        if isLoopback { return .loopbackAddress }
        if isLinkLocal { return .linkLocalAddress }
        if isMulticast { return .multicastAddress }
        if isUnspecified { return .unspecifiedAddress }
        return nil
    }
}

extension Text {
    /// Whether there is a control character (Unicode category Cc), or a mark that changes the direction of what follows.
    var hasControlCharacters: Bool {
        var isASCII = true
        for byte in utf8 {
            if byte < 0x20 || byte == 0x7f { return true }
            if byte >= 0x80 { isASCII = false }
        }
        // Nearly every name is ASCII, and scalars are slow.
        if isASCII { return false }
        return string.unicodeScalars.contains { scalar in
            switch scalar.value {
            case 0x80...0x9f, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
            default: false
            }
        }
    }

    /// Whether it reads as the path of a file rather than as a name: `org/model` is a name, `/home/me/model` is none.
    var isFilePath: Bool {
        let bytes = utf8
        guard let first = bytes.first else { return false }
        switch first {
        case UInt8(ascii: "/"), UInt8(ascii: "\\"): return true
        case UInt8(ascii: "~"): if bytes.count == 1 || bytes[1] == UInt8(ascii: "/") { return true }
        case UInt8(ascii: "."):
            let rest = bytes.dropFirst(bytes.count > 1 && bytes[1] == first ? 2 : 1)
            if rest.first == UInt8(ascii: "/") { return true }
        case UInt8(ascii: "f"), UInt8(ascii: "F"): if isFileURL { return true }
        default: break
        }
        if hasDotSegment { return true }
        // C:\models or C:/models
        guard bytes.count > 2, bytes[1] == UInt8(ascii: ":") else { return false }
        return (bytes[2] == UInt8(ascii: "\\") || bytes[2] == UInt8(ascii: "/"))
            && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first & 0xdf)
    }

    private var isFileURL: Bool {
        utf8.count >= 5 && utf8[4] == UInt8(ascii: ":")
            && zip(utf8, "file".utf8).allSatisfy { $0 | 0x20 == $1 }
    }

    /// Whether `/./` or `/../` is in it.
    private var hasDotSegment: Bool {
        let (slash, dot) = (UInt8(ascii: "/"), UInt8(ascii: "."))
        for start in utf8.indices.dropLast(2) where utf8[start] == slash && utf8[start + 1] == dot {
            if utf8[start + 2] == slash { return true }
            if start + 3 < utf8.count, utf8[start + 2] == dot, utf8[start + 3] == slash { return true }
        }
        return false
    }
}
