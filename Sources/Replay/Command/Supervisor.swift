import Glibc
import Nostr

/// Runs `verify` in a process of its own and reports its death as a finding.
///
/// LMDB trusts its pages: a log that is cut short, or has a page that points nowhere, kills whoever reads it (AUDIT.md,
/// "LMDB: what it promises and what it does not"). That must come out as "this log is damaged", not as a crash.
enum Supervisor {
    /// Tells the process that it is the supervised one: it reports how far it has come on `reportDescriptor`.
    static let flag = "--supervised"
    /// Where the supervised process writes positions, eight bytes each.
    static let reportDescriptor: Int32 = 3

    /// Signals that a damaged file brings about; by any other one somebody ended the process on purpose.
    private static let deaths: [Int32] = [SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGTRAP, SIGFPE]

    /// Runs the program again with these arguments and returns its exit status, or that of its death.
    ///
    /// - Returns: `nil` when no process could be started: then verify without one.
    static func run(_ arguments: [String], console: Console) -> Int32? {
        var pipe: [Int32] = [0, 0]
        guard Glibc.pipe(&pipe) == 0 else { return nil }
        let (reading, writing) = (pipe[0], pipe[1])
        guard let process = spawn(arguments + [flag], reportingTo: writing) else {
            close(reading)
            close(writing)
            return nil
        }
        close(writing)
        let position = lastPosition(from: reading)
        close(reading)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        guard signal != 0 else { return status >> 8 & 0xff }
        guard deaths.contains(signal) else { return 128 + signal }
        return report(signal, at: position, asJSON: arguments.contains("--json"), console)
    }

    private static func spawn(_ arguments: [String], reportingTo descriptor: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        guard posix_spawn_file_actions_init(&actions) == 0 else { return nil }
        defer { posix_spawn_file_actions_destroy(&actions) }
        guard posix_spawn_file_actions_adddup2(&actions, descriptor, reportDescriptor) == 0 else { return nil }
        // Its death is reported here; a stack trace between would only frighten.
        setenv("SWIFT_BACKTRACE", "enable=no", 1)
        var texts: [UnsafeMutablePointer<CChar>?] = (["ringdown-replay"] + arguments).map { strdup($0) } + [nil]
        defer { for text in texts { free(text) } }
        var process: pid_t = 0
        return posix_spawn(&process, "/proc/self/exe", &actions, nil, &texts, environ) == 0 ? process : nil
    }

    /// Reads positions until the process ends; the last one is how far it came.
    private static func lastPosition(from descriptor: Int32) -> UInt64 {
        var pending: [UInt8] = []
        var position: UInt64 = 0
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return position }
            pending += buffer[..<count]
            let whole = pending.count / 8 * 8
            guard whole > 0 else { continue }
            position = pending[(whole - 8)..<whole].reduce(0) { $0 << 8 | UInt64($1) }
            pending.removeFirst(whole)
        }
    }

    /// Writes a position for the supervisor.
    static func report(_ position: UInt64) {
        withUnsafeBytes(of: position.bigEndian) { bytes in
            // Nothing can be done about a supervisor that is gone.
            _ = write(reportDescriptor, bytes.baseAddress, bytes.count)
        }
    }

    private static func report(_ signal: Int32, at position: UInt64, asJSON: Bool, _ console: Console) -> Int32 {
        var result = Verification()
        result.entries = position
        result.divergence = Divergence(
            position, .format, expected: "entries that can be read",
            found: """
                a file that kills its reader (\(String(cString: strsignal(signal)))) here or further on: it is cut short, or \
                a page of it is damaged
                """)
        let text = VerificationText(result: result, names: KeyNames(full: false))
        do {
            try console.output.answer(text, asJSON: asJSON)
            try console.output.flush()
        } catch {}
        return ReplayFailure.Status.negative.rawValue
    }
}

/// Says something before a damaged file ends the process.
enum CrashMessage {
    private static let text: StaticString = """
        ringdown-replay: the log's file is damaged where it had to be read: it is cut short, or a page of it points \
        nowhere. `ringdown-replay verify` tells from which entry on, `ringdown-relay repair` saves what can be saved.

        """

    /// From here on a signal that a damaged file brings about ends the process with a message.
    static func install() {
        for number in [SIGSEGV, SIGBUS, SIGABRT] {
            signal(number) { _ in
                // Only what a signal handler may call.
                _ = write(STDERR_FILENO, CrashMessage.text.utf8Start, CrashMessage.text.utf8CodeUnitCount)
                _exit(ReplayFailure.Status.damaged.rawValue)
            }
        }
    }
}
