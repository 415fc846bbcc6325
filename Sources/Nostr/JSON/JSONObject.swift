/// The members of a JSON object in the order they were written, no key twice.
public struct JSONObject: Equatable, Sendable {
    /// One key with its value.
    public struct Member: Equatable, Sendable {
        /// The key with its escapes resolved.
        public let key: Text
        /// The value.
        public let value: JSONValue
    }

    /// The members in their order.
    public private(set) var members: [Member] = []

    /// Positions by key, kept only once an object is so large that a search would be slow: most have a few members,
    /// but someone who sends ten thousand keys must not make us compare each with each.
    private var positions: [Text: Int] = [:]
    private static let smallest = 16

    /// An object without members.
    public init() {}

    /// How many members there are.
    public var count: Int { members.count }
    /// Whether there are no members.
    public var isEmpty: Bool { members.isEmpty }

    /// The value of `key`, or `nil`.
    public subscript(key: Text) -> JSONValue? {
        position(of: key).map { members[$0].value }
    }

    /// Adds a member; `false`, and nothing changes, if the key is there already.
    public mutating func insert(_ key: Text, _ value: JSONValue) -> Bool {
        guard position(of: key) == nil else { return false }
        members.append(Member(key: key, value: value))
        if members.count == Self.smallest {
            for (position, member) in members.enumerated() { positions[member.key] = position }
        } else if members.count > Self.smallest {
            positions[key] = members.count - 1
        }
        return true
    }

    private func position(of key: Text) -> Int? {
        members.count < Self.smallest ? members.firstIndex { $0.key == key } : positions[key]
    }

    /// Whether both have the same members in the same order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool { left.members == right.members }
}
