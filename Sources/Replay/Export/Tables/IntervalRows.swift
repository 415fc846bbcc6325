import Log
import Nostr
import Reducers

/// What lasts: memberships, sessions, and listening for calls. A row is written when it ends, or where the range ends.
struct IntervalRows {
    /// A moment, and the entry that brought it about.
    private struct Moment {
        var seq: UInt64
        var time: Int64
    }

    private struct Seat {
        var role: String
        var since: Moment
        var cause: UInt64?
    }

    private struct Connection {
        var key: PublicKey
        var opened: Moment
        var listening: [PublicKey: Moment] = [:]
    }

    private let sink: any RowSink
    private var members: [PublicKey: Seat] = [:]
    private var connections: [UInt64: Connection] = [:]

    init(_ sink: any RowSink) { self.sink = sink }

    /// Learns what lasts already where the range begins.
    mutating func begin(_ state: RelayState, in reader: borrowing LogReader) throws {
        for member in state.membership.members {
            let cause = try reader.entryIfPresent(at: member.since).flatMap { try RecordedEntry($0).cause }
            let since = try moment(member.since, reader)
            members[member.key] = Seat(role: member.role.name, since: since, cause: cause)
        }
        for session in state.sessions.all {
            guard let key = session.keys.first?.key else { continue }
            var connection = Connection(key: key, opened: try moment(session.id, reader))
            for tie in session.listening { connection.listening[tie.key] = try moment(tie.seq, reader) }
            connections[session.id] = connection
        }
    }

    private func moment(_ seq: UInt64, _ reader: borrowing LogReader) throws -> Moment {
        Moment(seq: seq, time: try reader.leaf(at: seq)?.time ?? 0)
    }

    mutating func take(_ entry: RecordedEntry, in reader: borrowing LogReader) throws {
        let now = Moment(seq: entry.leaf.seq, time: entry.leaf.time)
        switch entry.content {
        case .output(.effect(let effect, let cause)): try take(effect, cause: cause, now)
        case .input(.authenticated(let event, nil), let answer) where answer == nil:
            connections[now.seq] = Connection(key: event.pubkey, opened: now)
        case .input(.listening(let session, let keys), _): try listen(session, to: keys, now)
        case .input(.closed(let session, let reason), _): try close(session, now, how: "closed", reason: reason)
        case .input(.restart, _):
            for session in connections.keys.sorted() { try close(session, now, how: "restarted", reason: nil) }
        default: break
        }
    }

    /// Says what had not ended where the range does.
    mutating func finish() throws {
        for (key, seat) in members.sorted(by: { $0.key < $1.key }) { try write(key, seat, end: nil, cause: nil) }
        for session in connections.keys.sorted() { try close(session, nil, how: nil, reason: nil) }
    }

    // MARK: - Members

    private mutating func take(_ effect: MembershipEffect, cause: UInt64, _ now: Moment) throws {
        // A change of the role ends one interval and begins another.
        if let seat = members.removeValue(forKey: effect.key) { try write(effect.key, seat, end: now, cause: cause) }
        switch effect.change {
        case .add(let role), .change(let role):
            members[effect.key] = Seat(role: role.name, since: now, cause: cause)
        case .remove: break
        }
    }

    private func write(_ key: PublicKey, _ seat: Seat, end: Moment?, cause: UInt64?) throws {
        try sink.row(
            .members,
            [
                Cell(key), Cell(seat.role), Cell(seat.since.seq), .moment(seat.since.time), Cell(seat.since.time),
                Cell(seat.cause), Cell(end?.seq), .moment(end?.time), Cell(end?.time), Cell(cause),
            ])
    }

    // MARK: - Sessions

    private mutating func listen(_ session: UInt64, to keys: [PublicKey], _ now: Moment) throws {
        guard var connection = connections[session] else { return }
        for (key, since) in connection.listening.sorted(by: { $0.key < $1.key }) where !keys.contains(key) {
            try writeListening(session, key, since, end: now)
            connection.listening[key] = nil
        }
        for key in keys where connection.listening[key] == nil { connection.listening[key] = now }
        connections[session] = connection
    }

    private mutating func close(_ session: UInt64, _ end: Moment?, how: String?, reason: String?) throws {
        guard let connection = connections.removeValue(forKey: session) else { return }
        for (key, since) in connection.listening.sorted(by: { $0.key < $1.key }) {
            try writeListening(session, key, since, end: end)
        }
        try sink.row(
            .sessions,
            [
                Cell(session), Cell(connection.key), .moment(connection.opened.time), Cell(connection.opened.time),
                Cell(end?.seq), .moment(end?.time), Cell(end?.time), Cell(how), Cell(reason),
            ])
    }

    private func writeListening(_ session: UInt64, _ key: PublicKey, _ since: Moment, end: Moment?) throws {
        try sink.row(
            .listening,
            [
                Cell(session), Cell(key), Cell(since.seq), .moment(since.time), Cell(since.time), Cell(end?.seq),
                .moment(end?.time), Cell(end?.time),
            ])
    }
}
