extension Filter {
    /// Reads the filter that `json` comes to next. After an error `json` must not be used any further.
    public static func parse(from json: inout JSONReader) throws(FilterError) -> Filter {
        var reader = FilterReader()
        do throws(JSONError) {
            try reader.read(&json)
        } catch {
            throw reader.unsupported.map { .unsupported($0) } ?? .invalid("malformed filter: \(error)")
        }
        return reader.filter
    }

    /// Reads a JSON array of filters, at most `maximumCount`: the body of an HTTP query.
    public static func parseList(
        _ bytes: UnsafeRawBufferPointer, maximumCount: Int = MessageLimits.maximumFilters
    ) throws(FilterError) -> [Filter] {
        var json = JSONReader(bytes)
        var filters: [Filter] = []
        func structure<R>(_ step: (inout JSONReader) throws(JSONError) -> R) throws(FilterError) -> R {
            do throws(JSONError) { return try step(&json) } catch { throw .invalid("malformed filters: \(error)") }
        }
        try structure { json throws(JSONError) in try json.beginArray() }
        while try structure({ json throws(JSONError) in try json.nextElement() }) {
            guard filters.count < maximumCount else { throw .invalid("more than \(maximumCount) filters") }
            filters.append(try parse(from: &json))
        }
        try structure { json throws(JSONError) in try json.finish() }
        return filters
    }
}

/// Collects the fields of one filter.
private struct FilterReader {
    private var ids: [EventID]?
    private var authors: [PublicKey]?
    private var kinds: [Kind]?
    private var tags: [TagCondition] = []
    private var since: Int64?
    private var until: Int64?
    private var limit: Int?
    /// Set before an error is thrown that is about a field we do not have.
    private(set) var unsupported: String?

    var filter: Filter {
        Filter(ids: ids, authors: authors, kinds: kinds, tags: tags, since: since, until: until, limit: limit)
    }

    mutating func read(_ json: inout JSONReader) throws(JSONError) {
        try json.beginObject()
        while let key = try json.nextKey() { try readField(key, &json) }
    }

    private mutating func readField(_ key: JSONString, _ json: inout JSONReader) throws(JSONError) {
        let name = key.decoded(from: json.bytes)
        switch String(decoding: name, as: UTF8.self) {
        case "ids":
            try check(ids == nil, key, json)
            ids = try list("ids", &json) { json throws(JSONError) in try hex("ids", &json) }
        case "authors":
            try check(authors == nil, key, json)
            authors = try list("authors", &json) { json throws(JSONError) in try hex("authors", &json) }
        case "kinds":
            try check(kinds == nil, key, json)
            kinds = try list("kinds", &json) { json throws(JSONError) in
                Kind(UInt16(try json.unsignedInteger(max: UInt64(UInt16.max))))
            }
        case "since":
            try check(since == nil, key, json)
            since = try time(&json)
        case "until":
            try check(until == nil, key, json)
            until = try time(&json)
        case "limit":
            try check(limit == nil, key, json)
            limit = Int(clamping: try json.unsignedInteger(max: .max))
        default:
            guard name.count == 2, name[0] == 0x23, TagCondition.isLetter(name[1]) else {
                let reason = "unsupported filter field \"\(key.excerpt(from: json.bytes))\""
                unsupported = reason
                throw JSONError(offset: key.range.lowerBound, reason: reason)
            }
            try check(!tags.contains { $0.letter == name[1] }, key, json)
            let values = try list("#\(Character(Unicode.Scalar(name[1])))", &json) { json throws(JSONError) in
                try json.text()
            }
            tags.append(TagCondition(letter: name[1], values: values))
        }
    }

    private func check(_ isNew: Bool, _ key: JSONString, _ json: JSONReader) throws(JSONError) {
        guard isNew else {
            throw JSONError(offset: key.range.lowerBound, reason: "\"\(key.excerpt(from: json.bytes))\" occurs twice")
        }
    }

    private func list<Element>(
        _ name: String, _ json: inout JSONReader, _ element: (inout JSONReader) throws(JSONError) -> Element
    ) throws(JSONError) -> [Element] {
        var values: [Element] = []
        try json.beginArray()
        while try json.nextElement() {
            guard values.count < FilterLimits.maximumValues else {
                throw JSONError(
                    offset: json.position, reason: "\"\(name)\" has more than \(FilterLimits.maximumValues) values")
            }
            values.append(try element(&json))
        }
        return values
    }

    private func hex(_ name: StaticString, _ json: inout JSONReader) throws(JSONError) -> Bytes32 {
        let string = try json.string()
        guard let value = Bytes32(hex: UnsafeRawBufferPointer(rebasing: json.bytes[string.range])) else {
            throw JSONError(
                offset: string.range.lowerBound, reason: "\"\(name)\" must hold strings of 64 lower-case hex digits")
        }
        return value
    }

    /// Clients write "no end" as the largest number they have; no event is later than 2^53 - 1, so nothing is lost.
    private func time(_ json: inout JSONReader) throws(JSONError) -> Int64 {
        Int64(clamping: try json.unsignedInteger(max: .max))
    }
}
