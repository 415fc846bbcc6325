import Foundation

/// Says something before a damaged log ends the process.
///
/// LMDB trusts its pages: one that points nowhere kills whoever reads it. `FatalSignals` does the same for what cannot be
/// read. Nothing more is written.
enum DeathMessage {
    /// The exit code of a relay whose log is damaged (`EX_DATAERR`): to start it again would come to the same.
    static let exitCode: Int32 = 65

    private static let text: StaticString = """
        ringdown-relay: the log's file is damaged where it had to be read: a page of it points nowhere. `ringdown-replay verify --data DIR` names the place, `ringdown-relay repair --data DIR --to NEWDIR` \
        saves what can be saved.

        """

    /// Leaves it to whoever started this process to say something; and no core, which would hold the log's payloads.
    static func leaveToParent() {
        for number in [SIGSEGV, SIGBUS, SIGABRT] { signal(number, SIG_DFL) }
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    }

    /// From here on a signal that a damaged file brings about ends the process with a message.
    static func install() {
        for number in [SIGSEGV, SIGABRT] {
            signal(number) { _ in
                // Only what a signal handler may call.
                _ = write(2, DeathMessage.text.utf8Start, DeathMessage.text.utf8CodeUnitCount)
                _exit(DeathMessage.exitCode)
            }
        }
    }
}
