import Nostr
import Reducers

/// Attempts counted by what they have in common.
struct AttemptGroups {
    /// What is counted of one group.
    struct Group {
        var attempts = 0
        var granted = 0
        var rung = 0
        var latencies = LatencyHistogram()
        var last: Position

        mutating func add(_ attempt: Attempt) {
            attempts += 1
            if attempt.isGranted { granted += 1 }
            if attempt.isRung { rung += 1 }
            if let latency = attempt.latencyMicroseconds { latencies.add(latency) }
            last = attempt.request
        }
    }

    /// What the attempts of a group have in common.
    enum Name: Hashable {
        case pair(PublicKey, PublicKey?)
        case key(PublicKey)
        case text(String)
        /// Groups that found no room any more.
        case others
    }

    /// Groups that are kept apart; what comes then is counted together.
    static let maximumGroups = 10_000

    private let grouping: AttemptGrouping
    private var groups: [Name: Group] = [:]

    init(_ grouping: AttemptGrouping) { self.grouping = grouping }

    mutating func add(_ attempt: Attempt) {
        for name in names(attempt) {
            let hasRoom = groups[name] != nil || groups.count < AttemptGroups.maximumGroups
            groups[hasRoom ? name : .others, default: Group(last: attempt.request)].add(attempt)
        }
    }

    private func names(_ attempt: Attempt) -> [Name] {
        let decision = attempt.decision
        switch grouping {
        case .pair: return decision.author.map { [.pair($0, decision.target)] } ?? []
        case .key: return Set([decision.author, decision.target].compactMap { $0 }).map(Name.key)
        case .day: return [.text(String(Timestamp.text(attempt.request.time).prefix(10)))]
        case .hour: return [.text(String(Timestamp.text(attempt.request.time).prefix(13)) + ":00Z")]
        case .outcome: return [.text(AttemptOutcome.of(attempt).rawValue)]
        case .code: return [.text(decision.code)]
        }
    }

    /// The groups: times in their order, all others by how many attempts they have.
    var sorted: [(name: Name, group: Group)] {
        groups.map { ($0.key, $0.value) }.sorted { left, right in
            let (one, other) = (AttemptGroups.order(left.0), AttemptGroups.order(right.0))
            if grouping == .day || grouping == .hour { return one < other }
            return left.1.attempts != right.1.attempts ? left.1.attempts > right.1.attempts : one < other
        }
    }

    private static func order(_ name: Name) -> String {
        switch name {
        case .pair(let one, let other): one.hex + (other?.hex ?? "")
        case .key(let key): key.hex
        case .text(let text): text
        case .others: "\u{7f}"
        }
    }
}
