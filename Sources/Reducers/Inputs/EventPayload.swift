import Nostr

/// Payloads that end in an event. This is the replay's hot path: one pass, no tree.
extension Input {
    /// What stands before the event.
    private struct Envelope {
        var session: UInt64?
        var from: UInt64?
        var to: UInt64?
        var did: JSONString?
        var door: JSONString?
        var body: Text?
        var event: Range<Int>?

        /// Reads the fields before the event, or all of them when there is none.
        init(_ payload: UnsafeRawBufferPointer) throws(PayloadError) {
            var reader = JSONReader(payload)
            do {
                try reader.beginObject()
                while let name = try reader.nextKey() {
                    if name.equals("event", in: payload) {
                        _ = try reader.peek()
                        event = reader.position..<payload.count - 1
                        return
                    } else if name.equals("session", in: payload) {
                        session = try reader.unsignedInteger(max: .max)
                    } else if name.equals("did", in: payload) {
                        did = try reader.string()
                    } else if name.equals("from", in: payload) {
                        from = try reader.unsignedInteger(max: .max)
                    } else if name.equals("to", in: payload) {
                        to = try reader.unsignedInteger(max: .max)
                    } else if name.equals("door", in: payload) {
                        door = try reader.string()
                    } else if name.equals("body", in: payload) {
                        body = try reader.text()
                    } else {
                        try reader.skipValue()
                    }
                }
            } catch {
                throw PayloadError(error)
            }
        }

        func door(_ payload: UnsafeRawBufferPointer) throws(PayloadError) -> Door {
            // Nearly all events come over WebSocket: no string is made for them.
            guard let door, !door.equals("ws", in: payload) else { return .webSocket }
            guard let known = Door(rawValue: door.text(from: payload).string) else {
                throw PayloadError("it came through an unknown door")
            }
            return known
        }

        func parse(_ payload: UnsafeRawBufferPointer) throws(PayloadError) -> Event {
            guard let event, payload.last == UInt8(ascii: "}") else { throw PayloadError("it holds no event") }
            do {
                return try Event.parse(UnsafeRawBufferPointer(rebasing: payload[event]), limits: .stored)
            } catch {
                throw PayloadError("its event is unreadable: \(error.message)")
            }
        }
    }

    /// The call of the management API that an operator's entry holds; `nil` for any other command.
    static func management(_ payload: UnsafeRawBufferPointer) throws(PayloadError) -> Input? {
        let envelope = try Envelope(payload)
        guard let body = envelope.body else { return nil }
        return .management(body: body.utf8, authorization: try envelope.parse(payload))
    }

    static func event(_ payload: UnsafeRawBufferPointer) throws(PayloadError) -> Input {
        let envelope = try Envelope(payload)
        return .event(try envelope.parse(payload), session: envelope.session, door: try envelope.door(payload))
    }

    /// The authentication or disclosure that a session entry holds; `nil` for any other session entry.
    static func authentication(_ payload: UnsafeRawBufferPointer) throws(PayloadError) -> Input? {
        let envelope = try Envelope(payload)
        guard let did = envelope.did else { return nil }
        if did.equals("authenticated", in: payload) {
            return .authenticated(try envelope.parse(payload), session: envelope.session)
        }
        guard did.equals("disclosed", in: payload) else { return nil }
        guard let from = envelope.from, let to = envelope.to, from <= to else {
            throw PayloadError("it names no entries that were read")
        }
        return .disclosed(from...to, authorization: try envelope.parse(payload))
    }

    /// What became of a call, which most session entries tell; `nil` for any other.
    static func delivery(_ payload: UnsafeRawBufferPointer) throws(PayloadError) -> Input? {
        var reader = JSONReader(payload)
        do {
            try reader.beginObject()
            guard let did = try reader.nextKey(), did.equals("did", in: payload),
                try reader.string().equals("delivered", in: payload)
            else { return nil }
            var output: UInt64?
            var sessions: (written: [UInt64], dropped: [UInt64]) = ([], [])
            while let name = try reader.nextKey() {
                if name.equals("output", in: payload) {
                    output = try reader.unsignedInteger(max: .max)
                } else if name.equals("written", in: payload) {
                    try reader.beginArray()
                    while try reader.nextElement() { sessions.written.append(try reader.unsignedInteger(max: .max)) }
                } else if name.equals("dropped", in: payload) {
                    try reader.beginArray()
                    while try reader.nextElement() { sessions.dropped.append(try reader.unsignedInteger(max: .max)) }
                } else {
                    try reader.skipValue()
                }
            }
            try reader.finish()
            guard let output else { throw PayloadError("output is not a position or count") }
            return .delivered(Delivery(output: output, written: sessions.written, dropped: sessions.dropped))
        } catch let error as PayloadError {
            throw error
        } catch let error as JSONError {
            throw PayloadError(error)
        } catch {
            throw PayloadError("unreadable")
        }
    }

    /// The event that the relay signed, as a type-5 entry holds it.
    public static func relayEvent(_ payload: UnsafeRawBufferPointer) throws(PayloadError) -> Event {
        try Envelope(payload).parse(payload)
    }
}
