import Nostr

/// Reads single fields of a status report by the rules of WIRE.md, "30621 mesh status".
enum ReportReader {
    /// A string field counts only if it is a JSON string that is not empty after trimming white space; it is used
    /// trimmed.
    static func string(_ value: JSONValue?, limit: Int64) throws(Refusal) -> Text? {
        guard case .string(let text)? = value else { return nil }
        let trimmed = text.trimmingWhiteSpace()
        guard !trimmed.isEmpty else { return nil }
        guard trimmed.utf8.count <= limit else {
            throw .reportLimit("has a string of \(trimmed.utf8.count) bytes (at most \(limit))")
        }
        return trimmed
    }

    /// The first of the named fields that counts.
    static func firstString(_ object: JSONObject, _ names: [Text], limit: Int64) throws(Refusal) -> Text? {
        for name in names {
            if let text = try string(object[name], limit: limit) { return text }
        }
        return nil
    }

    /// The exact text of a JSON number, never a floating-point value; `nil` for anything else.
    static func number(_ value: JSONValue?) throws(Refusal) -> Text? {
        guard case .number(let text)? = value else { return nil }
        guard text.utf8.count <= maximumNumberBytes else {
            throw .reportLimit("has a number of \(text.utf8.count) digits (at most \(maximumNumberBytes))")
        }
        return text
    }

    /// How long the text of a number may be.
    static let maximumNumberBytes = 64
}

extension Text {
    /// The text without white space at its ends (Unicode's White_Space property).
    func trimmingWhiteSpace() -> Text {
        // Nearly every text begins and ends with a visible ASCII character.
        if let first = utf8.first, let last = utf8.last, Text.visible.contains(first), Text.visible.contains(last) {
            return self
        }
        let scalars = string.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        guard first != scalars.startIndex || scalars.index(after: last) != scalars.endIndex else { return self }
        return Text(String(scalars[first...last]))
    }

    private static let visible: ClosedRange<UInt8> = 0x21...0x7e
}
