/// An event's kind (NIP-01), which says how its content and tags are to be read and how long it is kept.
public struct Kind: RawRepresentable, Hashable, Comparable, Sendable {
    /// The number on the wire.
    public let rawValue: UInt16

    /// The kind with this number; every number is one.
    @inlinable
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The kind with this number; every number is one.
    @inlinable
    public init(_ rawValue: UInt16) { self.rawValue = rawValue }

    /// By number.
    @inlinable
    public static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
}

extension Kind {
    /// Only the latest of an author counts: 10,000–19,999, and 0 and 3 (NIP-01).
    @inlinable
    public var isReplaceable: Bool { (10_000..<20_000).contains(rawValue) || rawValue == 0 || rawValue == 3 }

    /// Delivered, never kept for queries: 20,000–29,999 (NIP-01).
    @inlinable
    public var isEphemeral: Bool { (20_000..<30_000).contains(rawValue) }

    /// Only the latest of an author and `d` tag counts: 30,000–39,999 (NIP-01).
    @inlinable
    public var isAddressable: Bool { (30_000..<40_000).contains(rawValue) }

    /// All of them are kept: whatever is none of the others (NIP-01).
    @inlinable
    public var isRegular: Bool { !isReplaceable && !isEphemeral && !isAddressable }
}

extension Kind: CustomStringConvertible {
    /// The number.
    public var description: String { String(rawValue) }
}
