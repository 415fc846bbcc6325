import Nostr

/// An archive file: a range of entries that were moved out of the log, compressed (docs/log-format.md, "Archive files").
///
///     magic ‖ version u32 ‖ log[32] ‖ first u64 ‖ end u64 ‖ first time i64 ‖ last time i64 ‖ origin u16, bytes
///     root[32] of each run of 256 entries
///     blocks, each a zstd frame of 1,024 entries
///     index: blocks u32, for each: offset u64 ‖ bytes u32 ‖ bytes when unpacked u32
///     index offset u64 ‖ SHA-256 of everything before
enum ArchiveFormat {
    /// What the file begins with.
    static let magic: StaticString = "ringdown archive\n"
    /// The version that this program writes, and the latest that it reads.
    static let version: UInt32 = 1
    /// Entries under one root: a whole subtree, so that a block's entries can be compared with what the log keeps.
    static let rootEntries: UInt64 = 256
    /// Entries in one block: enough for what repeats to be found, few enough to read one entry in some milliseconds.
    static let blockEntries: UInt64 = 1_024
    /// Entries in one file, but for the last; files begin and end at multiples of it.
    static let fileEntries: UInt64 = 65_536
    /// zstd's level: above the default of 3, since a file is written once; all levels unpack alike.
    static let compressionLevel: Int32 = 9
    /// Most bytes that a block may have when it is unpacked: what 1,024 of the largest payloads have is never met, and a
    /// damaged length must not take all memory.
    static let maximumBlockBytes = 1 << 31
    /// Bytes of the end: the index's offset and the hash.
    static let trailerSize = 8 + Bytes32.count

    /// The name of the file that begins and ends here.
    static func name(_ first: UInt64, _ end: UInt64) -> String {
        "\(digits(first))-\(digits(end - 1)).nrla"
    }

    private static func digits(_ seq: UInt64) -> String {
        let text = String(seq, radix: 16)
        return String(repeating: "0", count: max(0, 8 - text.utf8.count)) + text
    }

    /// What stands before the blocks.
    struct Header: Equatable {
        /// The hash of the leaf of entry 0, which no two logs share.
        var log: Bytes32
        var first: UInt64
        var end: UInt64
        /// The times of the first entry and the last.
        var firstTime: Int64
        var lastTime: Int64
        /// The log's name, for people.
        var origin: String
        /// The roots of the runs of 256 entries.
        var roots: [Bytes32]

        var encoded: [UInt8] {
            var output = Array(UnsafeBufferPointer(start: magic.utf8Start, count: magic.utf8CodeUnitCount))
            output.append(bigEndian: version)
            log.append(to: &output)
            output.append(bigEndian: first)
            output.append(bigEndian: end)
            output.append(bigEndian: firstTime)
            output.append(bigEndian: lastTime)
            let name = Array(origin.utf8.prefix(Int(UInt16.max)))
            output.append(bigEndian: UInt16(name.count))
            output += name
            for root in roots { root.append(to: &output) }
            return output
        }

        /// Reads the header of a file of these first bytes.
        init(_ bytes: UnsafeRawBufferPointer) throws(ArchiveDamage) {
            var reader = ByteReader(bytes)
            guard let start = reader.take(magic.utf8CodeUnitCount),
                start.elementsEqual(UnsafeRawBufferPointer(start: magic.utf8Start, count: magic.utf8CodeUnitCount))
            else { throw ArchiveDamage("it does not begin as an archive file does") }
            guard let version = reader.number(UInt32.self) else { throw .cut }
            guard version <= ArchiveFormat.version else {
                throw ArchiveDamage("it has format \(version), and this program knows up to \(ArchiveFormat.version)")
            }
            guard let log = reader.bytes32(), let first = reader.number(UInt64.self),
                let end = reader.number(UInt64.self), let firstTime = reader.number(Int64.self),
                let lastTime = reader.number(Int64.self), let length = reader.number(UInt16.self),
                let name = reader.take(Int(length))
            else { throw .cut }
            guard first < end, end - first <= fileEntries, first.isMultiple(of: rootEntries),
                end.isMultiple(of: rootEntries)
            else { throw ArchiveDamage("its range cannot be") }
            var roots: [Bytes32] = []
            for _ in 0..<(end - first) / rootEntries {
                guard let root = reader.bytes32() else { throw .cut }
                roots.append(root)
            }
            self.init(
                log: log, first: first, end: end, firstTime: firstTime, lastTime: lastTime,
                origin: String(decoding: name, as: UTF8.self), roots: roots)
        }

        init(
            log: Bytes32, first: UInt64, end: UInt64, firstTime: Int64, lastTime: Int64, origin: String,
            roots: [Bytes32]
        ) {
            self.log = log
            self.first = first
            self.end = end
            self.firstTime = firstTime
            self.lastTime = lastTime
            self.origin = origin
            self.roots = roots
        }
    }

    /// Where a block is.
    struct Place: Equatable {
        var offset: UInt64
        var size: UInt32
        var unpackedSize: UInt32
    }
}

/// What is wrong with the bytes of an archive file.
struct ArchiveDamage: Error, Equatable {
    let reason: String
    init(_ reason: String) { self.reason = reason }

    static let cut = ArchiveDamage("it is cut short")
    /// Not damage when it happens once: whoever erases something writes the file anew.
    static let replaced = ArchiveDamage("it was changed meanwhile")
}
