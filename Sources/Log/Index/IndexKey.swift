import Nostr

/// The keys of the tables that queries walk: a prefix that says what the table sorts by, then what all have in common.
///
/// The common part is `created_at` (u64) ‖ the complement of the id's first four bytes ‖ position (u48): walking
/// backwards gives newest first, and equal times by lowest id, as NIP-01 wants. Four bytes of the id are enough to sort
/// by, since events that share them are compared by their whole ids when they are read.
enum IndexKey {
    /// Bytes of the common part.
    static let tailSize = 18
    /// The largest position that a key can have.
    static let lastPosition: UInt64 = 1 << 48 - 1

    /// When an event was made and where it sorts among those of the same second: what the merge compares.
    struct Rank: Equatable {
        let createdAt: UInt64
        /// The complement of the id's first four bytes.
        let idComplement: UInt32

        init(createdAt: UInt64, idComplement: UInt32) {
            self.createdAt = createdAt
            self.idComplement = idComplement
        }

        init(_ event: borrowing Event) {
            createdAt = UInt64(event.createdAt)
            idComplement = ~UInt32(truncatingIfNeeded: event.id.prefix &>> 32)
        }

        /// Whether events of this rank come before those of the other: newer, or of the same time with a lower id.
        func precedes(_ other: Rank) -> Bool {
            createdAt != other.createdAt ? createdAt > other.createdAt : idComplement > other.idComplement
        }
    }

    /// The whole key.
    static func key(_ prefix: Key, _ rank: Rank, _ seq: UInt64) -> Key {
        var key = prefix
        key.append(rank.createdAt)
        key.append(rank.idComplement)
        key.append(position: seq)
        return key
    }

    /// The rank and the position that a key ends in, if it begins with `prefix`.
    @inline(__always)
    static func read(_ bytes: UnsafeRawBufferPointer, after prefix: Key) -> (rank: Rank, seq: UInt64)? {
        let size = prefix.count
        guard bytes.count == size &+ tailSize,
            prefix.withUnsafeBytes({ $0.hasSameBytes(as: bytes.slice(0..<size)) })
        else { return nil }
        let rank = Rank(createdAt: bytes.number(at: size), idComplement: bytes.number(at: size &+ 8))
        return (rank, bytes.position(at: size &+ 12))
    }

    // MARK: - Prefixes

    /// Table `created`: nothing.
    static let created = Key()

    /// Table `kind`.
    static func kind(_ kind: Kind) -> Key {
        var key = Key()
        key.append(kind.rawValue)
        return key
    }

    /// Table `author`: the first eight bytes of the key.
    static func author(_ author: PublicKey) -> Key { Key(author.prefix) }

    /// Table `authorkind`.
    static func author(_ author: PublicKey, _ kind: Kind) -> Key {
        var key = Key(author.prefix)
        key.append(kind.rawValue)
        return key
    }

    /// Table `tag`: the first eight bytes of SHA-256(letter ‖ value).
    static func tag(_ letter: UInt8, _ value: UnsafeRawBufferPointer) -> Key {
        var hasher = SHA256()
        hasher.update(byte: letter)
        hasher.update(value)
        return Key(hasher.finalize().prefix)
    }

    // MARK: - What was deleted

    /// Table `tag`: the event of this id, deleted by `author`. Names no tag, since a tag's name is a letter.
    static func deleted(_ id: EventID, by author: PublicKey) -> Key { tag(0, [author, id]) }

    /// Table `tag`: the event of this id, deleted by the relay, whoever wrote it.
    static func moderated(_ id: EventID) -> Key { tag(1, [id]) }

    /// Table `tag`: all events of an address (a key of table `coordinate`) that are not newer than the deletion.
    static func deleted(_ coordinate: Key) -> Key { coordinate.withUnsafeBytes { tag(2, $0) } }

    private static func tag(_ letter: UInt8, _ values: [Bytes32]) -> Key {
        var bytes: [UInt8] = []
        for value in values { value.append(to: &bytes) }
        return bytes.withUnsafeBytes { tag(letter, $0) }
    }

    // MARK: - Ids and addresses

    /// Bytes of a key in table `id`.
    static let idSize = 14

    /// Table `id`: the first eight bytes of the id, then position times two, plus one if the entry is the one that made
    /// the event served.
    static func id(_ id: EventID, seq: UInt64, isServed: Bool) -> Key {
        var key = Key(id.prefix)
        key.append(position: seq &<< 1 | (isServed ? 1 : 0))
        return key
    }

    /// What `id` made, if the key is about an id with these first bytes.
    static func readID(_ bytes: UnsafeRawBufferPointer, _ id: EventID) -> (seq: UInt64, isServed: Bool)? {
        guard bytes.count == idSize, bytes.number(at: 0, as: UInt64.self) == id.prefix else { return nil }
        let position = bytes.position(at: 8)
        return (position &>> 1, position & 1 == 1)
    }

    /// Table `coordinate`: SHA-256 of kind ‖ author ‖ `d` tag (NIP-01); `nil` for kinds of which every event is kept.
    static func coordinate(_ event: borrowing Event) -> Key? {
        guard event.kind.isReplaceable || event.kind.isAddressable else { return nil }
        let name = event.kind.isAddressable ? event.tags.firstValue(of: "d") : nil
        return (name ?? "").utf8.withUnsafeBytes { coordinate(event.kind, event.pubkey, $0) }
    }

    /// The address of this kind, which has addresses, author and `d` tag.
    static func coordinate(_ kind: Kind, _ author: PublicKey, _ name: UnsafeRawBufferPointer) -> Key {
        var hasher = SHA256()
        hasher.update(bigEndian: kind.rawValue)
        hasher.update(author)
        hasher.update(name)
        return hasher.finalize().withUnsafeBytes { Key(copying: $0) }
    }
}
