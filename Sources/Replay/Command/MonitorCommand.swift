import ArgumentParser
import Glibc
import Log
import Nostr

/// `monitor`: follows a log and calls when something is wrong.
struct MonitorCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "monitor",
        abstract: "Will I notice when it is rewritten? Follows a log, and calls when something is wrong.",
        discussion: """
            Follows a log at its address or in its directory. Each new checkpoint has to be signed by the log's key and \
            to continue what was seen before; each new tile has to be what the leaves give; and in a directory each new \
            entry what the rules give. The state file remembers what was seen, so that it goes on where it stopped; \
            without one, the first look trusts what is there and says so. An alarm is a line, and the exit status 1.

              ringdown-replay monitor https://relay.example.com --vkey KEY --state seen.json
              ringdown-replay monitor https://relay.example.com --vkey KEY --key-file auditor.key --copy audit/
              ringdown-replay monitor DIR --once --state seen.json --json
            """)

    @Argument(help: ArgumentHelp("The relay's address (http or https), or a data directory.", valueName: "URL|DIR"))
    var place: String

    @Option(help: ArgumentHelp("Remember in this file what was seen.", valueName: "FILE"))
    var state: String?

    @Option(help: ArgumentHelp("Seconds between two looks.", valueName: "S"))
    var interval: UInt32 = 60

    @Flag(help: "Look once, and end with 1 if there is an alarm.")
    var once = false

    @Option(help: ArgumentHelp("The log's verifier key.", valueName: "KEY"))
    var vkey: String?

    @Option(help: ArgumentHelp("Whose cosignatures are needed: a C2SP tlog-policy file.", valueName: "FILE"))
    var policy: String?

    @Option(help: ArgumentHelp("Call when the newest entry is older than so many seconds.", valueName: "S"))
    var stale: UInt32?

    @Option(
        name: .customLong("key-file"),
        help: ArgumentHelp("An auditor's secret key: recompute the decisions at an address, too.", valueName: "FILE"))
    var keyFile: String?

    @Option(
        help: ArgumentHelp(
            "With --key-file: keep the entries in this directory, a log like any other.", valueName: "DIR"))
    var copy: String?

    @Flag(name: .customLong("json"), help: "An object a look; docs/replay.md names its fields.")
    var printsJSON = false

    /// How often a waiting monitor looks whether it is to end, in microseconds.
    private static let patience: UInt32 = 200_000

    func validate() throws {
        _ = try vkey.map(Parse.vkey)
        guard (keyFile == nil) == (copy == nil), keyFile == nil || isAddress else {
            throw ValidationError("--key-file and --copy go together, with an address")
        }
        guard interval > 0 else { throw ValidationError("--interval has to be at least 1 second") }
    }

    private var isAddress: Bool { place.hasPrefix("http://") || place.hasPrefix("https://") }

    func execute(_ console: Console) throws -> Int32 {
        var known = try read()
        let monitor = try Monitor(
            vkey: vkey.map(Parse.vkey), policy: try policy.map(MonitorCommand.policy),
            staleAfter: stale.map { Int64($0) * 1_000_000 }, copy: remoteCopy())
        var alarmed = false
        var latest: Alarm?
        if !once { StopSignal.install() }
        while true {
            do {
                let sighting = try look(monitor, known, console)
                if let state { try SmallFile.write(sighting.state.file, to: state) }
                if sighting.isFirst || sighting.grown > 0 || latest != nil || once { try say(sighting, console) }
                known = sighting.state
                latest = nil
            } catch let alarm as Alarm {
                alarmed = true
                // The same alarm is one alarm, however long it lasts.
                if alarm != latest { try say(alarm, console) }
                latest = alarm
            }
            try console.output.flush()
            if once || !wait() { return alarmed ? ReplayFailure.Status.negative.rawValue : 0 }
        }
    }

    private func look(_ monitor: Monitor, _ known: MonitorState?, _ console: Console) throws -> Monitor.Sighting {
        console.progress.begin("looking")
        let now = once ? console.now : Console.microseconds()
        do {
            return isAddress
                ? try monitor.look(at: place, state: known, now: now, progress: console.progress.update)
                : try monitor.look(in: place, state: known, now: now, progress: console.progress.update)
        } catch let error as LogError {
            throw Alarm(.damaged, "\(error)")
        } catch let error as ProofFailure {
            throw Alarm(.damaged, "\(error)")
        } catch let error as ReplayFailure where error.status == .noLog {
            throw Alarm(.unreachable, error.message)
        }
    }

    private func remoteCopy() throws -> RemoteCopy? {
        guard let keyFile, let copy else { return nil }
        let text = try SmallFile.text(keyFile).split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        // Not with the text in it: it may be most of a secret.
        guard let key = try? SecretKey(parsing: text) else {
            throw ReplayFailure(.negative, "\(keyFile) holds no secret key: expected nsec1… or 64 hex digits")
        }
        return RemoteCopy(address: RemoteTree(place).address, key: key, directory: copy)
    }

    /// Waits until the next look; `false` when somebody asked to end.
    private func wait() -> Bool {
        var rest = UInt64(interval) * 1_000_000
        while rest > 0 {
            if StopSignal.isWanted { return false }
            usleep(MonitorCommand.patience)
            rest -= min(rest, UInt64(MonitorCommand.patience))
        }
        return !StopSignal.isWanted
    }

    private func read() throws -> MonitorState? {
        guard let state, access(state, F_OK) == 0 else { return nil }
        return try MonitorState(parsing: SmallFile.bytes(state), path: state)
    }

    private static func policy(_ path: String) throws -> WitnessPolicy {
        let file = try SmallFile.bytes(path)
        do throws(ProofError) { return try WitnessPolicy(parsing: file) } catch {
            throw ReplayFailure(.negative, "\(path): \(error)")
        }
    }

    private func say(_ alarm: Alarm, _ console: Console) throws {
        guard printsJSON else { return try console.output.line("ALARM \(alarm.kind.rawValue): \(alarm.text)") }
        var json = JSONWriter()
        json.beginObject()
        json.field("alarm", alarm.kind.rawValue)
        json.field("text", alarm.text)
        json.endObject()
        try console.output.line(utf8: json.bytes)
    }

    private func say(_ sighting: Monitor.Sighting, _ console: Console) throws {
        let state = sighting.state
        guard printsJSON else {
            let size = state.frontier.size.grouped
            let witnesses = sighting.witnesses.isEmpty ? "" : ", seen by \(sighting.witnesses.joined(separator: ", "))"
            let decisions = sighting.isRecomputed ? "; every decision is what the rules give" : ""
            try console.output.line(
                sighting.isFirst
                    ? """
                    first look at \(state.key.origin): \(size) entries are trusted as they are\(witnesses)\(decisions)
                    """
                    : "\(state.key.origin): \(size) entries, \(sighting.grown.grouped) new, continuing\(witnesses)\(decisions)"
            )
            return
        }
        var json = JSONWriter()
        json.beginObject()
        json.field("log", state.key.origin)
        json.field("first", sighting.isFirst)
        json.field("size", state.frontier.size)
        json.field("root", state.frontier.root)
        json.field("grown", sighting.grown)
        json.field("recomputed", sighting.isRecomputed)
        json.field("time", Timestamp.text(state.seen, .microseconds))
        json.endObject()
        try console.output.line(utf8: json.bytes)
    }
}
