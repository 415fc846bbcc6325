import ArgumentParser
import Log
import Nostr

/// What every subcommand takes.
struct CommonOptions: ParsableArguments {
    @Option(
        name: .customLong("data"), help: ArgumentHelp("The relay's data directory, or a copy of it.", valueName: "DIR"))
    var directory: String

    @Option(
        name: .customLong("archive"),
        help: ArgumentHelp("Where the archive files are; else in archive/ beside the log.", valueName: "DIR"))
    var archive: String?

    @Flag(name: .customLong("json"), help: "Objects for programs, one a line; docs/replay.md names their fields.")
    var printsJSON = false

    @Flag(name: .customLong("full-keys"), help: "Keys and ids in full, as hex.")
    var printsFullKeys = false

    @Flag(name: .customLong("progress"), help: "Progress on standard error even when it is no terminal.")
    var showsProgress = false

    /// Opens the log.
    func open() throws -> EventLog { try OpenLog.at(directory, archive: archive) }

    var names: KeyNames { KeyNames(full: printsFullKeys) }
}

/// Reads arguments with messages that say what was expected.
enum Parse {
    static func point(_ text: String) throws -> LogPoint {
        do { return try LogPoint(parsing: text) } catch { throw ValidationError("\(error)") }
    }

    static func event(_ text: String) throws -> LogPoint {
        do { return try LogPoint(parsingEvent: text) } catch { throw ValidationError("\(error)") }
    }

    static func time(_ text: String) throws -> TimeText {
        do { return try TimeText(parsing: text) } catch { throw ValidationError("\(error)") }
    }

    /// Not a transform of its option: the argument parser would repeat the text, and it may be a secret key.
    static func key(_ text: String) throws -> PublicKey {
        do { return try PublicKey(parsing: text) } catch { throw ValidationError(error.message) }
    }

    /// The same, naming the option: a command with many does not show them all.
    static func key(_ text: String, of option: String) throws -> PublicKey {
        do { return try PublicKey(parsing: text) } catch { throw ValidationError("\(option): \(error.message)") }
    }

    static func vkey(_ text: String) throws -> VerifierKey {
        do { return try VerifierKey(parsing: text) } catch { throw ValidationError("--vkey: \(error)") }
    }

    static func kind(_ text: String) throws -> Kind {
        guard let number = UInt16(text) else {
            throw ValidationError("\(text) is no kind; expected a number from 0 to 65535, such as 24621")
        }
        return Kind(number)
    }
}
