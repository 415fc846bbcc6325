extension Event {
    /// When the event expires, in seconds since 1970 (NIP-40); `nil` without a well-formed `expiration` tag.
    public var expiration: Int64? {
        guard let text = tags.firstValue(of: "expiration"), let value = Int64(text.string), value >= 0 else {
            return nil
        }
        return value
    }
}
