import Foundation

extension Scenario {
    /// The table of docs/performance.md, in its order.
    static let all = [
        ingest, pairing, pairingUnderLoad, fanOut, live, queries, start, idle, disk, replay,
    ]

    private static let ingest = Scenario(
        name: "ingest", summary: "regular 500-byte events, durable and acknowledged, on one core and on all"
    ) { machine, scale, _ in
        if machine.cores > 1 { pin(to: 1...machine.cores - 1) }
        let one = try Ingest.run(events: scale.ingestEvents, connections: 4, window: 512, cores: "0")
        pin(to: 0...machine.cores - 1)
        let all = try Ingest.run(events: scale.ingestEvents, connections: 8, window: 256, cores: nil)
        let alone = try Ingest.run(events: max(200, scale.ingestEvents / 100), connections: 1, window: 1, cores: nil)
        return [
            Figure(
                "ingest, relay on one core", one.perSecond, "/s", limit: machine.verify, beside: "raw checks, one core",
                aim: .ratioAtLeast(0.85)),
            Figure(
                "  processor time of one event", one.cpuSeconds * 1e6, "µs", limit: 1e6 / machine.verify,
                beside: "one raw check"),
            Figure("  of its core, the relay used", one.utilisation * 100, "%"),
            Figure(
                "ingest, relay and load on all cores", all.perSecond, "/s", limit: one.perSecond,
                beside: "on one core", aim: .ratioAtLeast(1.6)),
            Figure("  of all cores, the relay used", all.utilisation * 100, "%", limit: Double(machine.cores) * 100),
            Figure("ingest, one event at a time", alone.perSecond, "/s"),
            Figure(
                "disk for an event, indexes and tree included", all.bytesPerEvent, "bytes", limit: all.jsonBytes,
                beside: "its JSON", aim: .ratioAtMost(2)),
        ]
    }

    private static let pairing = Scenario(
        name: "pairing", summary: "24621 sent until both 24622 are received, relay idle"
    ) { machine, scale, _ in
        let samples = try Pairing.run(rounds: scale.pairings)
        let (p50, p99) = (quantile(samples, 0.5), quantile(samples, 0.99))
        let bound = machine.pairingFloor + 0.000_3
        return [
            Figure(
                "pairing, relay idle, p50", p50 * 1e3, "ms", limit: bound * 1e3, beside: "check+2 sign+sync+0.3 ms",
                aim: .ratioAtMost(1)),
            Figure("pairing, relay idle, p99", p99 * 1e3, "ms", limit: p50 * 1e3, beside: "p50", aim: .ratioAtMost(3)),
        ]
    }

    private static let pairingUnderLoad = Scenario(
        name: "pairing-under-load", summary: "the same while 5,000 regular events a second come in"
    ) { _, scale, _ in
        let result = try PairingUnderLoad.run(perSecond: 5_000, rounds: scale.pairings)
        return [
            Figure("pairing while others publish, p50", quantile(result.pairings, 0.5) * 1e3, "ms"),
            Figure("  p99", quantile(result.pairings, 0.99) * 1e3, "ms", aim: .atMost(10)),
            Figure("  events taken meanwhile", result.eventsPerSecond, "/s", aim: .atLeast(4_900)),
        ]
    }

    private static let fanOut = Scenario(
        name: "fan-out", summary: "one event to 1,000 subscribers, relay on one core"
    ) { machine, scale, _ in
        if machine.cores > 1 { pin(to: 1...machine.cores - 1) }
        defer { pin(to: 0...machine.cores - 1) }
        let result = try FanOut.run(
            subscribers: scale.subscribers, events: scale.fanOutEvents, timed: scale.pairings, cores: "0")
        return [
            Figure(
                "fan-out to \(scale.subscribers)", result.deliveriesPerSecond, "deliveries/s", aim: .atLeast(250_000)),
            Figure("  processor time of one delivery", result.cpuSecondsPerDelivery * 1e6, "µs"),
            Figure("  of its core, the load used", result.clientUtilisation * 100, "%"),
            Figure("  event sent to last delivery, p50", quantile(result.lastDelivery, 0.5) * 1e3, "ms"),
            Figure("  p99", quantile(result.lastDelivery, 0.99) * 1e3, "ms", aim: .atMost(15)),
        ]
    }

    private static let live = Scenario(
        name: "live", summary: "100,000 live subscriptions of which one matches, and 1,000"
    ) { machine, scale, _ in
        if machine.cores > 1 { pin(to: 1...machine.cores - 1) }
        defer { pin(to: 0...machine.cores - 1) }
        let results = try [1, 100].map {
            try LiveSubscriptions.run(
                connections: scale.liveConnections, each: $0, events: scale.liveEvents, cores: "0")
        }
        return [
            Figure(
                "one match among \(results[1].subscriptions) subscriptions, processor time",
                results[1].cpuSecondsPerEvent * 1e6, "µs", limit: results[0].cpuSecondsPerEvent * 1e6,
                beside: "among \(results[0].subscriptions)", aim: .ratioAtMost(1.1)),
            Figure("  event sent to its delivery, p50", results[1].delivery * 1e3, "ms"),
        ]
    }

    private static let queries = Scenario(
        name: "queries", summary: "questions to 1,000,000 stored events, and a slow reader of all of them"
    ) { _, scale, progress in
        let result = try Queries.run(events: scale.storedEvents, pairings: scale.pairings, progress: progress)
        func p50(_ samples: [Double]) -> Double { quantile(samples, 0.5) * 1e3 }
        return [
            Figure("REQ by author and kind, limit 100, p50", p50(result.byAuthor), "ms", aim: .atMost(1)),
            Figure("REQ by id, p50", p50(result.byID), "ms", aim: .atMost(0.3)),
            Figure("REQ by #p, p50", p50(result.byRecipient), "ms", aim: .atMost(0.3)),
            Figure(
                "REQ of all \(scale.storedEvents): the first event", result.first * 1e3, "ms",
                limit: result.last * 1e3, beside: "the last", aim: .ratioAtMost(0.1)),
            Figure(
                "pairing beside a slow reader of everything, p50", p50(result.pairingBeside), "ms",
                limit: p50(result.pairingAlone), beside: "without it", aim: .ratioAtMost(1.1)),
        ]
    }

    private static let start = Scenario(
        name: "start", summary: "from the process to the first connection, with 10,000,000 entries"
    ) { _, scale, progress in
        let result = try Start.run(entries: scale.startEntries, progress: progress)
        return [
            Figure(
                "start with \(result.entries) entries", quantile(result.withSnapshot, 0.5), "s", aim: .atMost(1)),
            Figure("start without a snapshot", result.withoutSnapshot, "s", aim: .atMost(10)),
        ]
    }

    private static let disk = Scenario(
        name: "reports", summary: "disk for a status report that says what the one before said"
    ) { _, _, _ in
        let bytes = try ReportBytes.run(rounds: 100)
        return [
            Figure("disk for a repeated status report, all in", bytes.each, "bytes", aim: .atMost(300)),
            Figure("  its content", bytes.json, "bytes"),
        ]
    }

    /// Both relays under the same load, with the processors that there are.
    ///
    /// - Parameter path: strfry's binary.
    static func strfry(_ path: String) -> Scenario {
        Scenario(name: "strfry", summary: "the same load on Ringdown and on strfry, the relay to beat") {
            _, scale, progress in
            let load = Rivalry.Load(events: scale.ingestEvents)
            progress("strfry")
            let rival = try Rivalry.run(try RelayProcess.strfry(path), load, scale: scale, asksForKeys: false)
            progress("Ringdown")
            let ours = try Rivalry.run(
                try RelayProcess(members: [], open: true), load, scale: scale, asksForKeys: true)
            func figure(_ what: String, _ value: (Rivalry) -> Double, _ unit: String, _ aim: Figure.Aim) -> Figure {
                Figure(what, value(ours), unit, limit: value(rival), beside: "strfry", aim: aim)
            }
            func p50(_ result: Rivalry) -> Double { quantile(result.lastDelivery, 0.5) * 1e3 }
            return [
                figure("ingest, 64 connections of 16 in flight", \.ingestPerSecond, "/s", .ratioAtLeast(2)),
                figure("  one event at a time", \.alonePerSecond, "/s", .ratioAtLeast(1)),
                figure("  disk for an event", \.bytesPerEvent, "bytes", .ratioAtMost(1)),
                figure("fan-out to \(scale.subscribers)", \.deliveriesPerSecond, "deliveries/s", .ratioAtLeast(3)),
                figure("  event sent to last delivery, p50", p50, "ms", .ratioAtMost(1)),
                figure("REQ by author, limit 100, 8 connections", \.authorsPerSecond, "/s", .ratioAtLeast(1.5)),
                figure("REQ by id, 8 connections", \.idsPerSecond, "/s", .ratioAtLeast(1.5)),
            ]
        }
    }

    private static let idle = Scenario(
        name: "idle", summary: "10,000 authenticated sessions that wait to be called"
    ) { _, scale, _ in
        let result = try Idle.run(connections: scale.idleConnections, rounds: scale.pairings)
        return [
            Figure(
                "memory of one of \(result.connections) idle sessions", result.residentPerConnection / 1e3, "KB",
                aim: .atMost(12)),
            Figure("  of it heap", result.anonymousPerConnection / 1e3, "KB"),
            Figure("  heap kept when they have gone", result.anonymousPerConnectionAfter / 1e3, "KB"),
            Figure(
                "  heap with as many others after them", result.anonymousPerConnectionAgain / 1e3, "KB",
                limit: result.anonymousPerConnection / 1e3, beside: "the first", aim: .ratioAtMost(1.25)),
            Figure("  the kernel's, both ends", result.kernelPerConnection / 1e3, "KB"),
            Figure("  the relay without them", Double(result.baselineBytes) / 1e6, "MB"),
            Figure("  connecting all of them", result.connectSeconds, "s"),
            Figure("  processor while nothing happens", result.idleProcessor * 100, "%", aim: .atMost(1)),
            Figure(
                "pairing beside them, p50", result.beside.p50 * 1e3, "ms", limit: result.alone.p50 * 1e3,
                beside: "without them"),
            Figure(
                "  p99", result.beside.p99 * 1e3, "ms", limit: result.alone.p99 * 1e3, beside: "without them",
                aim: .ratioAtMost(2)),
        ]
    }

    private static let replay = Scenario(
        name: "replay", summary: "a log of 1,000,000 mixed entries recomputed and verified"
    ) { _, scale, _ in
        let result = try ReplayBenchmark.run(entries: scale.replayEntries)
        return [
            Figure(
                "replay: decisions recomputed, one core", result.statePerSecond, "entries/s", aim: .atLeast(1_000_000)),
            Figure("  on two cores, as without a snapshot", result.rebuiltPerSecond, "entries/s"),
            Figure("  every output compared, all cores", result.comparedPerSecond, "entries/s"),
            Figure("verify: everything, all cores", result.verifiedPerSecond, "entries/s"),
            Figure(
                "  signatures of it", result.signaturesPerSecond, "/s", limit: result.rawSignaturesPerSecond,
                beside: "raw, all cores", aim: .ratioAtLeast(0.85)),
            Figure("state at any point, p50", quantile(result.stateAt, 0.5) * 1e3, "ms"),
            Figure("  worst", quantile(result.stateAt, 1) * 1e3, "ms", aim: .atMost(50)),
        ]
    }
}
