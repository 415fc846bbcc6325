import Foundation

/// Signals by which the system reports what a disk or a limit does to a process.
public enum FatalSignals {
    /// The exit code after a read error in the log's map (EX_IOERR of sysexits.h).
    static let readError: Int32 = 74

    /// A write beyond the limit of a file's size is to fail, not to kill; and a page of the log that cannot be read, which
    /// kills because LMDB reads through a memory map, does so with a message and an exit code.
    public static func settle() {
        signal(SIGXFSZ, SIG_IGN)
        DeathMessage.install()
        signal(SIGBUS) { _ in
            // Nothing but what is safe inside of a signal handler: no allocation, no lock.
            let text: StaticString = """
                ringdown: a page of the log or of its lock file is not there: the disk is full or fails, or a file was \
                cut off while it was open. Look at the disk (df, dmesg), then check the log with `ringdown-replay verify`; \
                `ringdown-relay repair` saves what can be saved.

                """
            _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
            _exit(FatalSignals.readError)
        }
    }
}
