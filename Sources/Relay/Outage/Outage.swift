import Log

/// A time in which the log cannot be written: how it began, and when to look again.
struct Outage {
    /// Until the first look, and at most: each look that fails doubles the pause.
    static let firstPause = Duration.milliseconds(250)
    static let longestPause = Duration.seconds(30)

    /// What it is, for people.
    let reason: String
    /// What it is, for the metrics.
    let code: String
    let begun = ContinuousClock.now
    /// Whether a write failed, so that the log has to be opened again before the next.
    let needsReopening: Bool
    /// Whether the log is being tried again. It is over with the first commit.
    var isOnTrial = false
    private(set) var pause = Outage.firstPause
    private(set) var nextLook = ContinuousClock.now + Outage.firstPause
    var refusals: UInt64 = 0

    /// An outage that can pass; `nil` for what no waiting repairs.
    init?(_ error: any Error) {
        switch error {
        case DiskTrouble.replaced: return nil
        case let trouble as DiskTrouble:
            (reason, code, needsReopening) = (trouble.description, trouble.code, false)
        case let error as LogError:
            guard case .storage = error else { return nil }
            (reason, code, needsReopening) = (error.description, "write_failed", true)
        default: return nil
        }
    }

    /// The outage goes on, for this reason.
    func continued(by next: Outage) -> Outage {
        var next = next
        next.pause = min(pause * 2, Outage.longestPause)
        next.nextLook = .now + next.pause
        next.refusals = refusals
        return next
    }

    /// Waits longer until the next look.
    mutating func wait() {
        pause = min(pause * 2, Outage.longestPause)
        nextLook = .now + pause
    }

    /// When to look again, in microseconds since 1970.
    func deadline(now: Int64) -> Int64 {
        now + max(Int64((nextLook - .now) / .microseconds(1)), 0)
    }
}

/// Why a relay whose log could not be written has to be started again.
struct OutageEnd: Error, CustomStringConvertible {
    let description: String
}
