import Log
import Nostr
import Reducers

/// Fills tables from a part of a log: one pass over its entries, and one over its attempts, whose deliveries come later.
struct TableExport {
    let log: EventLog
    let positions: Range<UInt64>
    let progress: Progress

    func run(into sink: any RowSink, names: KeyNames) throws {
        var rows = RowMaker(sink, names: names)
        progress.begin("replaying")
        try log.read { reader in
            let state = try Replayer.state(
                of: reader, before: positions.lowerBound, progress: { progress.update($0, of: $1) })
            try rows.begin(state, in: reader)
        }
        progress.begin("exporting")
        try LogRange.forEachEntry(of: log, positions, progress: progress.update) { entry, reader in
            try rows.take(entry, in: reader)
        }
        try rows.finish()
        progress.begin("exporting attempts")
        try log.read { reader in
            let first = try reader.leaf(at: positions.lowerBound)
            let last = try reader.leaf(at: positions.upperBound - 1)
            let filter = AttemptFilter(since: first?.time, until: last?.time)
            try AttemptReader.read(reader, filter, progress: progress.update) { attempt in
                // Entries of the same microsecond may lie outside.
                guard positions.contains(attempt.request.seq) else { return }
                try sink.row(.attempts, TableExport.row(attempt))
            }
        }
    }

    private static func row(_ attempt: Attempt) -> [Cell] {
        let decision = attempt.decision
        let (requester, target) = (attempt.requester, attempt.target)
        func count(_ sessions: [UInt64]) -> Cell { attempt.isGranted ? Cell(sessions.count) : .null }
        return [
            Cell(attempt.request.seq), Cell(attempt.decisionSeq), Cell(attempt.request.time),
            .moment(attempt.request.time), Cell(attempt.event), Cell(attempt.attemptID), Cell(decision.author),
            Cell(decision.target), Cell(decision.outcome.rawValue), Cell(decision.code), Cell(decision.message),
            Cell(decision.expiresAt), Cell(requester.listeningSince), Cell(target.listeningSince),
            Cell(requester.call), Cell(target.call), count(requester.ring.written), count(target.ring.written),
            count(requester.ring.dropped), count(target.ring.dropped),
        ]
    }
}
