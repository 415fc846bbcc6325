import Glibc
import Synchronization

/// Whether somebody asked the process to end: Ctrl-C, or a service manager.
enum StopSignal {
    private static let wanted = Atomic<Bool>(false)

    /// Whether it was asked.
    static var isWanted: Bool { wanted.load(ordering: .relaxed) }

    /// From here on the first signal asks; a second one ends the process at once.
    static func install() {
        // Made before a signal can come: its first use is not fit for a handler.
        wanted.store(false, ordering: .relaxed)
        // Whoever started this process may have kept signals from it.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                StopSignal.wanted.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
    }
}
