import Log
import Nostr
import Reducers

/// Everything that happened around one attempt at either end, in the order of the log.
struct Trace {
    /// At which end something happened.
    enum Lane: String { case requester, target, both }

    /// One entry, seen from the ends.
    struct Row {
        var position: Position
        var lane: Lane
        /// What happened: opened, listens, silent, closed, report, note, request, granted, refused, signed, written, dropped,
        /// member, restart.
        var what: String
        /// A few words about it.
        var text: String
    }

    var id: Text
    var requester: PublicKey
    var target: PublicKey?
    /// When the first request was decided: what offsets count from.
    var origin: Position
    var rows: [Row] = []
    /// Rows that were left out because there were too many.
    var omitted = 0

    /// Rows that are kept: a screenful or ten.
    static let maximumRows = 1_000

    /// - Parameters:
    ///   - before: how long before the first request it begins, in microseconds.
    ///   - after: how long after the last request it ends.
    init(
        id: Text, requests: [RecordedEntry], before: Int64, after: Int64, in reader: borrowing LogReader,
        progress: (UInt64, UInt64) -> Void
    ) throws {
        guard let first = requests.first, let last = requests.last, let event = first.event else {
            throw ReplayFailure(.negative, "the attempt has no request that can be read")
        }
        self.id = id
        requester = event.pubkey
        target = event.tags.firstValue(of: "p").flatMap { PublicKey(hex: $0.string.lowercased()) }
        origin = first.position
        let start = try reader.firstPosition(atOrAfter: first.leaf.time &- before)
        let end = try reader.firstPosition(atOrAfter: last.leaf.time &+ after &+ 1)
        let state = try withoutActuallyEscaping(progress) { progress in
            try Replayer.state(of: reader, before: start, progress: progress)
        }
        var walker = TraceWalker(requester: requester, target: target, state: state)
        try reader.forwards(
            from: start, to: end,
            types: [.clientEvent, .session, .decision, .relayEvent, .membershipEffect, .mark]
        ) { entry in
            guard let row = walker.row(entry) else { return true }
            if rows.count < Trace.maximumRows { rows.append(row) } else { omitted += 1 }
            return true
        }
    }
}

/// Tells which entries belong to which end: sessions are known by who opened them.
private struct TraceWalker {
    private let requester: PublicKey
    private let target: PublicKey?
    private var sessions: [UInt64: Trace.Lane] = [:]
    private var calls: [UInt64: Trace.Lane] = [:]

    init(requester: PublicKey, target: PublicKey?, state: RelayState) {
        self.requester = requester
        self.target = target
        for session in state.sessions.all {
            for tie in session.keys { if let lane = lane(tie.key) { sessions[session.id] = lane } }
        }
    }

    private func lane(_ key: PublicKey?) -> Trace.Lane? {
        key == nil ? nil : key == requester ? .requester : key == target ? .target : nil
    }

    private func row(_ entry: RecordedEntry, _ lane: Trace.Lane?, _ what: String, _ text: String) -> Trace.Row? {
        lane.map { Trace.Row(position: entry.position, lane: $0, what: what, text: text) }
    }

    mutating func row(_ entry: RecordedEntry) -> Trace.Row? {
        switch entry.content {
        case .input(let input, let answer): return row(entry, input, answer)
        case .output(.decision(let decision)):
            guard decision.kind == .meshConnectRequest, let author = lane(decision.author),
                lane(decision.target) != nil || decision.outcome == .refused
            else { return nil }
            let isCall = lane(decision.target) != nil
            let text = Printable.text(Text(decision.message))
            return row(entry, isCall ? .both : author, decision.outcome.rawValue, text)
        case .output(.effect(let effect, _)):
            let text =
                switch effect.change {
                case .add(let role), .change(let role): "is \(role.name) now"
                case .remove: "is no member any more"
                }
            return row(entry, lane(effect.key), "member", text)
        case .output(.event(let event, _)):
            if event.kind == .callMeNow {
                let lane = lane(event.tags.firstValue(of: "p").flatMap { PublicKey(hex: $0.string) })
                calls[entry.leaf.seq] = lane
                return row(entry, lane, "signed", "call-me-now signed for it")
            }
            guard event.kind == .meshStatus else { return nil }
            let reporter = event.tags.firstValue(of: "d").flatMap { PublicKey(hex: String($0.string.suffix(64))) }
            let note = (try? JSONValue.parse(event.content.utf8))?["serveTargets"]?.arrayValue?.count ?? 0
            return row(entry, lane(reporter), "note", "note with \(note) targets")
        case .erased: return nil
        }
    }

    private mutating func row(_ entry: RecordedEntry, _ input: Input, _ answer: Text?) -> Trace.Row? {
        switch input {
        case .authenticated(let event, let session):
            let lane = lane(event.pubkey)
            if let lane { sessions[session ?? entry.leaf.seq] = lane }
            return row(entry, lane, "opened", "session \(session ?? entry.leaf.seq) authenticated")
        case .listening(let session, let keys):
            let heard = keys.contains { lane($0) != nil }
            return row(
                entry, sessions[session], heard ? "listens" : "silent",
                "session \(session) \(heard ? "subscribed to calls" : "gave its subscription up")")
        case .closed(let session, let reason):
            let why = reason.isEmpty ? "" : ": \(Printable.text(Text(reason)))"
            return row(entry, sessions[session], "closed", "session \(session) closed\(why)")
        case .event(let event, _, _):
            if event.kind == .meshConnectRequest {
                let id = AttemptReader.attemptID(of: event).map { Printable.text($0) } ?? "none"
                return row(entry, lane(event.pubkey), "request", "asks, attempt \(id)")
            }
            guard event.kind == .meshStatusReport else { return nil }
            return row(
                entry, lane(event.pubkey), "report",
                "reports" + (answer.map { ": \(Printable.text($0))" } ?? ""))
        case .delivered(let delivery):
            guard let lane = calls[delivery.output] else { return nil }
            let written = delivery.written.map(String.init).joined(separator: ", ")
            let dropped = delivery.dropped.map(String.init).joined(separator: ", ")
            return delivery.written.isEmpty
                ? row(entry, lane, "dropped", "call dropped for session \(dropped)")
                : row(entry, lane, "written", "call written to session \(written)")
        case .restart:
            sessions.removeAll()
            return row(entry, .both, "restart", "the relay started: every session is gone")
        default: return nil
        }
    }
}
