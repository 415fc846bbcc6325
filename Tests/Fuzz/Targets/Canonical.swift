import Nostr

/// NIP-01's serialisation written a second time, byte by byte, to hold the event reader's against it.
enum Canonical {
    static func hash(_ event: Event) -> EventID {
        var output = Array("[0,\"\(event.pubkey.hex)\",\(event.createdAt),\(event.kind.rawValue),[".utf8)
        for (index, tag) in event.tags.enumerated() {
            output += index == 0 ? "[".utf8 : ",[".utf8
            for (place, element) in tag.enumerated() {
                if place > 0 { output.append(UInt8(ascii: ",")) }
                append(element.utf8, to: &output)
            }
            output.append(UInt8(ascii: "]"))
        }
        output += "],".utf8
        append(event.content.utf8, to: &output)
        output.append(UInt8(ascii: "]"))
        return SHA256.hash(output)
    }

    private static func append(_ text: [UInt8], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case 0x08: output += "\\b".utf8
            case 0x09: output += "\\t".utf8
            case 0x0a: output += "\\n".utf8
            case 0x0c: output += "\\f".utf8
            case 0x0d: output += "\\r".utf8
            case 0x22: output += "\\\"".utf8
            case 0x5c: output += "\\\\".utf8
            case 0..<0x20: output += "\\u00\(byte < 16 ? "0" : "1")\(String(byte & 15, radix: 16))".utf8
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}
