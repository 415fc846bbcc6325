import Nostr
import Synchronization

/// The archive files beside a log, and what was lately read from them.
final class ArchiveStore: Sendable {
    /// Blocks that are kept unpacked: one for a walk, and some for what explanations jump back to.
    private static let keptBlocks = 4
    /// Files whose headers and indexes are kept.
    private static let keptFiles = 256

    let directory: String

    private struct Memory: Sendable {
        /// The files of the log's archive, as long as it ends where they do.
        var ranges: [ArchivedRange] = []
        var files: [UInt64: ArchiveFile] = [:]
        /// The latest used is last.
        var blocks: [ArchiveBlock] = []
    }

    private let memory = Mutex(Memory())

    init(directory: String) { self.directory = directory }

    func path(_ range: ArchivedRange) -> String { directory + "/" + range.name }

    /// The files of an archive that ends at `end`, which `read` gives if they are not known.
    func ranges(
        endingAt end: UInt64, _ read: () throws(LogError) -> [ArchivedRange]
    ) throws(LogError) -> [ArchivedRange] {
        if let known = memory.withLock({ $0.ranges.last?.end == end ? $0.ranges : nil }) { return known }
        let ranges = try read()
        memory.withLock { $0.ranges = ranges }
        return ranges
    }

    /// Forgets what was read, because a file was written anew.
    func forget() {
        memory.withLock {
            $0.files.removeAll()
            $0.blocks.removeAll()
        }
    }

    /// The block in which an entry is; `nil` if its file is not there.
    ///
    /// - Parameters:
    ///   - log: the hash of the leaf of entry 0.
    ///   - root: the log's own root over a run of 256 entries.
    /// - Throws: `LogError.archive` for a file that is damaged, foreign or altered.
    func block(
        of seq: UInt64, in range: ArchivedRange, log: Bytes32, root: (UInt64) throws(LogError) -> Bytes32
    ) throws(LogError) -> ArchiveBlock? {
        if let block = known(seq) { return block }
        guard let (file, block) = try read(seq, in: range, log: log) else { return nil }
        for (index, found) in block.roots.enumerated() {
            let run = block.first / ArchiveFormat.rootEntries + UInt64(index)
            guard try root(run) == found else {
                forget()
                throw told(file, ArchiveDamage("the entries from \(run * 256) to \(run * 256 + 255) are not the log's"))
            }
        }
        memory.withLock { memory in
            if memory.blocks.count >= ArchiveStore.keptBlocks { memory.blocks.removeFirst() }
            memory.blocks.append(block)
        }
        return block
    }

    /// Reads a block of a file. A file that another process wrote anew in between, to erase something, is opened again.
    private func read(
        _ seq: UInt64, in range: ArchivedRange, log: Bytes32
    ) throws(LogError) -> (ArchiveFile, ArchiveBlock)? {
        for attempt in 1...ArchiveStore.attempts {
            guard let file = try file(range, log: log) else { return nil }
            do throws(ArchiveDamage) {
                return (file, try file.block(of: seq))
            } catch {
                forget()
                guard error == .replaced, attempt < ArchiveStore.attempts else { throw told(file, error) }
            }
        }
        return nil
    }

    /// How often a file is opened that is always another one when it is read.
    private static let attempts = 8

    private func known(_ seq: UInt64) -> ArchiveBlock? {
        memory.withLock { memory in
            guard let index = memory.blocks.lastIndex(where: { $0.first <= seq && seq < $0.end }) else { return nil }
            guard index < memory.blocks.count - 1 else { return memory.blocks[index] }
            let block = memory.blocks.remove(at: index)
            memory.blocks.append(block)
            return block
        }
    }

    /// The file of a range, if it is there and belongs to the log.
    func file(_ range: ArchivedRange, log: Bytes32) throws(LogError) -> ArchiveFile? {
        if let file = memory.withLock({ $0.files[range.first] }) { return file }
        let path = path(range)
        let file: ArchiveFile?
        do throws(ArchiveDamage) {
            file = try ArchiveFile(path)
        } catch {
            throw .archive(file: path, .damaged, reason: error.reason)
        }
        guard let file else { return nil }
        if file.header.log != log || file.header.first != range.first || file.header.end != range.end {
            throw foreign(file, range, log)
        }
        memory.withLock {
            if $0.files.count >= ArchiveStore.keptFiles { $0.files.removeAll() }
            $0.files[range.first] = file
        }
        return file
    }

    private func foreign(_ file: ArchiveFile, _ range: ArchivedRange, _ log: Bytes32) -> LogError {
        do throws(ArchiveDamage) { try file.checkHash() } catch {
            return .archive(file: file.path, .damaged, reason: error.reason)
        }
        let header = file.header
        if header.log != log {
            return .archive(file: file.path, .foreign, reason: "it belongs to another log, \(header.origin)")
        }
        return .archive(
            file: file.path, .foreign, reason: "it holds the entries \(header.first)–\(header.end - 1) of this log")
    }

    /// What is wrong with a file: it was changed by accident if its own hash does not hold, and else on purpose.
    private func told(_ file: ArchiveFile, _ damage: ArchiveDamage) -> LogError {
        do throws(ArchiveDamage) { try file.checkHash() } catch {
            return .archive(file: file.path, .damaged, reason: error.reason)
        }
        return .archive(file: file.path, .altered, reason: damage.reason)
    }
}
