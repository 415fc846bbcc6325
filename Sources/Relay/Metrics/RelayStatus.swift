import Foundation
import Log
import Nostr
import Synchronization

/// How a running relay is: what `status` shows.
struct RelayStatus {
    private let fields: JSONObject

    init?(json: [UInt8]) {
        guard let object = (try? JSONValue.parse(json))?.objectValue else { return nil }
        fields = object
    }

    /// The figures as JSON: numbers by name, and the most frequent reasons for what was turned away.
    static func json(
        _ metrics: Metrics, _ facts: LiveFacts.Snapshot, _ storage: StorageFigures?, address: String,
        checkpoint: CheckpointPublisher.Status
    ) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("version", RelayInformation.version)
        json.field("address", address)
        json.field("started_at", metrics.startedAt)
        json.field("now", Clock.seconds())
        json.field("members", facts.memberCount)
        json.field("sessions", facts.sessionCount)
        json.field("connections", metrics.connections.load(ordering: .relaxed))
        json.field("subscriptions", metrics.subscriptions.load(ordering: .relaxed))
        json.field("entries", facts.entries)
        json.field("log_bytes", storage?.used)
        json.field("events", metrics.events.total)
        json.field("deliveries", metrics.deliveries.load(ordering: .relaxed))
        json.field("granted", facts.granted)
        json.field("refused", facts.refused)
        json.field("dropped", metrics.dropped.total)
        json.field("queue_depth", metrics.queueDepth.load(ordering: .relaxed))
        let commits = metrics.commits.snapshot
        json.field("commits", commits.count)
        json.field("commit_microseconds", commits.count > 0 ? UInt64(commits.sum / Double(commits.count) * 1e6) : 0)
        json.field("resident_bytes", metrics.process.residentBytes)
        json.key("checkpoint")
        json.beginObject()
        json.field("size", checkpoint.size)
        json.field("published_at", checkpoint.publishedAt)
        json.field("halted", checkpoint.isHalted)
        if let failure = checkpoint.failure { json.field("failure", failure) }
        json.key("witnesses")
        json.beginObject()
        for (name, answer) in checkpoint.witnesses {
            json.key(name)
            json.string(answer)
        }
        json.endObject()
        json.endObject()
        json.key("reasons")
        json.beginObject()
        let frequent = metrics.dropped.all.filter { $0.count > 0 }.sorted { $0.count > $1.count }
        for (labels, count) in frequent.prefix(maximumReasons) {
            json.key(labels.split(separator: "\"").dropFirst().first.map(String.init) ?? labels)
            json.number(count)
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }

    /// Reasons that are shown.
    private static let maximumReasons = 8

    private func number(_ name: Text) -> Int64 { fields[name]?.integer ?? 0 }

    private func text(_ name: Text) -> String { fields[name]?.stringValue?.string ?? "" }

    /// A screenful. With the figures of a moment before, rates are those since then, else since the start.
    func text(since previous: RelayStatus?) -> String {
        let seconds = max(1, number("now") - (previous?.number("now") ?? number("started_at")))
        func rate(_ name: Text) -> String {
            let count = number(name) - (previous?.number(name) ?? 0)
            return "\(number(name)) (\(count / seconds)/s)"
        }
        var lines = [
            "Ringdown \(text("version")) on \(text("address")), up \(RelayStatus.span(number("now") - number("started_at")))",
            "",
            "members        \(number("members"))",
            "connections    \(number("connections")), \(number("sessions")) sessions, \(number("subscriptions")) subscriptions",
            "calls          \(number("granted")) granted, \(number("refused")) refused since the log began",
            "events         \(rate("events")) taken in, \(rate("deliveries")) delivered",
            "log            \(number("entries")) entries, \(number("log_bytes") / 1_048_576) MiB",
            "commits        \(rate("commits")), \(number("commit_microseconds")) µs each, \(number("queue_depth")) waiting",
            "memory         \(number("resident_bytes") / 1_048_576) MiB",
        ]
        lines += checkpointLines
        lines.append("turned away    \(rate("dropped"))")
        for reason in fields["reasons"]?.objectValue?.members ?? [] {
            let name = reason.key.string
            lines.append("  \(reason.value.integer ?? 0)  \(name): \(DropReason.meaning(of: name))")
        }
        return lines.joined(separator: "\n")
    }

    private var checkpointLines: [String] {
        guard let checkpoint = fields["checkpoint"]?.objectValue else { return [] }
        let size = checkpoint["size"]?.integer ?? 0
        let age = RelayStatus.span(max(0, number("now") - (checkpoint["published_at"]?.integer ?? 0)))
        var lines = [
            "checkpoint     " + (size > 0 ? "\(size) entries, published \(age) ago" : "none was published yet")
        ]
        if let failure = checkpoint["failure"]?.stringValue { lines.append("  \(failure)") }
        for witness in checkpoint["witnesses"]?.objectValue?.members ?? [] {
            lines.append("  \(witness.key): \(witness.value.stringValue?.string ?? "")")
        }
        return lines
    }

    private static func span(_ seconds: Int64) -> String {
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60)
        if days > 0 { return "\(days) d \(hours) h" }
        return hours > 0 ? "\(hours) h \(minutes) min" : minutes > 0 ? "\(minutes) min" : "\(seconds) s"
    }
}
