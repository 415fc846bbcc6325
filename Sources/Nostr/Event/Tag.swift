/// One tag of an event: a list of strings, usually a name, a value and more. May be empty.
public struct Tag: RandomAccessCollection, Sendable {
    let storage: EventStorage
    let elements: Range<Int>

    /// 0
    public var startIndex: Int { 0 }
    /// The number of strings.
    public var endIndex: Int { elements.count }

    /// The string at `index`, escapes resolved. Decodes each time it is asked.
    public subscript(index: Int) -> Text {
        Text(validUTF8: storage.raw.withUnsafeBytes { part(index).decoded(from: $0) })
    }

    /// The first string, or `nil` for an empty tag.
    public var name: Text? { first }

    /// The second string, or `nil` if there is none.
    public var value: Text? { count > 1 ? self[1] : nil }

    /// Whether the first string is `name`. Does not allocate, unless the name is written with escapes.
    public func isNamed(_ name: StaticString) -> Bool { !isEmpty && element(0, equals: name) }

    /// Whether the string at `index` is `literal`. Does not allocate, unless it is written with escapes.
    public func element(_ index: Int, equals literal: StaticString) -> Bool {
        storage.raw.withUnsafeBytes { part(index).equals(literal, in: $0) }
    }

    /// Calls `body` with the string at `index`, escapes resolved; copies only if there are any.
    public func withElement<R, E: Error>(
        _ index: Int, _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try storage.raw.withBytes { raw throws(E) in try part(index).withDecoded(from: raw, body) }
    }

    private func part(_ index: Int) -> EventPart {
        precondition(index >= 0 && index < elements.count, "tag has no element \(index)")
        return storage.tagElements[elements.lowerBound + index]
    }
}
