import Log
import Nostr

/// Looks at an event's id without reading the rest of it: it nearly always comes first.
enum EventPeek {
    /// The 64 digits of the id; `nil` for bytes that are no event.
    static func idDigits(_ document: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var reader = JSONReader(document)
        do throws(JSONError) {
            try reader.beginObject()
            while let name = try reader.nextKey() {
                if name.equals("id", in: document) {
                    return UnsafeRawBufferPointer(rebasing: document[try reader.string().range])
                }
                try reader.skipValue()
            }
        } catch {}
        return nil
    }
}
