import Glibc

/// What a command sees of the world: where it writes, and what time it is.
final class Console {
    /// Results.
    let output: Output
    /// How far a long reading has come.
    let progress: Progress
    /// Microseconds since 1970: what "-5m" counts from.
    let now: Int64

    init(output: Output, progress: Progress, now: Int64) {
        self.output = output
        self.progress = progress
        self.now = now
        output.beforeWriting = { progress.clear() }
    }

    /// The process's own streams.
    static func standard(showsProgress: Bool) -> Console {
        let style: Progress.Style =
            isatty(STDERR_FILENO) == 1 ? .rewritten : showsProgress ? .lines : .hidden
        let begun = ContinuousClock.now
        let progress = Progress(style, elapsed: { ContinuousClock.now - begun }, write: Console.complain)
        return Console(output: Output(descriptor: STDOUT_FILENO), progress: progress, now: Console.microseconds())
    }

    /// Writes to standard error; what cannot be said there cannot be said anywhere.
    static func complain(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// The clock: microseconds since 1970. For a command that goes on for longer than `now` is true.
    static func microseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
