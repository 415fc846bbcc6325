/// Reading the messages of a reconciliation (NIP-77).
extension ClientMessage {
    static func negentropyOpen(_ json: inout JSONReader) throws(ClientMessageError) -> ClientMessage {
        let subscription = try subscription("NEG-OPEN", &json)
        let filter: Filter
        do throws(JSONError) {
            guard try json.nextElement() else { throw json.expected("a filter") }
        } catch {
            throw malformed("NEG-OPEN", error, subscription)
        }
        do throws(FilterError) {
            filter = try Filter.parse(from: &json)
        } catch {
            throw .negentropy(subscription, message: error.message)
        }
        do throws(JSONError) {
            let message = try message(&json)
            try end(&json)
            return .negentropyOpen(subscription: subscription, filter: filter, message: message)
        } catch {
            throw malformed("NEG-OPEN", error, subscription)
        }
    }

    static func negentropyMessage(_ json: inout JSONReader) throws(ClientMessageError) -> ClientMessage {
        let subscription = try subscription("NEG-MSG", &json)
        do throws(JSONError) {
            let message = try message(&json)
            try end(&json)
            return .negentropyMessage(subscription: subscription, message: message)
        } catch {
            throw malformed("NEG-MSG", error, subscription)
        }
    }

    /// A message in hex. Some software writes capital letters, so they are read too.
    private static func message(_ json: inout JSONReader) throws(JSONError) -> [UInt8] {
        guard try json.nextElement() else { throw json.expected("a message in hex") }
        let start = json.position
        let text = try json.text().utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) ? $0 | 0x20 : $0 }
        var message = [UInt8](repeating: 0, count: text.count / 2)
        let isHex = text.withUnsafeBytes { text in message.withUnsafeMutableBytes { Hex.decode(text, into: $0) } }
        guard isHex else { throw JSONError(offset: start, reason: "the message is not hex") }
        return message
    }

    private static func malformed(
        _ type: StaticString, _ error: JSONError, _ subscription: SubscriptionID
    ) -> ClientMessageError {
        .negentropy(subscription, message: ReplyPrefix.invalid.message("malformed \(type): \(error)"))
    }
}
