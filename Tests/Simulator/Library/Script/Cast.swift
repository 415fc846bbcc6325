import Nostr

/// Who appears: keys that follow from names, the same names and keys as in Snapshots/, so that a failure can be told there.
public struct Person: Sendable {
    /// The name.
    public let name: String
    /// The key.
    public let key: SecretKey

    init(_ name: String) {
        self.name = name
        key = Person.makeKey(name)
    }

    /// The public key.
    public var publicKey: PublicKey { key.publicKey }

    static func makeKey(_ name: String) -> SecretKey {
        var hash = SHA256.hash(Array("ringdown story \(name)".utf8))
        while true {
            if let key = SecretKey(hash.bytes) { return key }
            hash = SHA256.hash(hash.bytes)
        }
    }
}

/// The people of every run, and the relay.
public enum Cast {
    /// The relay.
    public static let relay = Person("relay")
    /// The owner comes first, then an admin, members, a key that Alice vouches for, an auditor who is no member, strangers.
    public static let people: [Person] =
        ["olivia", "adam", "alice", "bob", "carol", "dan", "agent", "victor", "mallory", "trudy"].map { Person($0) }
    /// The owner's number.
    public static let owner = 0
    /// Who vouches for the agent, and the agent.
    public static let (voucher, agent) = (2, 6)
    /// The first time of every run, in microseconds: that of the stories.
    public static let start: Int64 = 1_780_500_000_000_000

    private static let names: [PublicKey: String] = Dictionary(
        uniqueKeysWithValues: ([relay] + people).map { ($0.publicKey, $0.name) })

    /// A key's name.
    public static func name(_ key: PublicKey) -> String { names[key] ?? key.hex }
}
