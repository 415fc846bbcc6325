import Nostr

/// Entries found in the pages of a file whatever became of its tables: a record says itself which entry it is, and its checksum
/// and commitment whether it is whole.
///
/// Pages that are no longer in use are looked at, too: nobody can tell them apart once the tables are damaged. Of an entry
/// that is found both erased and not, the erased one is taken.
public final class CarvedLog {
    /// How many records of one entry are kept: they differ after an erasure only.
    private static let maximumCandidates = 8

    private struct Place {
        var page: UInt64
        var range: Range<Int>
        var isLarge: Bool
    }

    private struct Candidate {
        var place: Place
        var checksum: UInt32
    }

    private let file: PageFile
    private var records: [UInt64: [Candidate]] = [:]
    private var contents: [UInt64: [Candidate]] = [:]
    private var heads: [Head] = []
    /// One more than the last entry of which there is anything: a record, or a head that counts it.
    public private(set) var size: UInt64 = 0

    /// Reads all pages of the file in a directory.
    ///
    /// - Parameter progress: called now and then with the pages done and of all.
    public init(directory: String, progress: ((UInt64, UInt64) -> Void)? = nil) throws(LogError) {
        file = try PageFile(path: directory + "/data.mdb")
        for number in 0..<file.count {
            if number.isMultiple(of: EventLog.progressInterval) { progress?(number, file.count) }
            guard let page = file.page(number) else { continue }
            page.withUnsafeBytes { look(at: $0, number) }
        }
        size = max(records.keys.max().map { $0 + 1 } ?? 0, heads.map(\.frontier.size).max() ?? 0)
    }

    private func look(at page: UnsafeRawBufferPointer, _ number: UInt64) {
        guard PageFile.number(page, 10, UInt16.self) & PageFile.Flag.leaf != 0,
            let nodes = PageFile.nodes(page)
        else { return }
        for node in nodes where !node.isTree {
            let key = page.slice(node.key)
            var place = Place(page: number, range: node.value, isLarge: false)
            if let bytes = node.largeBytes {
                let first = PageFile.number(page, node.value.lowerBound, UInt64.self)
                place = Place(
                    page: first, range: PageFile.headerBytes..<PageFile.headerBytes + bytes, isLarge: true)
            }
            if key.elementsEqual("head".utf8), !place.isLarge, let head = try? Head(page.slice(node.value)) {
                heads.append(head)
            }
            guard key.count == 8 else { continue }
            if place.isLarge {
                guard let value = bytes(place) else { continue }
                value.withUnsafeBytes { note(key.number(at: 0), $0, place) }
            } else {
                note(key.number(at: 0), page.slice(node.value), place)
            }
        }
    }

    private func note(_ key: UInt64, _ value: UnsafeRawBufferPointer, _ place: Place) {
        guard value.count > Checksum.size else { return }
        if value.count >= Record.erasedSize, value.number(at: 0, as: UInt32.self) == Leaf.magic {
            guard let record = try? Record(value, seq: key) else { return }
            let end = record.salt == nil ? Leaf.size : Record.saltEnd
            add(Candidate(place: place, checksum: value.number(at: end)), to: &records[key, default: []])
        } else if Checksum.opened(value, seed: key) != nil {
            add(Candidate(place: place, checksum: value.number(at: 0)), to: &contents[key, default: []])
        }
    }

    private func add(_ candidate: Candidate, to candidates: inout [Candidate]) {
        guard candidates.count < CarvedLog.maximumCandidates,
            !candidates.contains(where: { $0.checksum == candidate.checksum })
        else { return }
        candidates.append(candidate)
    }

    private func bytes(_ place: Place) -> [UInt8]? {
        guard place.range.upperBound <= PayloadLimits.maximumBytes * 2 else { return nil }
        let pages = place.isLarge ? PageFile.largePages(place.range.count) : 1
        return file.page(place.page, count: pages).map { Array($0[place.range]) }
    }

    /// Entry `seq` as it was found; `nil` if it was not, or none that matches its commitment.
    public func entry(at seq: UInt64) -> ExportedEntry? {
        let found = (records[seq] ?? []).compactMap { bytes($0.place) }
        if let erased = found.first(where: { $0.count == Record.erasedSize }) {
            return erased.withUnsafeBytes { try? ExportedEntry(leaf: Record($0, seq: seq).leaf, body: nil) }
        }
        for record in found {
            // A snapshot looks like a shared content of the same number: the commitment tells which it was.
            for attempt in 0..<CarvedLog.maximumCandidates {
                var shared = Shared(log: self, attempt: attempt)
                let entry = record.withUnsafeBytes { try? CarvedLog.entry($0, seq, &shared) }
                if let entry { return entry }
                if !shared.hasMore { break }
            }
        }
        return nil
    }

    private static func entry(
        _ bytes: UnsafeRawBufferPointer, _ seq: UInt64, _ shared: inout Shared
    ) throws -> ExportedEntry? {
        let record = try Record(bytes, seq: seq)
        guard let salt = record.salt else { return nil }
        var buffer = PayloadBuffer()
        guard try PayloadUnpacker.unpack(record.packed, to: &buffer, contents: &shared),
            Commitment.of(payload: buffer.bytes, salt: salt) == record.leaf.commitment
        else { return nil }
        var document: Range<Int>?
        if let edges = record.documentEdges {
            guard edges.before + edges.after <= buffer.count else { return nil }
            document = edges.before..<buffer.count - edges.after
        }
        return ExportedEntry(
            leaf: record.leaf,
            body: ExportedEntry.Body(
                salt: salt, payload: Array(buffer.bytes), document: document, isEvent: record.form.contains(.event),
                isServed: record.form.contains(.served), isWithdrawn: record.form.contains(.withdrawn),
                shared: buffer.shared))
    }

    /// Whether the log once ended like this, as one of the heads says that were found.
    public func hasEnded(like frontier: Frontier) -> Bool { heads.contains { $0.frontier == frontier } }

    /// What was found of shared contents: one candidate of each.
    private struct Shared: SharedContents {
        let log: CarvedLog
        let attempt: Int
        /// Whether another attempt can come to something else.
        var hasMore = false
        /// What was lent last, kept until the next.
        private let lent = Room()

        init(log: CarvedLog, attempt: Int) {
            self.log = log
            self.attempt = attempt
        }

        private mutating func find(_ number: UInt64) throws(LogError) -> ArraySlice<UInt8> {
            let candidates = log.contents[number] ?? []
            if attempt + 1 < candidates.count { hasMore = true }
            guard let candidate = candidates.indices.contains(attempt) ? candidates[attempt] : candidates.last,
                let bytes = log.bytes(candidate.place)
            else { throw .damaged(seq: nil, reason: "the shared content \(number) was not found") }
            return bytes.dropFirst(Checksum.size)
        }

        mutating func content(_ number: UInt64) throws(LogError) -> UnsafeRawBufferPointer {
            let found = try find(number)
            return lent.lend(found)
        }

        mutating func key(_ number: UInt64) throws(LogError) -> Bytes32 {
            guard let key = Bytes32(try find(number)) else {
                throw .damaged(seq: nil, reason: "the shared content \(number) is not a key")
            }
            return key
        }
    }

    /// Memory that stays where it is while it is lent.
    private final class Room {
        private var bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 8)

        deinit { bytes.deallocate() }

        func lend(_ source: ArraySlice<UInt8>) -> UnsafeRawBufferPointer {
            bytes.deallocate()
            bytes = .allocate(byteCount: max(1, source.count), alignment: 8)
            bytes.copyBytes(from: source)
            return UnsafeRawBufferPointer(rebasing: bytes[..<source.count])
        }
    }
}
