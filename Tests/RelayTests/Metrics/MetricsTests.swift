import Testing

@testable import Relay

@Suite struct MetricsTests {
    @Test func bucketsAreCumulativeAndTheirBoundsInclusive() {
        let histogram = Metrics.Histogram([1, 2, 4])
        for value in [0.5, 1, 1.5, 2, 3, 100] { histogram.observe(value) }
        let (counts, sum, count) = histogram.snapshot
        #expect(counts == [2, 4, 5])
        #expect(sum == 108 && count == 6)
    }

    @Test func aFamilyHasABoundedNumberOfNames() {
        let family = Metrics.Family()
        for number in 0..<100_000 { family.add("name=\"\(number)\"") }
        #expect(family.all.count < 1_000)
        let known = family.all[0]
        family.add(known.labels, 5)
        #expect(family.all[0].count == known.count + 5)
    }

    @Test func theQueuesDepthIsKnownWithoutTheSequencer() {
        let metrics = Metrics()
        let inbox = Inbox(limit: 3, metrics: metrics)
        let one = Submission(content: .listening(session: 1, keys: []))
        #expect(inbox.put([one, one]))
        #expect(metrics.queueDepth.load(ordering: .relaxed) == 2)
        #expect(!inbox.put([one, one]))
        #expect(metrics.queueDepth.load(ordering: .relaxed) == 2)
        #expect(inbox.take(most: 1, until: nil)?.count == 1)
        #expect(metrics.queueDepth.load(ordering: .relaxed) == 1)
    }
}
