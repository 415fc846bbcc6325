import Log
import Nostr
import Reducers

/// An entry with its payload understood.
struct RecordedEntry {
    /// What an entry holds.
    enum Content {
        /// Something that came in; for an event also what its sender was told, where no decision says it.
        case input(Input, answer: Text?)
        case output(RecordedOutput)
        /// The payload was erased.
        case erased
    }

    let leaf: Leaf
    let content: Content

    /// Where the entry stands.
    var position: Position { Position(seq: leaf.seq, time: leaf.time) }

    /// - Throws: `ReplayError` for a payload that is not what the entry's type says.
    init(_ entry: borrowing EntryView) throws(ReplayError) {
        leaf = entry.leaf
        content = try Content(entry.leaf, payload: entry.payload)
    }

    /// - Throws: `ReplayError` for a payload that is not what the entry's type says.
    init(_ entry: Entry) throws(ReplayError) {
        leaf = entry.leaf
        content = try (entry.payload ?? []).withUnsafeBufferPointer { (bytes) throws(ReplayError) in
            try Content(entry.leaf, payload: entry.payload == nil ? nil : UnsafeRawBufferPointer(bytes))
        }
    }

    /// The event that the entry holds: a client's, a NIP-42 proof, or one that the relay signed.
    var event: Event? {
        switch content {
        case .input(.event(let event, _, _), _), .input(.authenticated(let event, _), _), .output(.event(let event, _)),
            .input(.management(_, let event), _), .input(.disclosed(_, let event), _):
            event
        default: nil
        }
    }

    /// The session over which an event came in.
    var session: UInt64? {
        if case .input(.event(_, let session, _), _) = content { session } else { nil }
    }

    /// The decision that the entry holds.
    var decision: Decision? {
        if case .output(.decision(let decision)) = content { decision } else { nil }
    }

    /// The position of the input that the entry follows from; `nil` for an input.
    var cause: UInt64? {
        if case .output(let output) = content { output.cause } else { nil }
    }
}

extension RecordedEntry.Content {
    /// Reads a payload by its entry's type.
    init(type: EntryType, payload: UnsafeRawBufferPointer) throws(PayloadError) {
        if let output = try RecordedOutput(type: type, payload: payload) {
            self = .output(output)
        } else if let input = try Input(type: type, payload: payload) {
            self = .input(input, answer: type == .clientEvent ? try PayloadHead(payload).answer : nil)
        } else {
            self = .erased
        }
    }

    fileprivate init(_ leaf: Leaf, payload: UnsafeRawBufferPointer?) throws(ReplayError) {
        guard let payload else {
            self = .erased
            return
        }
        do {
            try self.init(type: leaf.type, payload: payload)
        } catch {
            throw ReplayError(seq: leaf.seq, reason: error.description)
        }
    }
}
