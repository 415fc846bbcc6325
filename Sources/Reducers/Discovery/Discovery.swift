import Nostr

/// The latest mesh status note of each reporter.
public struct Discovery: Equatable, Sendable {
    /// Reporters remembered at once.
    public static let maximumNotes = 100_000
    /// Bytes of one stored content that a snapshot may hold; the policy's own limit is lower.
    static let maximumContentBytes = 2_097_152

    /// The notes, sorted by reporter.
    public private(set) var notes: [Note] = []
    private var memo = ReportMemo()

    /// No notes.
    public init() {}

    private func index(of reporter: PublicKey) -> (position: Int, found: Bool) {
        var low = 0
        var high = notes.count
        while low < high {
            let middle = (low + high) / 2
            if notes[middle].reporter < reporter { low = middle + 1 } else { high = middle }
        }
        return (low, low < notes.count && notes[low].reporter == reporter)
    }

    /// The note of a reporter; `nil` when it never reported, or so long ago that it is forgotten.
    public subscript(reporter: PublicKey) -> Note? {
        let (position, found) = index(of: reporter)
        return found ? notes[position] : nil
    }

    /// Reads a report: see `ReportMemo`.
    mutating func read(_ report: Event, policy: Policy) throws(Refusal) -> ReportMemo.Result {
        try memo.result(of: report, policy: policy)
    }

    /// Takes in what a report came to and returns the note to sign, or `nil` when the current one still says it all.
    mutating func take(
        _ report: ReportMemo.Result, by reporter: PublicKey, at position: Position, context: Context
    ) throws(Refusal) -> UnsignedEvent? {
        let policy = context.policy
        let (slot, found) = index(of: reporter)
        let (projection, digest) = (report.projection, report.digest)
        if found {
            if notes[slot].digest == digest, !notes[slot].needsRenewal(at: position.seconds, policy: policy) {
                notes[slot].reportedAt = position.time
                return nil
            }
        }
        guard found || notes.count < Discovery.maximumNotes else { throw .tooManyReporters }
        let content = projection.content(dialect: policy.dialect, updatedAt: position.seconds)
        guard content.utf8.count <= policy.maximumProjectionBytes else {
            throw .reportLimit("makes a note of more than \(policy.maximumProjectionBytes) bytes")
        }
        let createdAt = max(position.seconds, found ? notes[slot].createdAt + 1 : 0)
        let note = Note(
            reporter: reporter, createdAt: createdAt, expiresAt: createdAt + policy.noteLifetimeSeconds,
            reportedAt: position.time, seq: position.seq, digest: digest, content: content, isEmpty: projection.isEmpty)
        if found { notes[slot] = note } else { notes.insert(note, at: slot) }
        return context.event(of: note)
    }

    /// Empties a reporter's note and returns what to sign; `nil` when there is nothing left to empty.
    mutating func empty(_ reporter: PublicKey, at position: Position, context: Context) -> UnsignedEvent? {
        let (slot, found) = index(of: reporter)
        guard found, !notes[slot].isEmpty else { return nil }
        let createdAt = max(position.seconds, notes[slot].createdAt + 1)
        notes[slot].createdAt = createdAt
        notes[slot].expiresAt = createdAt + context.policy.noteLifetimeSeconds
        notes[slot].seq = position.seq
        notes[slot].isEmpty = true
        let dialect = context.policy.dialect
        notes[slot].digest = SHA256.hash(Projection.empty.content(dialect: dialect, updatedAt: 0).utf8)
        notes[slot].content = Projection.empty.content(dialect: dialect, updatedAt: position.seconds)
        return context.event(of: notes[slot])
    }

    /// Empties every note whose reporter has been silent past the staleness window, in the order of their keys.
    mutating func emptyStale(at position: Position, context: Context) -> [UnsignedEvent] {
        let silent = notes.filter { $0.isStale(at: position.time, policy: context.policy) }.map(\.reporter)
        return silent.compactMap { empty($0, at: position, context: context) }
    }

    /// Empties every note, in the order of their keys: the dialect is about to change, and with it their names.
    ///
    /// They stay remembered, so that `created_at` goes on rising when the dialect changes back.
    mutating func emptyAll(at position: Position, context: Context) -> [UnsignedEvent] {
        notes.map(\.reporter).compactMap { empty($0, at: position, context: context) }
    }

    /// Forgets empty notes that have expired. Not earlier, or a node that keeps reporting that it serves nothing would
    /// get a new note for each report; and the next one's `created_at` is higher in any case.
    mutating func forget(before seconds: Int64) {
        notes.removeAll { $0.isEmpty && $0.expiresAt <= seconds }
    }

    /// Whether some note is stale at that time: whether a tick is due.
    public func hasStaleNote(at time: Int64, policy: Policy) -> Bool {
        notes.contains { $0.isStale(at: time, policy: policy) }
    }

    /// The earliest time at which a note can go stale, in microseconds; `nil` when none can.
    public func nextStaleness(policy: Policy) -> Int64? {
        notes.lazy.filter { !$0.isEmpty }.map { $0.staleAt(policy) }.min()
    }
}

extension Note {
    /// Whether a report that changes nothing makes a new note all the same.
    ///
    /// Time is divided into periods, and a note is renewed in each; but not when it is younger than half a period, or
    /// one made right before a new period would be renewed at once. So when a note is renewed follows from the reports of
    /// the last periods alone, and a replay in which older ones were erased comes to the same notes again.
    func needsRenewal(at seconds: Int64, policy: Policy) -> Bool {
        let period = max(1, policy.noteLifetimeSeconds - policy.stalenessSeconds)
        return seconds / period > createdAt / period && seconds - createdAt >= period / 2
    }

    func staleAt(_ policy: Policy) -> Int64 {
        reportedAt + policy.stalenessSeconds * Position.microsecondsPerSecond
    }

    func isStale(at time: Int64, policy: Policy) -> Bool {
        !isEmpty && staleAt(policy) <= time
    }
}

extension Context {
    /// The relay's event of a note: d-tag and k-tag by dialect, and the NIP-40 expiration.
    func event(of note: Note) -> UnsignedEvent {
        UnsignedEvent(
            pubkey: relay, createdAt: note.createdAt, kind: .meshStatus,
            tags: [
                ["-"],
                ["d", Text("\(policy.dialect.meshIdentifierPrefix):\(note.reporter.hex)")],
                ["k", Text(policy.dialect.meshStatusType)],
                ["expiration", Text(String(note.expiresAt))],
            ],
            content: note.content)
    }
}

extension Discovery: StateCodable {
    func encode(to encoder: inout StateEncoder) {
        encoder.count(notes.count)
        for note in notes {
            encoder.key(note.reporter)
            encoder.number(note.createdAt)
            encoder.number(note.expiresAt)
            encoder.number(note.reportedAt)
            encoder.number(note.seq)
            encoder.key(note.digest)
            encoder.data(note.content.utf8)
            encoder.flag(note.isEmpty)
        }
    }

    init(from decoder: inout StateDecoder) throws(StateDecodingError) {
        for _ in 0..<(try decoder.count(limit: Discovery.maximumNotes)) {
            notes.append(
                Note(
                    reporter: try decoder.key(), createdAt: try decoder.signed(), expiresAt: try decoder.signed(),
                    reportedAt: try decoder.signed(), seq: try decoder.number(), digest: try decoder.key(),
                    content: Text(validUTF8: try decoder.data(limit: Discovery.maximumContentBytes)),
                    isEmpty: try decoder.flag()))
        }
    }
}
