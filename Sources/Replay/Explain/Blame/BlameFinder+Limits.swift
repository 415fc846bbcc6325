import Log
import Nostr
import Reducers

extension BlameFinder {
    /// How far back entries that counted, or that were turned away, are shown.
    private static let reachMicroseconds: Int64 = 60 * Position.microsecondsPerSecond

    /// A key's rate windows: how full they are, and the entries of the last minute that counted or were turned away.
    func limit(_ key: PublicKey, in reader: borrowing LogReader) throws -> Blame {
        let counters = state.limitCounters
        let policy = state.policy
        let windows: [(String, [LimitCounters.Window], Int64)] = [
            ("requests", counters.requests, policy.requestsPerSecond),
            ("calls to it", counters.calls, policy.callsPerTargetPerSecond),
            ("reports", counters.reports, policy.reportsPerSecond),
            ("commands", counters.commands, policy.commandsPerSecond),
            ("invite codes", counters.invites, policy.invitesPerDay),
        ]
        let open = windows.compactMap { name, windows, limit in
            windows.first { $0.key == key }.map {
                "\($0.count) of \(limit) \(name) since \(Timestamp.text($0.openedAt))"
            }
        }
        let limits = windows.map { "\($0.2) \($0.0)" }.joined(separator: ", ")
        var blame = Blame(
            stands: names(key) + (open.isEmpty ? " has no open window" : ": \(open.joined(separator: ", "))")
                + "; the limits are \(limits), by entry \(state.policySeq)")
        let start = try reader.firstPosition(atOrAfter: time &- BlameFinder.reachMicroseconds)
        try collect(
            &blame, downTo: start, types: [.clientEvent, .session, .decision], containing: Needle(key.hex), in: reader
        ) { entry in
            switch entry.content {
            case .input(.dropped(let dropped), _) where dropped.keys.contains(key): return words.text(entry)
            case .input(.event(let event, _, _), let answer)
            where event.pubkey == key && event.kind == .meshStatusReport:
                return "a report counts" + (answer.map { ": \(Printable.text($0))" } ?? "")
            case .output(.decision(let decision)) where decision.author == key:
                return "entry \(decision.request) counts: \(decision.outcome.rawValue) (\(decision.code))"
            case .output(.decision(let decision)) where decision.target == key && decision.outcome == .granted:
                return "entry \(decision.request) counts as a call to it"
            default: return nil
            }
        }
        return blame
    }
}
