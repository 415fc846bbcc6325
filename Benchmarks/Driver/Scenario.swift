/// One row, or a few, of the table.
struct Scenario: Sendable {
    /// How it is picked with `--only`.
    let name: String
    /// What it does, for `--list`.
    let summary: String
    let run: @Sendable (Machine, Scale, _ progress: (String) -> Void) throws -> [Figure]
}

/// How much of everything there is.
struct Scale: Sendable {
    var ingestEvents = 60_000
    var pairings = 300
    var subscribers = 1_000
    var fanOutEvents = 2_000
    var liveConnections = 1_000
    var liveEvents = 5_000
    var storedEvents = 1_000_000
    var replayEntries: UInt64 = 1_000_000
    var startEntries: UInt64 = 10_000_000
    var idleConnections = 10_000

    /// Everything in a minute or two: to see that it works, and what changed much.
    static let quick = Scale(
        ingestEvents: 20_000, pairings: 100, subscribers: 1_000, fanOutEvents: 500, liveConnections: 200,
        liveEvents: 1_000, storedEvents: 50_000, replayEntries: 100_000, startEntries: 200_000, idleConnections: 1_000)
}
