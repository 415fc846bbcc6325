import Nostr

extension ExportedEntry {
    /// The entry as one line of JSON, without the line's end.
    public var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        write(to: &json)
        json.endObject()
        return json.bytes
    }

    /// Writes the members of that object, to which others may be added: whoever reads them passes over those.
    public func write(to json: inout JSONWriter) {
        json.key("leaf")
        json.string(Base64.encode(leaf.encoded()))
        if let body { body.write(to: &json) }
    }

    /// Reads a line that `json` wrote, white space around it aside.
    ///
    /// - Throws: `LogError.misuse`, saying what is wrong. Whether the parts match is for `Batch.restore` to say.
    public init(json: [UInt8]) throws(LogError) {
        let line: JSONValue
        do throws(JSONError) {
            line = try JSONValue.parse(json)
        } catch {
            throw .misuse("an entry is no JSON: \(error.description)")
        }
        guard let object = line.objectValue else { throw .misuse("an entry is no JSON object") }
        guard let leaf = object["leaf"]?.stringValue.flatMap({ Base64.decode($0.string) }) else {
            throw .misuse("an entry has no leaf in base64")
        }
        self.init(leaf: try Leaf(decoding: leaf), body: try Body(line))
    }
}

extension ExportedEntry.Body {
    fileprivate func write(to json: inout JSONWriter) {
        json.key("salt")
        json.hex(salt)
        // The payloads of this program are texts; those that are not are carried all the same.
        if let text = String(validating: payload, as: UTF8.self) {
            json.key("payload")
            json.string(text)
        } else {
            json.key("payload64")
            json.string(Base64.encode(payload))
        }
        for (key, range) in [("document", document), ("shared", shared)] {
            guard let range else { continue }
            json.key(key)
            json.beginArray()
            json.number(range.lowerBound)
            json.number(range.upperBound)
            json.endArray()
        }
        for (key, flag) in [("event", isEvent), ("served", isServed), ("withdrawn", isWithdrawn)] where flag {
            json.key(key)
            json.bool(true)
        }
    }

    /// `nil` if the line has neither salt nor payload.
    fileprivate init?(_ line: JSONValue) throws(LogError) {
        let text = line["payload"]?.stringValue.map { Array($0.utf8) }
        let payload = text ?? line["payload64"]?.stringValue.flatMap { Base64.decode($0.string) }
        let salt = line["salt"]?.stringValue.flatMap { Bytes32(hex: $0.string) }
        if payload == nil, line["salt"] == nil, line["payload"] == nil, line["payload64"] == nil { return nil }
        guard let payload, let salt else { throw .misuse("an entry has a payload or a salt that cannot be read") }
        self.init(
            salt: salt, payload: payload, document: try Self.range(line["document"]),
            isEvent: try Self.flag(line["event"]), isServed: try Self.flag(line["served"]),
            isWithdrawn: try Self.flag(line["withdrawn"]), shared: try Self.range(line["shared"]))
    }

    private static func range(_ value: JSONValue?) throws(LogError) -> Range<Int>? {
        guard let value else { return nil }
        let ends = value.arrayValue?.compactMap { $0.unsignedInteger.flatMap { Int(exactly: $0) } } ?? []
        guard ends.count == 2, value.arrayValue?.count == 2, ends[0] <= ends[1] else {
            throw .misuse("an entry has a range that cannot be read")
        }
        return ends[0]..<ends[1]
    }

    private static func flag(_ value: JSONValue?) throws(LogError) -> Bool {
        guard let value else { return false }
        guard let flag = value.boolValue else { throw .misuse("an entry has a flag that is neither true nor false") }
        return flag
    }
}
