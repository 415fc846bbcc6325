import Nostr

/// The content of a mesh connect request (WIRE.md, "24621 mesh connect request").
struct ConnectRequest: Equatable, Sendable {
    var selfEndpointAddress: Text
    var peerEndpointAddress: Text
    var attemptID: Text
    /// Correlation only, never authority.
    var selfEndpointID: Text?
    var peerEndpointID: Text?

    private enum Field {
        static let selfAddress: Text = "self_endpoint_addr"
        static let peerAddress: Text = "peer_endpoint_addr"
        static let attempt: Text = "attempt_id"
        static let selfID: Text = "self_endpoint_id"
        static let peerID: Text = "peer_endpoint_id"
    }

    init(content: [UInt8], policy: Policy) throws(Refusal) {
        let object: JSONObject
        do {
            guard case .object(let parsed) = try JSONValue.parse(content) else {
                throw Refusal.requestMalformed("content is not a JSON object")
            }
            object = parsed
        } catch let error as JSONError {
            throw .requestMalformed("content is not JSON: \(error)")
        } catch {
            throw .requestMalformed("content is not a JSON object")
        }
        let limit = policy.maximumStringBytes
        selfEndpointAddress = try ConnectRequest.required(Field.selfAddress, of: object, limit: limit)
        peerEndpointAddress = try ConnectRequest.required(Field.peerAddress, of: object, limit: limit)
        attemptID = try ConnectRequest.required(Field.attempt, of: object, limit: policy.maximumAttemptBytes)
        selfEndpointID = try ConnectRequest.optional(Field.selfID, of: object, limit: limit)
        peerEndpointID = try ConnectRequest.optional(Field.peerID, of: object, limit: limit)
    }

    private static func required(_ name: Text, of object: JSONObject, limit: Int64) throws(Refusal) -> Text {
        guard let value = object[name] else { throw .requestMalformed("missing \(name)") }
        guard case .string(let text) = value else { throw .requestMalformed("\(name) is not a string") }
        guard !text.isEmpty else { throw .requestMalformed("\(name) is empty") }
        guard text.utf8.count <= limit else {
            throw .requestMalformed("\(name) has \(text.utf8.count) bytes, at most \(limit)")
        }
        return text
    }

    private static func optional(_ name: Text, of object: JSONObject, limit: Int64) throws(Refusal) -> Text? {
        switch object[name] {
        case nil, .null?: nil
        case .some: try required(name, of: object, limit: limit)
        }
    }
}
