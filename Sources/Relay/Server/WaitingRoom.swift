import NIOCore
import Synchronization

/// Connections that have not authenticated, in the order in which they came: when there are too many connections, the one
/// that has waited longest makes room. So whoever holds connections open cannot keep members out.
final class WaitingRoom: Sendable {
    private struct State {
        var waiting: [UInt64: any Channel] = [:]
        var next: UInt64 = 0
        /// Nobody who came before waits any more.
        var oldest: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Takes a connection in, and returns what it leaves with.
    func enter(_ channel: any Channel) -> UInt64 {
        state.withLock { state in
            defer { state.next += 1 }
            state.waiting[state.next] = channel
            return state.next
        }
    }

    /// Whoever authenticated or ended waits no more.
    func leave(_ ticket: UInt64) { state.withLock { _ = $0.waiting.removeValue(forKey: ticket) } }

    /// Closes the connection that has waited longest; `false` when there is none.
    func evict() -> Bool {
        let found: (any Channel)? = state.withLock { state in
            while state.oldest < state.next {
                defer { state.oldest += 1 }
                if let channel = state.waiting.removeValue(forKey: state.oldest) { return channel }
            }
            return nil
        }
        found?.close(promise: nil)
        return found != nil
    }
}
