/// What all copies of an event share: one reference instead of three hundred bytes to copy. Never changes.
final class EventStorage: Sendable {
    let raw: [UInt8]
    let id: EventID
    let pubkey: PublicKey
    let signature: Signature
    let createdAt: Int64
    let kind: Kind
    let layout: EventLayout
    /// The strings of all tags, one after the other.
    let tagElements: [EventPart]
    /// For each tag the position in `tagElements` behind its last string.
    let tagEnds: [UInt32]
    /// Whether the tags' raw bytes are their canonical form, white space and escapes considered.
    let tagsAreCanonical: Bool
    /// Whether some string holds a control character that two canonical forms write differently.
    let hasControlCharacters: Bool

    init(raw: [UInt8], _ reader: EventReader) {
        self.raw = raw
        id = reader.id
        pubkey = reader.pubkey
        signature = reader.signature
        createdAt = reader.createdAt
        kind = reader.kind
        layout = reader.layout
        tagElements = reader.tagElements
        tagEnds = reader.tagEnds
        tagsAreCanonical = reader.tagsAreCanonical
        hasControlCharacters = reader.hasControlCharacters
    }

    /// The positions in `tagElements` of the strings of tag `index`.
    @inline(__always)
    func elements(ofTag index: Int) -> Range<Int> {
        (index == 0 ? 0 : Int(tagEnds[index - 1]))..<Int(tagEnds[index])
    }
}
