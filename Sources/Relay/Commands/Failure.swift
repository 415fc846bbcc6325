import ArgumentParser
import Foundation
import Log
import Reducers

/// How a command that cannot go on tells why: one line on standard error, and an exit code (sysexits.h).
enum Failure {
    static let usage = ExitCode(64)
    static let software = ExitCode(70)
    static let cannotUseDirectory = ExitCode(73)
    static let tryLater = ExitCode(75)

    /// What to do about a damaged log.
    private static let advice = """
        `ringdown-replay verify --data DIR` tells where, `ringdown-relay repair --data DIR --to NEWDIR` saves what can be \
        saved
        """

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
            say(error.isDamage ? "the log is damaged: \(error.description); \(advice)" : error.description)
            if error.isDamage { return ExitCode(DeathMessage.exitCode) }
            return error.isLocked ? tryLater : cannotUseDirectory
        case let error as ReplayError:
            say("the log is damaged: \(error); \(advice)")
            return ExitCode(DeathMessage.exitCode)
        default:
            say("\(error)")
            return software
        }
    }
}
