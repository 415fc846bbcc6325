import Log
import Nostr
import Reducers
import Testing

@testable import Replay

/// What the log's own writer never lets happen, put before the verifier as rows.
@Suite struct TimeTests {
    /// Verifies the entries of a short log after `change`, with their commitments made anew.
    private func divergence(_ change: (inout [Leaf]) -> Void) throws -> Divergence? {
        let story = try Story()
        try story.begin(members: ["alice"])
        let entries = try story.log.read { reader in
            try (0..<reader.size).compactMap { try reader.entry(at: $0) }
        }
        var leaves = entries.map(\.leaf)
        change(&leaves)
        let chunk = Chunk(first: 0, capacity: leaves.count)
        for (leaf, entry) in zip(leaves, entries) {
            (entry.payload ?? []).withUnsafeBytes { chunk.append(leaf, salt: entry.salt, payload: $0) }
        }
        chunk.check(EntryCheck(signatures: true))
        var recomputation = Recomputation()
        let stopped = recomputation.apply(chunk)
        chunk.compare()
        return chunk.divergence ?? stopped
    }

    @Test func timeThatGoesBackIsFound() throws {
        #expect(try divergence { _ in } == nil)
        let found = try divergence { $0[1].time = $0[0].time - 1 }
        #expect(found?.position == 1)
        #expect(found?.aspect == .header)
        #expect(found?.expected.contains("2026-01-02T03:04:05.678000Z") == true)
    }

    @Test func timeThatNoClockShowsIsFound() throws {
        for time in [-1, Int64.max, Int64.min, Timestamp.range.upperBound + 1] {
            let found = try divergence { for index in $0.indices { $0[index].time = time } }
            #expect(found?.position == 0)
            #expect(found?.aspect == .header)
        }
    }

    @Test func anOutputHasTheTimeOfItsCause() throws {
        let found = try divergence { $0[4].time += 1 }
        #expect(found?.position == 4)
        #expect(found?.aspect == .header)
    }
}
