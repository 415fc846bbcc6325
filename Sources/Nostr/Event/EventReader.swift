/// Reads one event's JSON: exactly the seven fields of NIP-01, each once, in any order.
struct EventReader {
    private(set) var id = Bytes32.zero
    private(set) var pubkey = Bytes32.zero
    private(set) var signature = Signature(nonce: .zero, scalar: .zero)
    private(set) var createdAt: Int64 = 0
    private(set) var kind = Kind(0)
    private(set) var layout = EventLayout()
    private(set) var tagElements: [EventPart] = []
    private(set) var tagEnds: [UInt32] = []
    private(set) var tagsAreCanonical = true
    private(set) var hasControlCharacters = false

    private let limits: EventLimits
    /// Where the object begins: parts are counted from there.
    private let base: Int
    private var seen: Set = []

    private struct Set: OptionSet {
        let rawValue: UInt8
        static let id = Set(rawValue: 1)
        static let pubkey = Set(rawValue: 2)
        static let createdAt = Set(rawValue: 4)
        static let kind = Set(rawValue: 8)
        static let tags = Set(rawValue: 16)
        static let content = Set(rawValue: 32)
        static let signature = Set(rawValue: 64)
        static let all = Set(rawValue: 127)
    }

    /// Reads the value that `json` comes to next.
    init(_ json: inout JSONReader, limits: EventLimits) throws(JSONError) {
        json.skipWhiteSpace()
        base = json.position
        self.limits = limits
        try json.beginObject()
        while let key = try json.nextKey() { try readField(key, &json) }
        guard seen == .all else {
            throw JSONError(offset: json.position &- 1, reason: "the event has no \"\(firstMissing)\"")
        }
        guard json.position &- base <= EventLimits.maximumBytes else {
            throw JSONError(offset: base, reason: "the event is larger than \(EventLimits.maximumBytes) bytes")
        }
    }

    /// The range of the object's text, given the position behind it.
    func range(endingAt end: Int) -> Range<Int> { base..<end }

    @inline(__always)
    private mutating func readField(_ key: JSONString, _ json: inout JSONReader) throws(JSONError) {
        let bytes = json.bytes
        if key.equals("id", in: bytes) {
            try mark(.id, key, bytes)
            let text = try hexField("id", 64, &json)
            guard let value = Bytes32(hex: text.slice) else { throw notHex("id", 64, text.offset) }
            id = value
            layout.idStart = UInt32(truncatingIfNeeded: text.offset &- base)
        } else if key.equals("pubkey", in: bytes) {
            try mark(.pubkey, key, bytes)
            let text = try hexField("pubkey", 64, &json)
            guard let value = Bytes32(hex: text.slice) else { throw notHex("pubkey", 64, text.offset) }
            pubkey = value
            layout.pubkeyStart = UInt32(truncatingIfNeeded: text.offset &- base)
        } else if key.equals("created_at", in: bytes) {
            try mark(.createdAt, key, bytes)
            json.skipWhiteSpace()
            let start = json.position
            createdAt = Int64(try json.unsignedInteger(max: UInt64(EventLimits.latestCreatedAt)))
            layout.createdAtPart = EventPart(start &- base..<json.position &- base)
        } else if key.equals("kind", in: bytes) {
            try mark(.kind, key, bytes)
            json.skipWhiteSpace()
            let start = json.position
            kind = Kind(UInt16(try json.unsignedInteger(max: UInt64(UInt16.max))))
            layout.kindPart = EventPart(start &- base..<json.position &- base)
        } else if key.equals("tags", in: bytes) {
            try mark(.tags, key, bytes)
            try readTags(&json)
        } else if key.equals("content", in: bytes) {
            try mark(.content, key, bytes)
            let content = try json.string()
            layout.contentPart = EventPart(content, base: base)
            hasControlCharacters = hasControlCharacters || content.hasControlCharacters
        } else if key.equals("sig", in: bytes) {
            try mark(.signature, key, bytes)
            let text = try hexField("sig", 128, &json)
            guard let value = Signature(hex: text.slice) else { throw notHex("sig", 128, text.offset) }
            signature = value
            layout.signatureStart = UInt32(truncatingIfNeeded: text.offset &- base)
        } else {
            throw JSONError(
                offset: key.range.lowerBound, reason: "the event has an unknown field \"\(key.excerpt(from: bytes))\"")
        }
    }

    private mutating func readTags(_ json: inout JSONReader) throws(JSONError) {
        json.skipWhiteSpace()
        let start = json.position
        tagElements.reserveCapacity(8)
        tagEnds.reserveCapacity(4)
        // What the array measures without white space: brackets, quotes, strings and commas.
        var compact = 2
        try json.beginArray()
        while try json.nextElement() {
            guard tagEnds.count < limits.tags else {
                throw JSONError(offset: json.position, reason: "the event has more than \(limits.tags) tags")
            }
            compact &+= tagEnds.isEmpty ? 2 : 3
            let first = tagElements.count
            try json.beginArray()
            while try json.nextElement() {
                let string = try json.string()
                guard tagElements.count < limits.tagElements else {
                    throw JSONError(
                        offset: json.position, reason: "the event's tags have more than \(limits.tagElements) elements")
                }
                compact &+= string.range.count &+ (tagElements.count == first ? 2 : 3)
                tagsAreCanonical = tagsAreCanonical && string.isCanonical
                hasControlCharacters = hasControlCharacters || string.hasControlCharacters
                tagElements.append(EventPart(string, base: base))
            }
            tagEnds.append(UInt32(truncatingIfNeeded: tagElements.count))
        }
        tagsAreCanonical = tagsAreCanonical && compact == json.position &- start
        layout.tagsPart = EventPart(start &- base..<json.position &- base)
    }

    /// The bytes between the quotes of a string that has to be `digits` hex digits, and where they begin.
    @inline(__always)
    private func hexField(
        _ name: StaticString, _ digits: Int, _ json: inout JSONReader
    ) throws(JSONError) -> (slice: UnsafeRawBufferPointer, offset: Int) {
        // Nobody looks at the digits twice: whoever decodes them refuses everything else, quotes too.
        if let start = json.skipString(of: digits) {
            return (UnsafeRawBufferPointer(rebasing: json.bytes[start..<start &+ digits]), start)
        }
        let string = try json.string()
        guard !string.hasEscapes, string.range.count == digits else {
            throw notHex(name, digits, string.range.lowerBound)
        }
        return (UnsafeRawBufferPointer(rebasing: json.bytes[string.range]), string.range.lowerBound)
    }

    private func notHex(_ name: StaticString, _ digits: Int, _ offset: Int) -> JSONError {
        JSONError(offset: offset, reason: "\"\(name)\" must be \(digits) lower-case hex digits")
    }

    @inline(__always)
    private mutating func mark(_ field: Set, _ key: JSONString, _ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        guard !seen.contains(field) else {
            throw JSONError(
                offset: key.range.lowerBound, reason: "the event has \"\(key.excerpt(from: bytes))\" twice")
        }
        seen.insert(field)
    }

    private var firstMissing: StaticString {
        if !seen.contains(.id) { return "id" }
        if !seen.contains(.pubkey) { return "pubkey" }
        if !seen.contains(.createdAt) { return "created_at" }
        if !seen.contains(.kind) { return "kind" }
        if !seen.contains(.tags) { return "tags" }
        if !seen.contains(.content) { return "content" }
        return "sig"
    }
}
