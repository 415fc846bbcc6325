import Nostr

/// Puts two payloads into words that show where they differ.
enum Difference {
    /// Bytes shown around the first difference.
    private static let excerptBytes = 48

    /// The two descriptions when they differ; else excerpts around the first byte that does.
    static func describe(
        _ expected: String, _ expectedBytes: [UInt8], _ found: String, _ foundBytes: [UInt8]
    ) -> (expected: String, found: String) {
        if expected != found { return (expected, found) }
        let at = zip(expectedBytes, foundBytes).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        let start = max(0, (at ?? min(expectedBytes.count, foundBytes.count)) - excerptBytes / 3)
        return ("\(expected) with \(excerpt(expectedBytes, start))", excerpt(foundBytes, start))
    }

    private static func excerpt(_ bytes: [UInt8], _ start: Int) -> String {
        let slice = bytes[min(start, bytes.count)..<min(start + excerptBytes, bytes.count)]
        let text = Printable.text(Text(String(decoding: slice, as: UTF8.self)))
        return "\(start > 0 ? "…" : "")\(text)\(start + excerptBytes < bytes.count ? "…" : "") at byte \(start)"
    }
}
