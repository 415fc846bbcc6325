extension ClientMessage {
    /// Reads one message. The error says how the client has to be answered.
    public static func parse(_ bytes: UnsafeRawBufferPointer) throws(ClientMessageError) -> ClientMessage {
        var json = JSONReader(bytes)
        let type: JSONString
        do throws(JSONError) {
            try json.beginArray()
            guard try json.nextElement() else { throw json.expected("a message type") }
            type = try json.string()
        } catch {
            throw .notice(message: ReplyPrefix.invalid.message("malformed message: \(error)"))
        }
        if type.equals("EVENT", in: bytes) { return .event(try event("EVENT", &json)) }
        if type.equals("REQ", in: bytes) {
            let (subscription, filters) = try query("REQ", &json)
            return .request(subscription: subscription, filters: filters)
        }
        if type.equals("CLOSE", in: bytes) { return .close(try close("CLOSE", &json)) }
        if type.equals("AUTH", in: bytes) { return .auth(try event("AUTH", &json)) }
        if type.equals("COUNT", in: bytes) {
            let (subscription, filters) = try query("COUNT", &json)
            return .count(subscription: subscription, filters: filters)
        }
        if type.equals("NEG-OPEN", in: bytes) { return try negentropyOpen(&json) }
        if type.equals("NEG-MSG", in: bytes) { return try negentropyMessage(&json) }
        if type.equals("NEG-CLOSE", in: bytes) { return .negentropyClose(try close("NEG-CLOSE", &json)) }
        let name = type.excerpt(from: bytes)
        throw .notice(message: ReplyPrefix.unsupported.message("unknown message type \"\(name)\""))
    }

    /// Reads one message. The error says how the client has to be answered.
    public static func parse(_ bytes: [UInt8]) throws(ClientMessageError) -> ClientMessage {
        try bytes.withBytes { bytes throws(ClientMessageError) in try parse(bytes) }
    }

    private static func event(_ type: StaticString, _ json: inout JSONReader) throws(ClientMessageError) -> Event {
        let start = json
        do throws(JSONError) {
            guard try json.nextElement() else { throw json.expected("an event") }
            let event = try Event(&json, limits: .incoming)
            try end(&json)
            return event
        } catch {
            let message = ReplyPrefix.invalid.message("malformed \(type): \(error)")
            throw .event(id: statedID(start), message: message)
        }
    }

    private static func query(
        _ type: StaticString, _ json: inout JSONReader
    ) throws(ClientMessageError) -> (SubscriptionID, [Filter]) {
        let subscription = try subscription(type, &json)
        var filters: [Filter] = []
        func refusal(_ message: String) -> ClientMessageError { .subscription(subscription, message: message) }
        func structure<R>(_ step: (inout JSONReader) throws(JSONError) -> R) throws(ClientMessageError) -> R {
            do throws(JSONError) {
                return try step(&json)
            } catch {
                throw refusal(ReplyPrefix.invalid.message("malformed \(type): \(error)"))
            }
        }
        while try structure({ json throws(JSONError) in try json.nextElement() }) {
            guard filters.count < MessageLimits.maximumFilters else {
                throw refusal(ReplyPrefix.invalid.message("more than \(MessageLimits.maximumFilters) filters"))
            }
            do throws(FilterError) {
                filters.append(try Filter.parse(from: &json))
            } catch {
                throw refusal(error.message)
            }
        }
        try structure { json throws(JSONError) in try json.finish() }
        guard !filters.isEmpty else { throw refusal(ReplyPrefix.invalid.message("\(type) needs a filter")) }
        return (subscription, filters)
    }

    private static func close(
        _ type: StaticString, _ json: inout JSONReader
    ) throws(ClientMessageError) -> SubscriptionID {
        let subscription = try subscription(type, &json)
        do throws(JSONError) {
            try end(&json)
        } catch {
            throw .notice(message: ReplyPrefix.invalid.message("malformed \(type): \(error)"))
        }
        return subscription
    }

    static func subscription(
        _ type: StaticString, _ json: inout JSONReader
    ) throws(ClientMessageError) -> SubscriptionID {
        do throws(JSONError) {
            guard try json.nextElement() else { throw json.expected("a subscription id") }
            let start = json.position
            guard let subscription = SubscriptionID(try json.text()) else {
                let longest = MessageLimits.maximumSubscriptionCharacters
                throw JSONError(offset: start, reason: "a subscription id must have 1 to \(longest) characters")
            }
            return subscription
        } catch {
            throw .notice(message: ReplyPrefix.invalid.message("malformed \(type): \(error)"))
        }
    }

    /// Reads the end of the message.
    static func end(_ json: inout JSONReader) throws(JSONError) {
        guard try !json.nextElement() else { throw json.expected("']'") }
        try json.finish()
    }

    /// The id that a malformed event states for itself, so that its sender learns which one was refused: read as far
    /// as the JSON is good.
    private static func statedID(_ start: JSONReader) -> EventID? {
        var json = start
        do throws(JSONError) {
            guard try json.nextElement() else { return nil }
            try json.beginObject()
            while let key = try json.nextKey() {
                if key.equals("id", in: json.bytes) {
                    let value = try json.string()
                    return Bytes32(hex: UnsafeRawBufferPointer(rebasing: json.bytes[value.range]))
                }
                try json.skipValue()
            }
            return nil
        } catch {
            return nil
        }
    }
}
