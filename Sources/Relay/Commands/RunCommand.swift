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

    @Option(help: "The directory that holds the log and the keys; made when missing.")
    var data: String?

    @Option(help: "Where to listen: HOST:PORT.")
    var listen: String?

    @Option(help: "The public key that owns the relay: hex or npub.")
    var owner: String?

    @Option(help: ArgumentHelp("A public address of the relay; may be given several times.", valueName: "ws://name"))
    var url: [String] = []

    @Flag(help: "Require no membership: every authenticated key passes the gate.")
    var open = false

    @Option(help: "Which product's spelling the mesh events use: sprout or buzz.")
    var dialect: String?

    @Option(help: "A TOML or JSON file with settings.")
    var config: String?

    @Option(help: ArgumentHelp("Any setting; may be given several times.", valueName: "name=value"))
    var set: [String] = []

    private func flags() throws -> [String: String] {
        var flags: [String: String] = [:]
        for pair in set {
            guard let equals = pair.firstIndex(of: "=") else {
                throw SettingsError(description: "--set \(pair): expected NAME=VALUE")
            }
            flags[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        if let data { flags["data"] = data }
        if let listen { flags["listen"] = listen }
        if let owner { flags["owner"] = owner }
        if !url.isEmpty { flags["url"] = url.joined(separator: ",") }
        if open { flags["open"] = "true" }
        if let dialect { flags["dialect"] = dialect }
        return flags
    }

    func run() async throws {
        do {
            let settings = try SettingsLoader.load(
                flags: try flags(), environment: ProcessInfo.processInfo.environment, file: config)
            guard !settings.data.isEmpty else {
                throw SettingsError(description: "data is not set, expected a directory: --data DIR or RINGDOWN_DATA")
            }
            let logger = RelayLogging.logger(level: settings.logLevel)
            let service = try RelayService(settings: settings, logger: logger)
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
