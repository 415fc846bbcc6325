import Logging
import Reducers
import UnixSignals

/// Takes up changed settings while the relay runs, each time it gets SIGHUP.
struct Reloading {
    private var current: Settings
    private let server: Server
    private let certificate: CertificateWatch?
    private let logger: Logger

    init(current: Settings, server: Server, certificate: CertificateWatch?, logger: Logger) {
        self.current = current
        self.server = server
        self.certificate = certificate
        self.logger = logger
    }

    /// Waits for signals until it is cancelled.
    ///
    /// - Parameter load: reads the settings anew. When it fails, everything stays as it is.
    mutating func run(_ load: @Sendable () throws -> Settings) async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) {
            certificate?.reload()
            do {
                try apply(try load())
            } catch {
                logger.error("the settings cannot be read; the old ones stay in force", metadata: ["error": "\(error)"])
            }
        }
    }

    private mutating func apply(_ fresh: Settings) throws {
        var changed: [String] = []
        var late: [String] = []
        for setting in Setting.all where setting.show(fresh) != setting.show(current) {
            if setting.changesWhileRunning { changed.append(setting.name) } else { late.append(setting.name) }
        }
        server.facts.present(name: fresh.name, about: fresh.about)
        // Asked for in any case: the policy in force may have been changed otherwise meanwhile.
        let policy = fresh.policy
        let logger = logger
        let submission = Submission(
            content: .policy(policy),
            sender: .caller { answer in
                guard !answer.accepted else { return }
                logger.error("the policy could not be changed", metadata: ["reason": "\(answer.message)"])
            })
        if !server.submit(submission) { logger.error("the policy could not be changed: the relay is overloaded") }
        logger.info(
            "read the settings again",
            metadata: [
                "changed": "\(changed.joined(separator: " "))", "need a restart": "\(late.joined(separator: " "))",
            ])
        current = fresh
    }
}

extension Setting {
    /// Whether a new value takes effect without a restart.
    var changesWhileRunning: Bool {
        ["name", "description"].contains(name) || Setting.policy.contains { $0.name == name }
    }
}
