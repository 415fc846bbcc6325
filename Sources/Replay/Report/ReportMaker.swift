import Log
import Nostr
import Reducers

/// Reads what a report shows: the attempts first, then every entry, with the rules applied again beside it.
struct ReportMaker {
    let log: EventLog
    let progress: Progress

    /// Reads a range.
    func report(on positions: Range<UInt64>) throws -> Report {
        var report = try log.read { reader in
            let first = try reader.leaf(at: positions.lowerBound)?.time ?? 0
            let last = try reader.leaf(at: positions.upperBound - 1)?.time ?? first
            var report = Report(
                positions: positions, times: first...max(first, last), logSize: reader.size, logRoot: reader.root)
            if let entry = try reader.entry(at: 0),
                case .input(.genesis(let genesis), _) = try RecordedEntry(entry).content
            {
                (report.origin, report.relay) = (genesis.origin, genesis.relay)
            }
            return report
        }
        progress.begin("reading attempts")
        try log.read { try readAttempts($0, into: &report) }
        progress.begin("replaying")
        let state = try log.read { reader in
            try Replayer.state(
                of: reader, before: positions.lowerBound, progress: { progress.update($0, of: $1) })
        }
        progress.begin("reading entries")
        var pass = ReportPass(state, &report)
        try log.read { try pass.begin($0, &report) }
        try LogRange.forEachEntry(of: log, positions, progress: progress.update) { entry, reader in
            try pass.take(entry, reader, &report)
        }
        pass.finish(&report)
        try log.read { try report.checkpoint?.check(in: $0) }
        return report
    }

    private func readAttempts(_ reader: borrowing LogReader, into report: inout Report) throws {
        // A ring: where the next story goes when there are as many as are kept.
        var next = 0
        let filter = AttemptFilter(since: report.times.lowerBound, until: report.times.upperBound)
        try AttemptReader.read(reader, filter, progress: progress.update) { attempt in
            guard report.positions.contains(attempt.request.seq) else { return }
            count(attempt, into: &report)
            if report.stories.count < Report.maximumStories {
                report.stories.append(Report.Story(attempt: attempt))
            } else {
                report.stories[next] = Report.Story(attempt: attempt)
                next = (next + 1) % Report.maximumStories
            }
        }
        report.stories = Array(report.stories[next...] + report.stories[..<next])
    }

    private func count(_ attempt: Attempt, into report: inout Report) {
        var count = Report.Count()
        if attempt.isGranted { count.granted = 1 } else { count.refused = 1 }
        report.granted += count.granted
        report.refused += count.refused
        if attempt.requester.ring.isRung, attempt.target.ring.isRung { report.rungAtBothEnds += 1 }
        let bucket = min(Report.buckets - 1, Int(report.share(attempt.request.time) / 100 * Double(Report.buckets)))
        report.overview[bucket].granted += count.granted
        report.overview[bucket].refused += count.refused
        guard let requester = attempt.decision.author, let target = attempt.decision.target else { return }
        let pair = Report.Pair(requester: requester, target: target)
        guard report.pairs[pair] != nil || report.pairs.count < Report.maximumPairs else { return }
        report.pairs[pair, default: Report.Count()].granted += count.granted
        report.pairs[pair]?.refused += count.refused
    }
}
