import Nostr

/// Everything about an entry that another log needs to hold it, too: what a line of an exported log carries
/// (docs/log-format.md, "Export").
public struct ExportedEntry: Equatable, Sendable {
    /// The leaf, to the byte.
    public var leaf: Leaf
    /// The rest; `nil` if it was erased.
    public var body: Body?

    /// What an entry holds beside its leaf.
    public struct Body: Equatable, Sendable {
        /// The salt of the commitment.
        public var salt: Bytes32
        /// The payload.
        public var payload: [UInt8]
        /// Where in the payload the event's JSON is.
        public var document: Range<Int>?
        /// Whether the document is an event that is found by its id.
        public var isEvent: Bool
        /// Whether it was appended so that queries find it.
        public var isServed: Bool
        /// Whether queries do not find it any more because of what was erased elsewhere.
        public var isWithdrawn: Bool
        /// The part of the payload that other entries may have, too. Only saves room.
        public var shared: Range<Int>?

        /// A body with these parts.
        public init(
            salt: Bytes32, payload: [UInt8], document: Range<Int>? = nil, isEvent: Bool = false, isServed: Bool = false,
            isWithdrawn: Bool = false, shared: Range<Int>? = nil
        ) {
            self.salt = salt
            self.payload = payload
            self.document = document
            self.isEvent = isEvent
            self.isServed = isServed
            self.isWithdrawn = isWithdrawn
            self.shared = shared
        }
    }

    /// An entry with these parts.
    public init(leaf: Leaf, body: Body?) {
        self.leaf = leaf
        self.body = body
    }

    /// An entry that is being looked at.
    public init(_ view: borrowing EntryView) {
        leaf = view.leaf
        guard let salt = view.salt, let payload = view.payload else { return }
        body = Body(
            salt: salt, payload: Array(payload), document: view.document, isEvent: view.hasEvent,
            isServed: view.isServedEvent, isWithdrawn: view.isWithdrawn, shared: view.shared)
    }
}
