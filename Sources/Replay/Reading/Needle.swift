/// Bytes that are looked for in many payloads (Boyer, Moore and Horspool's search): a look at most payloads is much cheaper
/// than understanding them.
struct Needle {
    private let bytes: [UInt8]
    /// How far the search may move on, by the byte under the needle's end.
    private let skips: [Int]

    /// Looks for these bytes.
    init(_ text: some Collection<UInt8>) {
        let bytes = Array(text)
        var skips = [Int](repeating: max(1, bytes.count), count: 256)
        for (index, byte) in bytes.dropLast().enumerated() { skips[Int(byte)] = bytes.count - 1 - index }
        self.bytes = bytes
        self.skips = skips
    }

    /// Looks for this text.
    init(_ text: String) { self.init(text.utf8) }

    /// Whether the bytes occur anywhere in a payload.
    func occurs(in payload: UnsafeRawBufferPointer) -> Bool {
        guard let last = bytes.last else { return true }
        var end = bytes.count - 1
        while end < payload.count {
            let byte = payload[end]
            if byte == last, payload[(end - bytes.count + 1)...end].elementsEqual(bytes) { return true }
            end += skips[Int(byte)]
        }
        return false
    }
}
