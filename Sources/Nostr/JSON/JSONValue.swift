/// Any JSON value, for contents whose shape is not known beforehand.
///
/// Numbers keep their exact text and are never made floating point: what is read is what is written again.
public enum JSONValue: Equatable, Sendable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// The number's text as it stood.
    case number(Text)
    /// The string with its escapes resolved.
    case string(Text)
    /// The elements in their order.
    case array([JSONValue])
    /// The members in their order, no key twice.
    case object(JSONObject)

    /// Reads the one value that `bytes` hold. Repeated keys, deep nesting and text after the end are errors.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, maximumDepth: Int = JSONReader.defaultMaximumDepth
    ) throws(JSONError) -> JSONValue {
        var reader = JSONReader(bytes, maximumDepth: maximumDepth)
        let value = try reader.value()
        try reader.finish()
        return value
    }

    /// Reads the one value that `bytes` hold. Repeated keys, deep nesting and text after the end are errors.
    public static func parse(
        _ bytes: [UInt8], maximumDepth: Int = JSONReader.defaultMaximumDepth
    ) throws(JSONError) -> JSONValue {
        try bytes.withBytes { bytes throws(JSONError) in try parse(bytes, maximumDepth: maximumDepth) }
    }
}

extension JSONValue {
    /// Whether this is `null`.
    public var isNull: Bool { self == .null }

    /// The string, or `nil` if this is none.
    public var stringValue: Text? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The boolean, or `nil` if this is none.
    public var boolValue: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements, or `nil` if this is no array.
    public var arrayValue: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members, or `nil` if this is no object.
    public var objectValue: JSONObject? {
        guard case .object(let object) = self else { return nil }
        return object
    }

    /// The exact text of the number, or `nil` if this is none.
    public var numberText: Text? {
        guard case .number(let text) = self else { return nil }
        return text
    }

    /// The number, if it is written in plain digits and fits.
    public var unsignedInteger: UInt64? {
        guard case .number(let text) = self else { return nil }
        return text.utf8.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try? reader.unsignedInteger(max: .max)
        }
    }

    /// The number, if it is written in plain digits with an optional `-` and fits.
    public var integer: Int64? {
        guard case .number(let text) = self else { return nil }
        return text.utf8.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try? reader.integer()
        }
    }

    /// The member `key`, or `nil` if there is none or this is no object.
    public subscript(key: Text) -> JSONValue? { objectValue?[key] }
}

extension JSONReader {
    /// Reads any value. Repeated keys are errors.
    public mutating func value() throws(JSONError) -> JSONValue {
        switch try peek() {
        case .object: return .object(try object())
        case .array:
            var elements: [JSONValue] = []
            try beginArray()
            while try nextElement() { elements.append(try value()) }
            return .array(elements)
        case .string: return .string(try text())
        case .number:
            let range = try number()
            return .number(Text(validUTF8: Array(UnsafeRawBufferPointer(rebasing: bytes[range]))))
        case .true, .false: return .bool(try boolean())
        case .null:
            try null()
            return .null
        }
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        var object = JSONObject()
        try beginObject()
        while let key = try nextKey() {
            let name = key.text(from: bytes)
            let value = try value()
            guard object.insert(name, value) else {
                throw JSONError(
                    offset: key.range.lowerBound, reason: "key \"\(key.excerpt(from: bytes))\" occurs twice")
            }
        }
        return object
    }
}
