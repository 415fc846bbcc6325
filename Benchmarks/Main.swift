import ArgumentParser
import Foundation
import Log
import Nostr
import Reducers

/// Measures the relay beside the limits of the machine, in one run: every figure comes with what it is to be compared with.
@main
struct RingdownBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ringdown-bench", abstract: "Measurements of the relay and of the replay tool.",
        subcommands: [
            Measurements.self,
            MakeLog.self,
            ProofFiles.self,
            Judge.self,
            ReportingCost.self,
            Recompute.self,
        ],
        defaultSubcommand: Measurements.self)
}

/// `run`: all measurements, or some of them.
struct Measurements: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Measure ingest, pairing and replay beside the machine's own limits.",
        discussion: "Run `make bench`: it builds this and the relay in release, side by side.")

    @Option(help: "Regular events to take in.") var events = 60_000
    @Option(help: "Pairings to time.") var pairings = 200
    @Option(help: "Entries of the log that is replayed.") var entries: UInt64 = 1_000_000
    @Option(help: "Connections that wait while a pair meets.") var connections = 10_000
    @Option(help: "A file for the figures of `idle`, as JSON.") var json: String?
    @Option(help: "Which parts to run: limits, ingest, pairing, idle, replay.") var only: [String] = []

    private func wants(_ part: String) -> Bool { only.isEmpty || only.contains(part) }

    func run() throws {
        print("ringdown-bench: \(ProcessInfo.processInfo.activeProcessorCount) cores, Swift release build")
        row("what", "figure", limit: "limit", ratio: nil)
        let verify = Limits.verify()
        let sign = Limits.sign()
        let sync = Limits.sync(in: NSTemporaryDirectory())
        row("raw BIP-340 verify, one core", format(verify, "/s"))
        row("raw BIP-340 sign, one core", format(sign, "/s"))
        row("write and fdatasync of 4 KiB, median", String(format: "%.2f ms", sync * 1000))
        if wants("limits") {
            let notes = Workload.notes(1000, by: Workload.key("parse"), from: 1_790_000_000)
            let parse = Limits.parse(notes)
            let known = Limits.verifyKnown()
            row(
                "BIP-340 verify of a key that signed before", format(known, "/s"), limit: "raw verify",
                ratio: known / verify)
            row("parse of a 500-byte event", format(parse, "/s"), limit: "of one verify", ratio: verify / parse)
        }
        if wants("ingest") { try ingest(verify) }
        if wants("pairing") { try pairing(verify, sign, sync) }
        if wants("idle") { try idle() }
        if wants("replay") { try replay() }
    }

    private func ingest(_ verify: Double) throws {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        if cores > 1 { pin(to: 1...cores - 1) }
        let pinned = try Ingest.run(events: events, connections: 4, window: 512, cores: "0")
        pin(to: 0...cores - 1)
        row(
            "ingest, durable, relay on one core", format(pinned.perSecond, "/s"),
            limit: "raw verify, one core", ratio: pinned.perSecond / verify)
        row(
            "  processor time of one event", String(format: "%.1f µs", pinned.cpuSeconds * 1e6),
            limit: String(format: "one verify %.1f µs", 1e6 / verify), ratio: 1 / verify / pinned.cpuSeconds)
        row("  of its core, the relay used", String(format: "%.0f %%", pinned.utilisation * 100))
        let both = try Ingest.run(events: events, connections: 8, window: 256, cores: nil)
        row(
            "ingest, durable, load on the same two cores", format(both.perSecond, "/s"),
            limit: "raw verify, one core", ratio: both.perSecond / verify)
        let alone = try Ingest.run(events: max(200, events / 100), connections: 1, window: 1, cores: nil)
        row("ingest, one at a time", format(alone.perSecond, "/s"))
        row(
            "disk per event", "\(Int(both.bytesPerEvent)) bytes", limit: "its JSON, \(Int(both.jsonBytes)) bytes",
            ratio: both.bytesPerEvent / both.jsonBytes)
    }

    private func pairing(_ verify: Double, _ sign: Double, _ sync: Double) throws {
        let samples = try Pairing.run(rounds: pairings)
        let floor = 1 / verify + 2 / sign + sync
        for (name, fraction) in [("p50", 0.5), ("p99", 0.99)] {
            let value = quantile(samples, fraction)
            row(
                "pairing, request sent to both rung, \(name)", String(format: "%.2f ms", value * 1000),
                limit: String(format: "verify+2 sign+sync %.2f ms", floor * 1000), ratio: value / floor)
        }
    }

    private func idle() throws {
        let result = try Idle.run(connections: connections, rounds: pairings)
        func kilobytes(_ bytes: Double) -> String { String(format: "%.2f KB", bytes / 1000) }
        func milliseconds(_ value: Idle.Quantiles) -> String {
            String(format: "%.2f / %.2f ms", value.p50 * 1000, value.p99 * 1000)
        }
        row("idle connections, authenticated and listening", "\(result.connections)")
        row("  until all of them were", String(format: "%.1f s", result.connectSeconds))
        row(
            "  memory of each, resident set", kilobytes(result.residentPerConnection), limit: "aim 12 KB",
            ratio: result.residentPerConnection / Idle.aimBytes)
        row("    of it heap", kilobytes(result.anonymousPerConnection))
        row("    heap when they have gone", kilobytes(result.anonymousPerConnectionAfter))
        row("    heap with as many others after them", kilobytes(result.anonymousPerConnectionAgain))
        row("    the kernel's, both ends", kilobytes(result.kernelPerConnection))
        row("  relay without them", String(format: "%.1f MB", Double(result.baselineBytes) / 1e6))
        row("  processor while nothing happens", String(format: "%.2f %%", result.idleProcessor * 100))
        row("pairing on a relay without them, p50 / p99", milliseconds(result.alone))
        row(
            "pairing beside them, in turns with it", milliseconds(result.beside), limit: "p99, aim 2",
            ratio: result.p99Ratio)
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(result).write(to: URL(fileURLWithPath: json))
        }
    }

    private func replay() throws {
        let result = try ReplayBenchmark.run(entries: entries)
        row("replay: entries of a mixed log", "\(result.entries)")
        row("  decided, signed and appended", format(result.appendPerSecond, "entries/s"))
        row("  bytes of an entry in the file", "\(result.bytes / result.entries)")
        row(
            "  every decision recomputed, one core", format(result.statePerSecond, "entries/s"),
            limit: "aim 1000000 entries/s", ratio: result.statePerSecond / 1_000_000)
        row(
            "  … on two cores, as without a snapshot", format(result.rebuiltPerSecond, "entries/s"))
        row("  every output compared, all cores", format(result.comparedPerSecond, "entries/s"))
        row("  everything verified, all cores", format(result.verifiedPerSecond, "entries/s"))
        row(
            "    signatures of it", format(result.signaturesPerSecond, "/s"),
            limit: "raw \(format(result.rawSignaturesPerSecond, "/s")), aim 0.85",
            ratio: result.signaturesPerSecond / result.rawSignaturesPerSecond)
        for (name, fraction) in [("p50", 0.5), ("worst", 1.0)] {
            let value = quantile(result.stateAt, fraction)
            row(
                "  state at any point, \(name)", String(format: "%.1f ms", value * 1000), limit: "aim 50 ms",
                ratio: value / 0.05)
        }
    }
}
