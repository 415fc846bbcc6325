/// The tags of an event, looked at in its raw bytes. Nothing is decoded until an element is asked for.
public struct TagList: RandomAccessCollection, Sendable {
    let storage: EventStorage

    /// 0
    public var startIndex: Int { 0 }
    /// The number of tags.
    public var endIndex: Int { storage.tagEnds.count }

    /// The tag at `index`.
    public subscript(index: Int) -> Tag {
        Tag(storage: storage, elements: storage.elements(ofTag: index))
    }

    /// The first tag with this name, or `nil`.
    public func first(named name: StaticString) -> Tag? {
        for index in indices {
            let elements = storage.elements(ofTag: index)
            // Most names differ in their length already: then no tag has to be made.
            let part = elements.isEmpty ? nil : storage.tagElements[elements.lowerBound]
            guard let part, part.count == name.utf8CodeUnitCount || part.hasEscapes else { continue }
            let tag = Tag(storage: storage, elements: elements)
            if tag.isNamed(name) { return tag }
        }
        return nil
    }

    /// The value (second element) of the first tag with this name, or `nil` when there is no such tag or it has none.
    public func firstValue(of name: StaticString) -> Text? {
        first(named: name)?.value
    }

    /// The values (second elements) of all tags with this name that have one, in their order.
    public func values(of name: StaticString) -> [Text] {
        filter { $0.count > 1 && $0.isNamed(name) }.map { $0[1] }
    }

    /// Calls `body` with name and value of each tag that filters can ask for: a name of one letter (a–z, A–Z) and a
    /// value, escapes resolved. Of each tag only the first value counts (NIP-01).
    public func forEachSingleLetter<E: Error>(
        _ body: (_ name: UInt8, _ value: UnsafeRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        try storage.raw.withBytes { raw throws(E) in
            for index in indices {
                let elements = storage.elements(ofTag: index)
                guard elements.count > 1 else { continue }
                guard let letter = storage.tagElements[elements.lowerBound].singleLetter(in: raw) else { continue }
                try storage.tagElements[elements.lowerBound &+ 1].withDecoded(from: raw) { value throws(E) in
                    try body(letter, value)
                }
            }
        }
    }
}

extension EventPart {
    /// The string's one letter (a–z, A–Z), or `nil` if it is anything else.
    @inline(__always)
    func singleLetter(in raw: UnsafeRawBufferPointer) -> UInt8? {
        guard count == 1 || hasEscapes else { return nil }
        return withDecoded(from: raw) { name in
            guard name.count == 1, TagCondition.isLetter(name[0]) else { return nil }
            return name[0]
        }
    }
}
