/// Why a command could not do what it was asked: a message that says what to do, and the exit status.
struct ReplayFailure: Error, Equatable {
    /// Exit statuses (`sysexits.h` where it has one).
    enum Status: Int32 {
        /// The event or position is not in the log, or `verify` found a divergence.
        case negative = 1
        /// The log is damaged where it had to be read.
        case damaged = 65
        /// There is no such directory, or no log in it, or it cannot be opened.
        case noLog = 66
        /// The output cannot be written.
        case cannotWrite = 74
    }

    var status: Status
    var message: String

    init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message
    }
}
