import Nostr

/// Counts (NIP-45), reconciliations (NIP-77), and queries that do not come to an end.
extension SessionMachine {
    mutating func count(_ id: SubscriptionID, _ filters: [Filter], _ effects: inout [Effect]) {
        guard mayRead(id, "COUNT", filters, &effects) else { return }
        waiting = .count(id)
        effects.append(.count(id, filters))
    }

    /// The events were counted; `isCapped` if there may be more.
    mutating func counted(
        _ id: SubscriptionID, _ count: Int, isCapped: Bool, _ surroundings: Surroundings, _ effects: inout [Effect]
    ) {
        guard waiting == .count(id) else { return }
        waiting = .nothing
        effects.append(.send(.count(id, count, isApproximate: isCapped)))
        advance(surroundings, &effects)
    }

    mutating func openReconciliation(
        _ id: SubscriptionID, _ filter: Filter, _ message: [UInt8], _ effects: inout [Effect]
    ) {
        guard name != nil else {
            effects.append(.drop(closedDoor.code, nil))
            effects.append(.send(.negentropyError(id, message: closedDoor.message)))
            return
        }
        // One that is open under this name ends first (NIP-77).
        reconciliations.close(id)
        guard reconciliations.count < limits.maximumSyncs else {
            let reason = "blocked: a connection has at most \(limits.maximumSyncs) reconciliations, close one"
            effects.append(.drop("too_many_reconciliations", keys.first))
            effects.append(.send(.negentropyError(id, message: reason)))
            return
        }
        waiting = .gathering(id, message)
        effects.append(.gather(id, filter))
    }

    mutating func reconcile(
        _ id: SubscriptionID, _ message: [UInt8], _ surroundings: Surroundings, _ effects: inout [Effect]
    ) {
        guard name != nil else {
            effects.append(.send(.negentropyError(id, message: closedDoor.message)))
            return
        }
        do {
            guard let reply = try reconciliations.reply(id, to: message, at: surroundings.now) else {
                effects.append(.send(.negentropyError(id, message: "closed: there is no such reconciliation")))
                return
            }
            effects.append(.send(.negentropyMessage(id, reply)))
        } catch {
            effects.append(.send(.negentropyError(id, message: "invalid: \(error.message)")))
        }
    }

    /// The events to reconcile were gathered.
    mutating func gathered(
        _ id: SubscriptionID, _ set: NegentropySet, _ surroundings: Surroundings, _ effects: inout [Effect]
    ) {
        guard case .gathering(id, let message) = waiting else { return }
        waiting = .nothing
        reconciliations.open(id, set, at: surroundings.now)
        reconcile(id, message, surroundings, &effects)
        advance(surroundings, &effects)
    }

    /// The query that is waited for was given up.
    mutating func queryFailed(_ failure: QueryFailure, _ surroundings: Surroundings, _ effects: inout [Effect]) {
        switch waiting {
        case .query(let id):
            waiting = .nothing
            effects.append(.send(.closed(id, message: failure.message)))
            close(id, surroundings, &effects)
        case .count(let id):
            waiting = .nothing
            effects.append(.send(.closed(id, message: failure.message)))
        case .gathering(let id, _):
            waiting = .nothing
            effects.append(.send(.negentropyError(id, message: failure.message, limit: failure.limit)))
        case .nothing, .authentication, .listening, .invite: return
        }
        effects.append(.drop(failure.droppedReason, keys.first))
        advance(surroundings, &effects)
    }
}

/// Why a query was given up.
enum QueryFailure: Equatable {
    /// It took longer than so many seconds.
    case slow(seconds: Int)
    /// It found more events than may be reconciled.
    case tooBig(limit: Int)
    /// Other reconciliations take all the room that there is for them.
    case crowded

    var message: String {
        switch self {
        case .slow(let seconds): "error: the query took longer than \(seconds) s; narrow its filters"
        case .tooBig: "blocked: this query is too big"
        case .crowded: "error: too much is being reconciled at the moment, try again later"
        }
    }

    /// What NEG-ERR names as the most events (NIP-77).
    var limit: Int? { if case .tooBig(let limit) = self { limit } else { nil } }

    /// The name under which it is counted.
    var droppedReason: String {
        switch self {
        case .slow: "slow_query"
        case .tooBig: "reconciliation_too_big"
        case .crowded: "reconciliations_full"
        }
    }
}
