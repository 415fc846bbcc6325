import Log
import Nostr
import Reducers

/// Makes the rows of all tables but `attempts` out of the entries of a range, in one pass.
struct RowMaker {
    private let sink: any RowSink
    private let words: EntryWords
    private let sessions: SessionKeys
    private var intervals: IntervalRows

    /// - Parameter names: how keys are written in the texts for people.
    init(_ sink: any RowSink, names: KeyNames) {
        self.sink = sink
        sessions = SessionKeys()
        words = EntryWords(names: names, sessions: sessions)
        intervals = IntervalRows(sink)
    }

    /// Learns who is a member and who is connected where the range begins.
    mutating func begin(_ state: RelayState, in reader: borrowing LogReader) throws {
        try intervals.begin(state, in: reader)
        guard state.position != nil, let entry = try reader.entry(at: state.policySeq),
            case .input(.policy(_, let rules), _) = try RecordedEntry(entry).content
        else { return }
        try writePolicy(rules, [Cell(entry.leaf.seq), .moment(entry.leaf.time)], payload: entry.payload ?? [])
    }

    /// Takes the next entry.
    mutating func take(_ entry: borrowing EntryView, in reader: borrowing LogReader) throws {
        let recorded = try RecordedEntry(entry)
        try sessions.learn(from: recorded, in: reader)
        let facts = EntryFacts(recorded)
        let exported = ExportedEntry(entry)
        try writeEntry(recorded, facts, exported)
        if let event = recorded.event { try writeEvent(event, recorded, isServed: entry.isServedEvent) }
        if let decision = recorded.decision { try write(decision, recorded) }
        try intervals.take(recorded, in: reader)
        try writeRest(recorded, payload: exported.body?.payload ?? [])
    }

    /// Says what had not ended where the range does.
    mutating func finish() throws { try intervals.finish() }

    private func writeEntry(_ entry: RecordedEntry, _ facts: EntryFacts, _ exported: ExportedEntry) throws {
        let leaf = entry.leaf
        let decision = facts.decision
        try sink.row(
            .entries,
            [
                Cell(leaf.seq), Cell(leaf.time), .moment(leaf.time), Cell(facts.type), Cell(facts.input),
                Cell(facts.cause), Cell(facts.kind), Cell(facts.event?.id), Cell(facts.author), Cell(facts.target),
                Cell(facts.session), Cell(facts.door), Cell(decision?.outcome.rawValue), Cell(decision?.code),
                Cell(facts.message), Cell(words.text(entry)), Cell(UInt64(leaf.rules)), Cell(leaf.membersRoot),
                Cell(leaf.stateRoot), Cell(leaf.commitment), Cell(Base64.encode(leaf.encoded())),
                Cell(exported.body?.salt),
                exported.body.map { .text(Array(String(decoding: $0.payload, as: UTF8.self).utf8)) } ?? .null,
            ])
    }

    private func writeEvent(_ event: Event, _ entry: RecordedEntry, isServed: Bool) throws {
        let seq = Cell(entry.leaf.seq)
        let id = Cell(event.id)
        try sink.row(
            .events,
            [
                seq, .moment(entry.leaf.time), id, Cell(event.pubkey), Cell(event.createdAt), Cell(event.kind),
                Cell(event.content), Cell(event.signature.hex), Cell(entry.cause != nil), Cell(isServed),
                Cell(entry.cause), .text(event.raw),
            ])
        for (number, tag) in event.tags.enumerated() {
            var json = JSONWriter()
            json.beginArray()
            for text in tag { json.string(text) }
            json.endArray()
            try sink.row(
                .tags, [seq, id, Cell(number), Cell(tag.name), Cell(tag.value), .text(json.bytes)])
        }
    }

    private func write(_ decision: Decision, _ entry: RecordedEntry) throws {
        let basis = decision.basis
        try sink.row(
            .decisions,
            [
                Cell(entry.leaf.seq), Cell(decision.request), Cell(entry.leaf.time), .moment(entry.leaf.time),
                Cell(decision.kind), Cell(decision.author), Cell(decision.target), Cell(decision.outcome.rawValue),
                Cell(decision.code), Cell(decision.message), Cell(UInt64(decision.rules.rawValue)),
                Cell(decision.expiresAt), Cell(basis.policy), Cell(basis.requester), Cell(basis.target),
                Cell(basis.requesterListening), Cell(basis.targetListening), Cell(basis.invite),
            ])
    }

    private func writePolicy(_ rules: RulesVersion, _ head: [Cell], payload: [UInt8]) throws {
        try sink.row(.policies, head + [Cell(UInt64(rules.rawValue)), .text(payload)])
    }

    private func writeRest(_ entry: RecordedEntry, payload: [UInt8]) throws {
        let head = [Cell(entry.leaf.seq), .moment(entry.leaf.time)]
        switch entry.content {
        case .output(.event(let event, let cause)) where event.kind == .callMeNow:
            let content = try? JSONValue.parse(event.content.utf8)
            func text(_ name: Text) -> Cell { Cell(content?[name]?.stringValue) }
            try sink.row(
                .calls,
                [
                    head[0], Cell(cause), head[1], Cell(event.id), Cell(event.tags.firstValue(of: "p")),
                    text("peer_pubkey"), text("attempt_id"), text("peer_endpoint_addr"),
                    Cell(content?["expires_at"]?.unsignedInteger),
                ])
        case .output(.event(let event, _)) where event.kind == .meshStatus:
            let content = try? JSONValue.parse(event.content.utf8)
            try sink.row(
                .notes,
                head + [
                    Cell(event.tags.firstValue(of: "d").map { String($0.string.suffix(64)) }), Cell(event.id),
                    Cell(event.createdAt), Cell(event.tags.firstValue(of: "expiration").flatMap { Int64($0.string) }),
                    Cell(content?["serveTargets"]?.arrayValue?.count ?? 0),
                    Cell(content?["models"]?.arrayValue?.count ?? 0), Cell(event.content),
                ])
        case .input(.delivered(let delivery), _):
            for (list, written) in [(delivery.written, true), (delivery.dropped, false)] {
                for session in list {
                    try sink.row(
                        .deliveries,
                        [
                            head[0], Cell(entry.leaf.time), head[1], Cell(delivery.output), Cell(session),
                            Cell(sessions[session]), Cell(written),
                        ])
                }
            }
        case .input(.policy(_, let rules), _):
            try writePolicy(rules, head, payload: payload)
        case .input(.checkpoint(let note), _):
            let checkpoint = (try? SignedNote(parsing: note.string)).flatMap { try? Checkpoint(parsing: $0.body) }
            try sink.row(.checkpoints, head + [Cell(checkpoint?.size), Cell(checkpoint?.root), Cell(note)])
        case .input(.dropped(let dropped), _):
            for count in dropped.counts { try sink.row(.dropped, head + [Cell(count.reason), Cell(count.count)]) }
        default: break
        }
    }
}
