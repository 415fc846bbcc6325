import Nostr

/// Stores contents that come again once, and counts how many entries refer to each.
///
/// A content is found again by its checksum, and then compared byte by byte; should two contents have the same
/// checksum, the second is simply not shared.
struct ContentWriter {
    /// How many keys are remembered with their numbers before all are forgotten.
    static let rememberedKeys = 65_536

    /// A content's entry in table `reference`.
    struct Reference: Equatable {
        var number: UInt64
        /// How many times entries refer to it.
        var count: UInt64

        init(number: UInt64, count: UInt64) {
            self.number = number
            self.count = count
        }

        init?(_ bytes: UnsafeRawBufferPointer) {
            guard bytes.count == 16 else { return nil }
            number = bytes.number(at: 0)
            count = bytes.number(at: 8)
        }

        var encoded: [UInt8] {
            var output: [UInt8] = []
            output.append(bigEndian: number)
            output.append(bigEndian: count)
            return output
        }
    }

    /// The keys of authors, by which packed payloads refer to them.
    private(set) var keys: [PublicKey: KnownKey] = [:]
    /// References that were made since the last flush, by checksum.
    private var counts: [UInt64: Reference] = [:]

    /// The number of a content, which is stored if it is new; `nil` if it cannot be shared. Counts one reference.
    mutating func share(
        _ content: UnsafeRawBufferPointer, _ transaction: Transaction, _ head: inout Head
    ) throws(LMDBError) -> KnownKey? {
        let checksum = Checksum.xxh64(content, seed: 0)
        let known = try find(checksum, transaction)
        guard let known else {
            let number = head.contents
            head.contents += 1
            let sealed = Checksum.sealed(Array(content), seed: number)
            try transaction.put(.content, Key(number), sealed, isLast: true)
            try transaction.put(.reference, Key(checksum), Reference(number: number, count: 0).encoded)
            counts[checksum] = Reference(number: number, count: 1)
            return KnownKey(content: number, checksum: checksum)
        }
        guard let stored = try transaction.value(.content, Key(known)),
            let bytes = Checksum.opened(stored, seed: known), bytes.hasSameBytes(as: content)
        else { return nil }
        count(KnownKey(content: known, checksum: checksum))
        return KnownKey(content: known, checksum: checksum)
    }

    /// Makes the key of an author known, so that payloads refer to it instead of holding it.
    mutating func learn(_ key: PublicKey, _ transaction: Transaction, _ head: inout Head) throws(LMDBError) {
        guard keys[key] == nil else { return }
        if keys.count >= ContentWriter.rememberedKeys { keys.removeAll(keepingCapacity: true) }
        let checksum = key.withUnsafeBytes { Checksum.xxh64($0, seed: 0) }
        if let number = try find(checksum, transaction) {
            guard let stored = try transaction.value(.content, Key(number)),
                let bytes = Checksum.opened(stored, seed: number), bytes.count == Bytes32.count, Bytes32(bytes) == key
            else { return }
            keys[key] = KnownKey(content: number, checksum: checksum)
        } else {
            let number = head.contents
            head.contents += 1
            try transaction.put(.content, Key(number), Checksum.sealed(key.bytes, seed: number), isLast: true)
            try transaction.put(.reference, Key(checksum), Reference(number: number, count: 0).encoded)
            keys[key] = KnownKey(content: number, checksum: checksum)
        }
    }

    /// Counts one reference.
    mutating func count(_ known: KnownKey) {
        counts[known.checksum, default: Reference(number: known.content, count: 0)].count += 1
    }

    /// Adds the references that were counted to those in the table.
    mutating func flush(_ transaction: Transaction) throws(LMDBError) {
        for (checksum, added) in counts {
            var reference = added
            if let stored = try transaction.value(.reference, Key(checksum)).flatMap({ Reference($0) }) {
                reference = Reference(number: stored.number, count: stored.count + added.count)
            }
            try transaction.put(.reference, Key(checksum), reference.encoded)
        }
        counts.removeAll(keepingCapacity: true)
    }

    /// Takes back references, by the numbers of the contents, and removes the contents that have none left. What was
    /// counted must have been flushed.
    mutating func release(_ references: [UInt64: UInt64], _ transaction: Transaction) throws {
        let contents = References(transaction)
        for (number, count) in references.sorted(by: { $0.key < $1.key }) {
            let content = try contents.content(number)
            let checksum = Checksum.xxh64(content, seed: 0)
            let key = content.count == Bytes32.count ? Bytes32(content) : nil
            guard let stored = try transaction.value(.reference, Key(checksum)).flatMap({ Reference($0) }),
                stored.number == number, stored.count >= count
            else {
                throw LogError.damaged(
                    seq: nil, reason: "the references to shared content \(number) are miscounted; rebuild the indexes")
            }
            if stored.count > count {
                let rest = Reference(number: number, count: stored.count - count)
                try transaction.put(.reference, Key(checksum), rest.encoded)
            } else {
                try transaction.remove(.reference, Key(checksum))
                try transaction.remove(.content, Key(number))
                if let key { keys[key] = nil }
            }
        }
    }

    private func find(_ checksum: UInt64, _ transaction: Transaction) throws(LMDBError) -> UInt64? {
        try transaction.value(.reference, Key(checksum)).flatMap { Reference($0) }?.number
    }
}
