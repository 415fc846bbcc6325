import Foundation

/// This program once more, for what may kill it.
enum OwnProcess {
    /// Exit codes from here on mean that a signal killed it.
    static let killed: Int32 = 128

    /// Runs it to its end.
    ///
    /// - Returns: its exit code, or 128 and the number of the signal that killed it.
    /// - Throws: `SettingsError` when it could not be started.
    static func run(_ arguments: [String]) throws(SettingsError) -> Int32 {
        // Its death is reported by whoever started it.
        setenv("SWIFT_BACKTRACE", "enable=no", 1)
        var texts: [UnsafeMutablePointer<CChar>?] = (["ringdown-relay"] + arguments).map { strdup($0) } + [nil]
        defer { for text in texts { free(text) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, "/proc/self/exe", nil, nil, &texts, environ)
        guard code == 0 else {
            throw SettingsError(description: "no process can be started: \(String(cString: strerror(code)))")
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? status >> 8 & 0xff : killed + signal
    }
}
