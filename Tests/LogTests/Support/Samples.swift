import Log
import Nostr

/// A generator of numbers that gives the same ones for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_f491_4f6c_dd1d
    }

    mutating func bytes32() -> Bytes32 {
        var bytes: [UInt8] = []
        for _ in 0..<4 { withUnsafeBytes(of: next().bigEndian) { bytes.append(contentsOf: $0) } }
        return bytes.withUnsafeBytes { Bytes32($0) }
    }
}

enum Samples {
    /// Some microsecond of 2023.
    static let time: Int64 = 1_700_000_000_000_000

    /// A salt that only depends on a number.
    static func salt(_ number: UInt64) -> Bytes32 { SHA256.hash(Array("salt \(number)".utf8)) }

    /// Some key that only depends on a number. No event by it could be signed, which the log does not look at.
    static func author(_ number: UInt64) -> PublicKey { SHA256.hash(Array("author \(number)".utf8)) }

    /// A draft with this payload and no event.
    static func draft(
        _ payload: String, type: EntryType = .session, salt: UInt64 = 1, members: Bytes32 = MerkleTree.emptyRoot,
        state: Bytes32 = MerkleTree.emptyRoot
    ) -> Draft {
        Draft(
            type: type, rules: 0, membersRoot: members, stateRoot: state, salt: Samples.salt(salt),
            payload: Array(payload.utf8))
    }

    /// An event with whatever id and a signature of no worth.
    static func event(
        id: EventID? = nil, author: PublicKey = Samples.author(1), createdAt: Int64 = 1_700_000_000,
        kind: Kind = .textNote,
        tags: [[Text]] = [], content: Text = "hello"
    ) throws -> Event {
        let unsigned = UnsignedEvent(pubkey: author, createdAt: createdAt, kind: kind, tags: tags, content: content)
        let signature = SHA256.hash(Array("signature".utf8)).bytes
        guard let signature = Signature(signature + signature) else { throw SampleError() }
        var raw = unsigned.serialized(signature: signature)
        if let id {
            // `{"id":"` has seven bytes.
            raw.replaceSubrange(7..<71, with: Array(id.hex.utf8))
        }
        return try Event.parse(raw, limits: .stored)
    }

    /// A draft that holds the event as the relay stores it.
    static func draft(
        _ event: Event, session: UInt64 = 12, served: Bool = true, shared: Bool = false, salt: UInt64 = 1
    ) -> Draft {
        let head = Array("{\"door\":\"ws\",\"session\":\(session),\"event\":".utf8)
        let content = event.layout.content
        let offset = head.count
        return Draft(
            type: .clientEvent, rules: 1, membersRoot: MerkleTree.emptyRoot, stateRoot: MerkleTree.emptyRoot,
            salt: Samples.salt(salt), payload: head + event.raw + [0x7d],
            shape: PayloadShape(
                shared: shared ? content.lowerBound + offset..<content.upperBound + offset : nil,
                document: offset..<offset + event.raw.count),
            event: EventIndexing(event: event, served: served))
    }

    struct SampleError: Error {}
}

extension EventLog {
    /// A new log in `directory`.
    static func make(_ directory: String, mapSize: Int = 1 << 24) throws -> EventLog {
        try EventLog.open(directory: directory, mode: .readWrite, options: LogOptions(initialMapSize: mapSize))
    }

    /// Appends drafts in one batch, a microsecond apart.
    @discardableResult
    func append(_ drafts: [Draft]) throws -> [Placed] {
        let batch = try beginBatch()
        var placed: [Placed] = []
        for draft in drafts {
            let next = batch.next(now: Samples.time + Int64(batch.size))
            placed.append(try batch.append(draft, time: next.time))
        }
        try batch.commit()
        return placed
    }

    /// Appends events in one batch.
    @discardableResult
    func append(_ events: [Event]) throws -> [Placed] { try append(events.map { Samples.draft($0) }) }

    /// The ids that a query gives, in its order.
    func query(_ filters: Filter..., maximumLimit: Int = 1_000) throws -> [EventID] {
        try query(filters, maximumLimit: maximumLimit)
    }

    /// The ids that a query gives, in its order, taken in small turns.
    func query(_ filters: [Filter], maximumLimit: Int = 1_000, turn: Int = .max, now: Int64 = 0) throws -> [EventID] {
        var scan = EventScan(filters: filters, upTo: try read { $0.size }, maximumLimit: maximumLimit)
        var ids: [EventID] = []
        var progress = ScanProgress.more
        while progress == .more {
            progress = try read { reader in
                try scan.resume(reader, now: now, maximumEvents: turn, maximumKeys: turn) {
                    ids.append(try Event.parse($0).id)
                }
            }
        }
        return ids
    }
}
