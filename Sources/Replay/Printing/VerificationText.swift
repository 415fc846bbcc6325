import Log
import Nostr

/// What a verification came to, in words or as one object.
struct VerificationText: Answer {
    let result: Verification
    let names: KeyNames

    var lines: [String] {
        let speed = "\(seconds) s, \(UInt64(result.entriesPerSecond).grouped) entries/s"
        if let divergence = result.divergence {
            return [
                "DIVERGES at \(divergence.place)",
                "  expected  \(divergence.expected)",
                "  found     \(divergence.found)",
                "  \(result.entries.grouped) entries before it are what they have to be (\(speed))",
            ]
        }
        let head = "verified: \(result.entries.grouped) entries, every one of them what it has to be" + gaps + cut
        return [head] + absences + [
            "  log         \(result.origin ?? "unnamed"), relay \(result.relay.map(names.callAsFunction) ?? "unknown")",
            """
              events      \(result.clientEvents.grouped) from clients, \(result.relayEvents.grouped) signed by the relay, \
            \(result.signatures.grouped) signatures checked
            """,
            """
              decisions   \(result.decisions.grouped): \(result.granted.grouped) granted, \(result.applied.grouped) applied, \
            \(result.unchanged.grouped) unchanged, \(result.refused.grouped) refused
            """,
            "  checkpoints \(checkpoints)",
            "  root        \(result.root.hex)",
            "  time        \(times ?? "none")",
            "  speed       \(speed)",
        ]
    }

    /// What was not looked at because it is somewhere else; nothing where everything is here.
    private var absences: [String] {
        guard let last = result.absent.last else { return [] }
        return result.absent.map { "  absent      \($0.description)" } + [
            "  begins      at entry \(result.begins), from the kept state behind entry \(result.begins - 1), which the log "
                + "commits to; of the entries up to \(last.last) the hashes are in the tree"
        ]
    }

    /// What could not be recomputed because it was erased; nothing where nothing was.
    private var gaps: String {
        guard result.erased > 0 else { return "" }
        let uncertain =
            result.uncertain == 0
            ? "" : ", and \(result.uncertain.grouped) inputs after them came out otherwise for want of them"
        return "; \(result.erased.grouped) payloads were erased, their leaves are in the tree\(uncertain)"
    }

    /// What part of the log this is; nothing for a whole one.
    private var cut: String {
        result.cut.map {
            "; this copy was cut to entries \($0.lowerBound) to \($0.upperBound - 1), all others are there as leaves"
        } ?? ""
    }

    private var checkpoints: String {
        result.checkpoints == 0
            ? "none in the log"
            : "\(result.checkpoints.grouped) in the log, the newest over \(result.checkpointSize.grouped) entries"
    }

    private var seconds: String {
        let hundredths = (result.elapsed.components.attoseconds / 10_000_000_000_000_000)
        let digits = String(hundredths)
        return "\(result.elapsed.components.seconds).\(digits.count < 2 ? "0" : "")\(digits)"
    }

    private var times: String? {
        result.times.map { "\(Timestamp.text($0.lowerBound)) to \(Timestamp.text($0.upperBound))" }
    }

    /// One object on one line; docs/replay.md names its fields.
    var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("verified", result.divergence == nil)
        if let divergence = result.divergence {
            json.field("position", divergence.position)
            json.field("aspect", divergence.aspect.rawValue)
            json.field("expected", divergence.expected)
            json.field("found", divergence.found)
        }
        json.field("entries", result.entries)
        json.field("client_events", result.clientEvents)
        json.field("relay_events", result.relayEvents)
        json.field("signatures", result.signatures)
        json.field("decisions", result.decisions)
        json.field("granted", result.granted)
        json.field("applied", result.applied)
        json.field("unchanged", result.unchanged)
        json.field("refused", result.refused)
        json.field("cut_first", result.cut?.lowerBound)
        json.field("cut_last", result.cut.map { $0.upperBound - 1 })
        json.field("erased", result.erased)
        json.field("uncertain", result.uncertain)
        json.field("checkpoints", result.checkpoints)
        json.field("absent", result.absent.reduce(0) { $0 + $1.count })
        json.field("begins", result.begins)
        json.field("log", result.origin)
        json.field("relay", result.relay)
        json.field("root", result.root)
        json.field("first_time", result.times.map { Timestamp.text($0.lowerBound, .microseconds) })
        json.field("last_time", result.times.map { Timestamp.text($0.upperBound, .microseconds) })
        json.key("seconds")
        json.raw(Array(seconds.utf8))
        json.field("entries_per_second", UInt64(result.entriesPerSecond))
        json.endObject()
        return json.bytes
    }
}
