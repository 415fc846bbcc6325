import Foundation
import Logging

/// Notices a clock that jumps. The log's time follows it forward and never back: after a jump far ahead that was put right
/// it stands still until the clock has caught up, and what is judged by age is judged by it meanwhile.
struct ClockWatch {
    /// Seconds by which the clock may differ from the time that has passed before somebody is told.
    static let toleranceSeconds: Int64 = 60

    private let metrics: Metrics
    private let logger: Logger
    private var wall = Clock.microseconds()
    private var steady = ClockWatch.steadyMicroseconds()
    private var isAhead = false

    init(metrics: Metrics, logger: Logger) {
        self.metrics = metrics
        self.logger = logger
    }

    /// Compares the clock with the time that has passed, and with the log's.
    mutating func look(logTime: Int64?) {
        let (wall, steady) = (Clock.microseconds(), ClockWatch.steadyMicroseconds())
        let jump = ((wall - self.wall) - (steady - self.steady)) / 1_000_000
        (self.wall, self.steady) = (wall, steady)
        if abs(jump) >= ClockWatch.toleranceSeconds {
            metrics.clockJumps.add("direction=\"\(jump > 0 ? "forward" : "back")\"")
            let message: Logger.Message =
                jump > 0
                ? "the clock jumped forward; the log's time goes with it and cannot come back"
                : "the clock jumped back; the log's time does not"
            logger.warning(message, metadata: ["seconds": "\(abs(jump))"])
        }
        guard let logTime else { return }
        metrics.logTime.store(logTime, ordering: .relaxed)
        compare((logTime - wall) / 1_000_000)
    }

    private mutating func compare(_ ahead: Int64) {
        if ahead >= ClockWatch.toleranceSeconds, !isAhead {
            isAhead = true
            logger.warning(
                "the log's time is ahead of the clock and stands still; until then what is new is taken for old",
                metadata: ["seconds": "\(ahead)"])
        } else if ahead <= 0, isAhead {
            isAhead = false
            logger.notice("the clock has caught up with the log's time")
        }
    }

    /// Microseconds that have passed since the machine started, with those in which it slept.
    private static func steadyMicroseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
