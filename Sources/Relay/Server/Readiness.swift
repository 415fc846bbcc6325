import Synchronization

/// Whether the relay takes new work; read by every event loop.
final class Readiness: Sendable {
    private let ready = Atomic<Bool>(true)

    var isReady: Bool { ready.load(ordering: .relaxed) }

    func startDraining() { ready.store(false, ordering: .relaxed) }
}
