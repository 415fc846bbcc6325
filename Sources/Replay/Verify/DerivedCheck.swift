import Dispatch
import Log
import Nostr
import Synchronization

/// Compares what is stored beside the entries with what the entries give: the tree, contents that are stored once, and the
/// indexes.
///
/// The indexes take a walk over all entries of their own. It goes on beside the recomputation, in what time that leaves,
/// and is asked for at the end.
final class DerivedCheck: Sendable {
    private struct Cancelled: Error {}

    private let log: EventLog
    private let indexes = Mutex<Result<String?, any Error>>(.failure(Cancelled()))
    private let walk = DispatchGroup()
    private let isCancelled = Atomic(false)
    private let walked = Atomic<UInt64>(0)

    /// Begins to check the indexes.
    init(_ log: EventLog) {
        self.log = log
        DispatchQueue.global(qos: .utility).async(group: walk) { [self] in
            let result = Result { try walkIndexes() }
            indexes.withLock { $0 = result }
        }
    }

    private func walkIndexes() throws -> String? {
        try log.read { reader in
            try reader.checkIndexes { [self] done, _ in
                walked.store(done, ordering: .relaxed)
                if isCancelled.load(ordering: .relaxed) { throw Cancelled() }
            }
        }
    }

    /// Ends the walk: an entry is not what it has to be, and nobody will ask.
    func cancel() {
        isCancelled.store(true, ordering: .relaxed)
        walk.wait()
    }

    /// Returns the first difference.
    ///
    /// - Parameters:
    ///   - stated: the root that the log stated when the verification began.
    ///   - computed: what its entries gave.
    /// - Throws: `LogError` when the log cannot be read.
    func divergence(stated: Bytes32, computed: LeafHashes, progress: Verifier.Progress?) throws -> Divergence? {
        guard stated == computed.root else {
            cancel()
            return Divergence(nil, .tree, expected: "the root \(computed.root)", found: "\(stated)")
        }
        do {
            try log.read { reader in try reader.checkSubtrees(computed.tiles) }
            let size = try log.read { $0.size }
            while walk.wait(timeout: .now() + DerivedCheck.progressInterval) == .timedOut {
                progress?(.indexes, walked.load(ordering: .relaxed), size)
            }
            return try indexes.withLock { try $0.get() }.map { difference in
                Divergence(nil, .index, expected: "the indexes that the entries give", found: difference)
            }
        } catch let error as LogError {
            cancel()
            guard case .damaged(let seq, let reason) = error else { throw error }
            return Divergence(seq, .tree, expected: "what the entries give", found: reason)
        }
    }

    private static let progressInterval = DispatchTimeInterval.milliseconds(100)
}
