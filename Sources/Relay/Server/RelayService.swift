import Foundation
import Log
import Logging
import NIOCore
import Nostr
import Reducers
import ServiceLifecycle
import Synchronization

/// The relay as a service: opens the log, serves, and drains when it is told to stop.
struct RelayService: Service {
    private let settings: Settings
    private let reload: @Sendable () throws -> Settings
    private let opened: OpenedLog
    private let encryption: Encryption?
    private let witnesses: Witnesses
    private let logger: Logger

    /// Opens the log, and sets the owner and what else the start needs.
    ///
    /// - Parameter reload: reads the settings anew, from where they came from at the start.
    init(settings: Settings, logger: Logger, reload: @escaping @Sendable () throws -> Settings) throws {
        self.settings = settings
        self.reload = reload
        self.logger = logger
        encryption = try CertificateFiles(settings).map { try Encryption($0) }
        witnesses = try Witnesses(urls: settings.witnesses, policyPath: settings.witnessPolicy)
        var opened = try OpenedLog(
            directory: settings.data, policy: settings.policy, origin: settings.origin ?? RelayService.origin(settings),
            initialMapBytes: settings.limits.initialMapBytes, logger: logger)
        try RelayService.settleOwner(settings, &opened, logger)
        try opened.append([.restart])
        self.opened = opened
    }

    /// A log's name is the relay's first public address without its scheme, and an epoch (AUDIT.md, "checkpoint").
    private static func origin(_ settings: Settings) -> String? {
        settings.urls.first.flatMap { RelayURL($0) }.map { $0.address + "/1" }
    }

    private static func settleOwner(_ settings: Settings, _ opened: inout OpenedLog, _ logger: Logger) throws {
        let current = opened.state.membership.owner?.key
        let owner: PublicKey
        switch (settings.owner, current) {
        case (let wanted?, let current?) where wanted != current:
            throw SettingsError(
                description: "owner is \(wanted.npub), but the log in \(settings.data) belongs to \(current.npub); "
                    + "leave --owner away, or use another --data")
        case (_, .some): return
        case (let wanted?, nil): owner = wanted
        case (nil, nil):
            owner = try Identity.createOwner(settings.data)
            logger.notice(
                "no owner was given: made an owner's key",
                metadata: ["npub": "\(owner.npub)", "secret": "\(Identity.ownerPath(settings.data))"])
        }
        for transition in try opened.append([.operatorCommand(.setOwner(owner))]) where !transition.answer.accepted {
            throw SettingsError(description: transition.answer.message)
        }
    }

    func run() async throws {
        guard let address = settings.listen else { return }
        FileLimit.raise(forConnections: settings.limits.maximumConnections, logger: logger)
        let failure = Mutex<(any Error)?>(nil)
        let (failed, reportFailure) = AsyncStream.makeStream(of: Never.self)
        let server = Server(
            settings: settings, opened: opened, encryption: encryption, witnesses: witnesses, logger: logger
        ) { error in
            failure.withLock { $0 = error }
            reportFailure.finish()
        }
        let ended = RelayService.startSequencer(of: server)
        let watch = encryption.map { CertificateWatch($0, logger: logger) }
        let watching = Task { await watch?.run() }
        defer { watching.cancel() }
        do {
            let listener = try await server.listen(on: address)
            let reachedAt = listener.localAddress.flatMap { RelayService.text(of: $0) } ?? address.description
            let control = try await ControlServer(
                directory: settings.data, group: server.eventLoopGroup,
                relay: ControlledRelay(
                    submit: { server.submit($0) }, facts: server.facts, checkpoints: server.checkpoints,
                    status: { server.status(address: reachedAt) }))
            server.checkpoints.start()
            announce(listener)
            let reloading = Task { [settings, logger, reload] in
                var reloading = Reloading(
                    current: settings, server: server, certificate: watch, logger: logger)
                await reloading.run(reload)
            }
            await RelayService.untilShutdown(or: failed)
            reloading.cancel()
            logger.info("shutting down")
            await control.close()
            await server.drain(listener)
        } catch {
            server.stop()
            failure.withLock { $0 = $0 ?? RelayService.listenError(error, address) }
        }
        for await _ in ended {}
        await server.shutdown()
        if let error = failure.withLock({ $0 }) { throw error }
        logger.info("stopped")
    }

    private static func text(of address: SocketAddress) -> String? {
        guard let host = address.ipAddress, let port = address.port else { return nil }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private func announce(_ listener: any Channel) {
        logger.info(
            "listening",
            metadata: [
                "address": "\(listener.localAddress?.description ?? "")",
                "scheme": encryption == nil ? "ws" : "wss", "relay": "\(opened.state.relay.npub)",
                "entries": "\(opened.state.position.map { $0.seq + 1 } ?? 0)",
                "members": "\(opened.state.membership.members.count)",
                "open": "\(!settings.policy.requireMembership)",
            ])
    }

    /// Runs the sequencer on a thread of its own; the stream ends when it does.
    private static func startSequencer(of server: Server) -> AsyncStream<Never> {
        let (ended, end) = AsyncStream.makeStream(of: Never.self)
        let thread = Thread {
            // The system's name of a thread, which top and gdb show, is only ever set by the thread itself.
            Thread.current.name = "sequencer"
            server.runSequencer()
            end.finish()
        }
        thread.stackSize = sequencerStackBytes
        thread.start()
        return ended
    }

    private static let sequencerStackBytes = 4 << 20

    /// Returns when the relay is told to stop, or when it cannot go on.
    private static func untilShutdown(or failed: AsyncStream<Never>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await gracefulShutdown() }
            group.addTask { for await _ in failed {} }
            await group.next()
            group.cancelAll()
        }
    }

    private static func listenError(_ error: any Error, _ address: ListenAddress) -> any Error {
        if error is SettingsError { return error }
        let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
        return SettingsError(description: "cannot listen on \(address): \(reason)")
    }
}
