import Nostr

/// What a deletion (NIP-09, kind 5) names in its tags.
enum DeletionTags {
    /// Calls `body` with the id in each `e` tag that has one.
    static func forEachID<E: Error>(of deletion: borrowing Event, _ body: (EventID) throws(E) -> Void) throws(E) {
        for tag in deletion.tags where tag.count > 1 && tag.isNamed("e") {
            guard let id = tag.withElement(1, { EventID(hex: $0) }) else { continue }
            try body(id)
        }
    }

    /// Calls `body` with the address, as `IndexKey.coordinate` has it, in each `a` tag that names one of the author's
    /// own.
    static func forEachAddress<E: Error>(of deletion: borrowing Event, _ body: (Key) throws(E) -> Void) throws(E) {
        let author = deletion.pubkey
        for tag in deletion.tags where tag.count > 1 && tag.isNamed("a") {
            guard let address = tag.withElement(1, { address($0, of: author) }) else { continue }
            try body(address)
        }
    }

    /// Reads `kind:pubkey:d`; `nil` unless the kind has addresses and the key is `author`. The colon behind the key may
    /// be missing for replaceable kinds, which have no `d`.
    static func address(_ text: UnsafeRawBufferPointer, of author: PublicKey) -> Key? {
        guard let first = text.firstIndex(of: colon), (1...5).contains(first) else { return nil }
        var number: UInt32 = 0
        for byte in text.slice(0..<first) {
            guard byte &- 0x30 < 10 else { return nil }
            number = number * 10 + UInt32(byte &- 0x30)
        }
        guard let rawKind = UInt16(exactly: number), text.count - first > hexDigits,
            PublicKey(hex: text.slice(first + 1..<first + 1 + hexDigits)) == author
        else { return nil }
        let rest = text.slice(first + 1 + hexDigits..<text.count)
        let kind = Kind(rawKind)
        guard rest.first == colon || rest.isEmpty && kind.isReplaceable else { return nil }
        let name = rest.slice(min(1, rest.count)..<rest.count)
        guard kind.isAddressable || kind.isReplaceable && name.isEmpty else { return nil }
        return IndexKey.coordinate(kind, author, name)
    }

    private static let colon: UInt8 = 0x3a
    private static let hexDigits = 2 * Bytes32.count
}
