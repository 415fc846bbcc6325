import Nostr

/// Where an event stands in the order in which queries answer: newest first, equal times by lowest id (NIP-01).
///
/// The bytes behind the prefix of an index key: `created_at`, the complement of the id's first eight bytes, and the
/// position. Walking a table backwards gives the order of the answer.
struct IndexSuffix: Comparable, Sendable {
    static let size = 24

    var createdAt: UInt64
    var invertedID: UInt64
    var seq: UInt64

    init(_ event: Event, at seq: UInt64) {
        createdAt = UInt64(clamping: event.createdAt)
        invertedID = ~event.id.prefix
        self.seq = seq
    }

    /// What stands right above everything of a time: where a walk backwards from `until` begins.
    init(above createdAt: UInt64) {
        self.createdAt = createdAt
        invertedID = .max
        seq = .max
    }

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == IndexSuffix.size else { return nil }
        func word(_ offset: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        createdAt = word(0)
        invertedID = word(8)
        seq = word(16)
    }

    func key(behind prefix: [UInt8]) -> [UInt8] {
        var key = prefix
        key.reserveCapacity(prefix.count + IndexSuffix.size)
        key.append(bigEndian: createdAt)
        key.append(bigEndian: invertedID)
        key.append(bigEndian: seq)
        return key
    }

    static func < (left: IndexSuffix, right: IndexSuffix) -> Bool {
        if left.createdAt != right.createdAt { return left.createdAt < right.createdAt }
        if left.invertedID != right.invertedID { return left.invertedID < right.invertedID }
        return left.seq < right.seq
    }
}

/// The prefixes of index keys. Keys and tag values are shortened to eight bytes; every hit is checked against the filter,
/// so two that share them do no harm.
enum IndexPrefix {
    static func kind(_ kind: Kind) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: kind.rawValue)
        return bytes
    }

    static func author(_ key: PublicKey) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: key.prefix)
        return bytes
    }

    static func author(_ key: PublicKey, _ kind: Kind) -> [UInt8] { author(key) + self.kind(kind) }

    static func tag(_ letter: UInt8, _ value: UnsafeRawBufferPointer) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(byte: letter)
        hasher.update(value)
        var bytes: [UInt8] = []
        bytes.append(bigEndian: hasher.finalize().prefix)
        return bytes
    }
}
