/// What kind of value comes next.
public enum JSONKind: Sendable {
    /// `{`
    case object
    /// `[`
    case array
    /// `"`
    case string
    /// A digit or `-`.
    case number
    /// `t`
    case `true`
    /// `f`
    case `false`
    /// `n`
    case null
}

/// A strict reader of JSON (RFC 8259) that hands out one value after the other and allocates nothing.
///
/// It borrows the bytes: whoever makes it keeps them alive and unchanged while it is in use. After an error the reader
/// must not be used any further.
///
///     var reader = JSONReader(bytes)
///     try reader.beginObject()
///     while let key = try reader.nextKey() {
///         if key.equals("kind", in: reader.bytes) { kind = try reader.unsignedInteger(max: 65_535) }
///         else { _ = try reader.skipValue() }
///     }
///     try reader.finish()
public struct JSONReader {
    /// How deep arrays and objects may be nested unless the caller says otherwise.
    public static let defaultMaximumDepth = 64

    /// The text that is being read.
    public let bytes: UnsafeRawBufferPointer
    /// The offset of the next byte to be read.
    public internal(set) var position = 0

    private var depth = 0
    private let maximumDepth: Int
    /// Whether nothing has been read yet of the innermost array or object. One flag is enough for all levels: when an
    /// inner one ends, the outer one has had at least that value.
    private var isAtStart = false

    /// A reader at the beginning of `bytes`.
    public init(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int = JSONReader.defaultMaximumDepth) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    // MARK: - Structure

    /// The kind of the value that comes next, after white space, without reading it.
    public mutating func peek() throws(JSONError) -> JSONKind {
        skipWhiteSpace()
        switch current {
        case 0x7b: return .object
        case 0x5b: return .array
        case JSONEscape.quote: return .string
        case 0x2d, 0x30...0x39: return .number
        case 0x74: return .true
        case 0x66: return .false
        case 0x6e: return .null
        default: throw expected("a value")
        }
    }

    /// Reads `{`; then call `nextKey` until it gives `nil`, and read one value after each key.
    public mutating func beginObject() throws(JSONError) {
        try begin(0x7b, "an object")
    }

    /// The next key with its `:`, or `nil` after reading `}`.
    @inline(__always)
    public mutating func nextKey() throws(JSONError) -> JSONString? {
        guard try next(closing: 0x7d, "',' or '}'", first: "a key or '}'") else { return nil }
        guard current == JSONEscape.quote else { throw expected("a key") }
        let key = try string()
        skipWhiteSpace()
        guard current == 0x3a else { throw expected("':'") }
        position &+= 1
        return key
    }

    /// Reads `[`; then call `nextElement` until it gives `false`, and read one value each time it gives `true`.
    public mutating func beginArray() throws(JSONError) {
        try begin(0x5b, "an array")
    }

    /// Whether another element follows; `false` after reading `]`.
    @inline(__always)
    public mutating func nextElement() throws(JSONError) -> Bool {
        try next(closing: 0x5d, "',' or ']'", first: "a value or ']'")
    }

    /// Checks that nothing but white space follows.
    public mutating func finish() throws(JSONError) {
        skipWhiteSpace()
        guard position == bytes.count else {
            throw JSONError(offset: position, reason: "unexpected text after the end")
        }
    }

    // MARK: - Literals and whole values

    /// Reads `true` or `false`.
    public mutating func boolean() throws(JSONError) -> Bool {
        skipWhiteSpace()
        if read("true") { return true }
        if read("false") { return false }
        throw expected("true or false")
    }

    /// Reads `null`.
    public mutating func null() throws(JSONError) {
        skipWhiteSpace()
        guard read("null") else { throw expected("null") }
    }

    /// Reads any value, checking all of it except for repeated keys, and gives the range of its text.
    @discardableResult
    public mutating func skipValue() throws(JSONError) -> Range<Int> {
        let kind = try peek()
        let start = position
        switch kind {
        case .object:
            try beginObject()
            while try nextKey() != nil { try skipValue() }
        case .array:
            try beginArray()
            while try nextElement() { try skipValue() }
        case .string: _ = try string()
        case .number: _ = try number()
        case .true, .false: _ = try boolean()
        case .null: try null()
        }
        return start..<position
    }

    // MARK: - Parts

    /// The byte at `position`, or 0 at the end: no token begins with 0.
    @inline(__always)
    var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

    @inline(__always)
    mutating func skipWhiteSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0a, 0x0d, 0x09: position &+= 1
            default: return
            }
        }
    }

    /// An error at the present position, which says so when the text has ended.
    @inline(never)
    func expected(_ what: StaticString) -> JSONError {
        let end = position < bytes.count ? "" : ", found the end"
        return JSONError(offset: position, reason: "expected \(what)\(end)")
    }

    @inline(__always)
    private mutating func begin(_ bracket: UInt8, _ name: StaticString) throws(JSONError) {
        skipWhiteSpace()
        guard current == bracket else { throw expected(name) }
        guard depth < maximumDepth else {
            throw JSONError(offset: position, reason: "nested deeper than \(maximumDepth) levels")
        }
        position &+= 1
        depth &+= 1
        isAtStart = true
    }

    @inline(__always)
    private mutating func next(
        closing bracket: UInt8, _ between: StaticString, first: StaticString
    ) throws(JSONError) -> Bool {
        skipWhiteSpace()
        let byte = current
        if byte == bracket {
            position &+= 1
            depth &-= 1
            isAtStart = false
            return false
        }
        if isAtStart {
            guard position < bytes.count else { throw expected(first) }
            isAtStart = false
            return true
        }
        guard byte == 0x2c else { throw expected(between) }
        position &+= 1
        skipWhiteSpace()
        return true
    }

    private mutating func read(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard bytes.count &- position >= count, literal.equals(bytes, position..<(position &+ count)) else {
            return false
        }
        position &+= count
        return true
    }
}
