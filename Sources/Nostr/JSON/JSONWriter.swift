/// Writes compact JSON into a byte array: no white space, commas by itself.
///
/// Strings are escaped as NIP-01 has it: the seven short escapes, other control characters as `\u00xx` with lower-case
/// digits, everything else as it is. The caller keeps begin and end, key and value in order; nothing checks that.
public struct JSONWriter {
    /// What has been written.
    public var bytes: [UInt8]
    /// Whether the next value or key needs a comma before it. One flag is enough for all levels: after `}` or `]` the
    /// outer level has a value.
    private var needsComma = false

    /// A writer that appends to `bytes`.
    public init(appendingTo bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    /// Writes `{`.
    public mutating func beginObject() { begin(0x7b) }
    /// Writes `}`.
    public mutating func endObject() { end(0x7d) }
    /// Writes `[`.
    public mutating func beginArray() { begin(0x5b) }
    /// Writes `]`.
    public mutating func endArray() { end(0x5d) }

    /// Writes a key and its colon.
    public mutating func key(_ name: StaticString) {
        string(name)
        endKey()
    }

    /// Writes a key and its colon.
    public mutating func key(_ name: String) {
        string(name)
        endKey()
    }

    /// Writes a key and its colon.
    public mutating func key(_ name: Text) {
        string(name)
        endKey()
    }

    /// Writes a string.
    public mutating func string(_ text: Text) {
        text.utf8.withUnsafeBytes { string(utf8: $0) }
    }

    /// Writes a string.
    public mutating func string(_ text: StaticString) {
        string(utf8: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes a string.
    public mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { string(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// Writes a string given as valid UTF-8.
    public mutating func string(utf8: UnsafeRawBufferPointer) {
        separate()
        bytes.append(JSONEscape.quote)
        JSONEscape.append(utf8, controlCharacters: .escaped, to: &bytes)
        bytes.append(JSONEscape.quote)
    }

    /// Writes 32 bytes as a string of 64 hex digits.
    public mutating func hex(_ value: Bytes32) {
        separate()
        bytes.append(JSONEscape.quote)
        value.appendHex(to: &bytes)
        bytes.append(JSONEscape.quote)
    }

    /// Writes 64 bytes as a string of 128 hex digits.
    public mutating func hex(_ value: Signature) {
        separate()
        bytes.append(JSONEscape.quote)
        value.appendHex(to: &bytes)
        bytes.append(JSONEscape.quote)
    }

    /// Writes a whole number.
    public mutating func number(_ value: some FixedWidthInteger) {
        separate()
        Decimal.append(value, to: &bytes)
    }

    /// Writes `true` or `false`.
    public mutating func bool(_ value: Bool) {
        raw(value ? "true" : "false")
    }

    /// Writes `null`.
    public mutating func null() {
        raw("null")
    }

    /// Writes a value that is JSON already.
    public mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// Writes a value that is JSON already.
    public mutating func raw(_ json: UnsafeRawBufferPointer) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// Writes a value that is JSON already.
    public mutating func raw(_ json: StaticString) {
        raw(UnsafeRawBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
    }

    /// Writes any value.
    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let flag): bool(flag)
        case .number(let text): raw(text.utf8)
        case .string(let text): string(text)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let object):
            beginObject()
            for member in object.members {
                key(member.key)
                self.value(member.value)
            }
            endObject()
        }
    }

    @inline(__always)
    private mutating func separate() {
        if needsComma { bytes.append(0x2c) }
        needsComma = true
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func endKey() {
        bytes.append(0x3a)
        needsComma = false
    }
}
