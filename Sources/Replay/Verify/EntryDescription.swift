import Log
import Nostr
import Reducers

/// Puts an entry that is expected or found into words.
enum EntryDescription {
    static func text(_ chunk: Chunk, _ index: Int) -> String {
        let leaf = chunk.rows[index].leaf
        return chunk.withPayload(index) { text(leaf.type, $0, at: leaf.seq) }
    }

    static func text(_ draft: Draft, at seq: UInt64) -> String {
        draft.payload.withUnsafeBytes { text(draft.type, $0, at: seq) }
    }

    private static func text(_ type: EntryType, _ payload: UnsafeRawBufferPointer, at seq: UInt64) -> String {
        guard let content = try? RecordedEntry.Content(type: type, payload: payload) else {
            return "an unreadable entry of type \(type.rawValue)"
        }
        let words = EntryWords(names: KeyNames(full: false), sessions: SessionKeys())
        return "\(EntryWords.type(content)), \(words.text(content, at: seq))"
    }
}
