extension Event {
    /// When the event expires, in seconds since 1970 (NIP-40); `nil` without a well-formed `expiration` tag.
    public var expiration: Int64? {
        guard let text = tags.firstValue(of: "expiration"), !text.isEmpty,
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let value = Int64(text.string)
        else { return nil }
        return value
    }
}
