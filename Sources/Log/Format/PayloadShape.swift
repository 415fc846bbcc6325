/// What the caller knows about a payload that helps to store it. Never part of what is hashed: the exact payload comes
/// back whatever is said here.
public struct PayloadShape: Equatable, Sendable {
    /// The part that is expected to come again in other entries, such as the content of a status report: stored once.
    /// Parts shorter than `SharedContent.minimumBytes` stay where they are.
    public var shared: Range<Int>?
    /// The event's JSON.
    public var document: Range<Int>?

    /// A shape with these parts; ranges are offsets into the payload.
    public init(shared: Range<Int>? = nil, document: Range<Int>? = nil) {
        self.shared = shared
        self.document = document
    }
}

/// Contents that are stored once and referred to.
public enum SharedContent {
    /// Contents shorter than this, in bytes, are not worth a place of their own.
    public static let minimumBytes = 256
}

/// How large a payload may be.
public enum PayloadLimits {
    /// Most bytes of one payload: an event of the largest size with room for what stands around it.
    public static let maximumBytes = 80 << 20
}
