import Nostr

/// The reconciliations of one connection (NIP-77): sets of events as they were when the client asked.
struct Reconciliations {
    private struct Open {
        let responder: NegentropyResponder
        var usedAt: Int64
    }

    private var open: [SubscriptionID: Open] = [:]

    /// How many are open.
    var count: Int { open.count }
    /// How many events they hold in all.
    private(set) var events = 0

    mutating func open(_ id: SubscriptionID, _ set: NegentropySet, at now: Int64) {
        close(id)
        open[id] = Open(responder: NegentropyResponder(set), usedAt: now)
        events += set.count
    }

    /// The answer to a message; `nil` when there is no reconciliation of that name. A message that cannot be read ends
    /// its reconciliation.
    mutating func reply(_ id: SubscriptionID, to message: [UInt8], at now: Int64) throws(NegentropyError) -> [UInt8]? {
        guard let found = open[id] else { return nil }
        open[id]?.usedAt = now
        do throws(NegentropyError) {
            return try found.responder.reply(to: message)
        } catch {
            close(id)
            throw error
        }
    }

    mutating func close(_ id: SubscriptionID) {
        guard let closed = open.removeValue(forKey: id) else { return }
        events -= closed.responder.set.count
    }

    /// When the first of them will have been left lying for too long.
    func deadline(after seconds: Int) -> Int64? {
        open.values.map { $0.usedAt + Int64(seconds) }.min()
    }

    /// Ends those that have been left lying for too long, and names them.
    mutating func expire(at now: Int64, after seconds: Int) -> [SubscriptionID] {
        let expired = open.filter { $0.value.usedAt + Int64(seconds) <= now }.keys.sorted { $0.text < $1.text }
        for id in expired { close(id) }
        return expired
    }
}
