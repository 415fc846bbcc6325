import ArgumentParser
import Foundation
import Log

/// How a command that cannot go on tells why: one line on standard error, and an exit code (sysexits.h).
enum Failure {
    static let usage = ExitCode(64)
    static let software = ExitCode(70)
    static let cannotUseDirectory = ExitCode(73)
    static let tryLater = ExitCode(75)

    static func say(_ message: String) {
        // Where nobody can be told, as on a full disk, the exit code still says it.
        try? FileHandle.standardError.write(contentsOf: Data("ringdown-relay: \(message)\n".utf8))
    }

    /// Prints the error and returns the exit code for it.
    static func report(_ error: any Error) -> any Error {
        switch error {
        case is ExitCode, is ValidationError, is CleanExit: return error
        case let error as SettingsError:
            say(error.description)
            return usage
        case let error as OutageEnd:
            say(error.description)
            return tryLater
        case let error as DiskTrouble:
            say(error.description)
            return tryLater
        case let error as LogError:
            say(error.description)
            return error.isLocked ? tryLater : cannotUseDirectory
        default:
            say("\(error)")
            return software
        }
    }
}
