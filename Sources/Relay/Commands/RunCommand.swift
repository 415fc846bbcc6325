import ArgumentParser
import Foundation
import Log
import Logging
import Nostr
import Reducers
import ServiceLifecycle

/// `ringdown-relay run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the relay.",
        discussion: """
            On an empty directory it makes the relay's keys, a log, and, unless --owner is given, an owner's key; it says
            where. Example:

              ringdown-relay run --data /var/lib/ringdown --listen 127.0.0.1:7447 --owner npub1… --url wss://relay.example.com

            Every setting can be given as --set NAME=VALUE, as an environment variable RINGDOWN_NAME, or in a TOML or JSON
            file (--config); flags win over variables, variables over the file.

            SETTINGS
            \(Setting.all.map { "  \($0.name): \($0.summary) (\($0.show(Settings()))); \($0.expected)" }.joined(separator: "\n"))
            """)

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        do {
            let settings = try options.load().settings
            guard !settings.data.isEmpty else {
                throw SettingsError(description: "data is not set, expected a directory: --data DIR or RINGDOWN_DATA")
            }
            let logger = RelayLogging.logger(level: settings.logLevel)
            let service = try RelayService(
                settings: settings, logger: logger, reload: { [options] in try options.load().settings })
            let group = ServiceGroup(
                services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: RelayLogging.quiet)
            try await group.run()
        } catch {
            throw Failure.report(error)
        }
    }
}

/// How the relay writes to standard error.
enum RelayLogging {
    static func logger(level: String) -> Logger {
        var logger = Logger(label: "ringdown-relay") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = Logger.Level(rawValue: level) ?? .info
        return logger
    }

    /// For libraries that would say what the relay says better.
    static var quiet: Logger {
        var logger = Logger(label: "ringdown-relay.lifecycle") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        return logger
    }
}
