import Log
import NIOCore
import Nostr

/// What a session asks the log for, a slice at a time, and what it waits for.
extension WebSocketSession {
    func subscribe(_ name: SubscriptionID, _ filters: [Filter]) {
        if let old = subscriptions.removeValue(forKey: name) { shard.unsubscribe(old) }
        // What is in the log now comes as stored events, what comes after as live ones: nothing twice, nothing missed.
        guard let size = try? shard.log.read({ $0.size }) else {
            close(.unexpectedServerError, "error: the log cannot be read")
            return
        }
        let subscription = LiveSubscription(session: self, id: name, filters: filters, stored: size - 1)
        subscriptions[name] = subscription
        shard.subscribe(subscription)
    }

    func query(_ name: SubscriptionID, _ filters: [Filter]) {
        guard let subscription = subscriptions[name] else { return }
        scan = RunningScan(
            subscription: subscription, filters: filters, upTo: subscription.seen + 1,
            maximumLimit: shared.limits.maximumLimit)
        beginScan(subscription.seen + 1)
    }

    func count(_ name: SubscriptionID, _ filters: [Filter]) {
        begin { RunningScan(counting: filters, for: name, upTo: $0) }
    }

    func gather(_ name: SubscriptionID, _ filter: Filter) {
        let maximum = shared.limits.maximumSyncEvents
        guard shard.hasRoomToReconcile(maximum) else {
            return step { machine, surroundings, effects in machine.queryFailed(.crowded, surroundings, &effects) }
        }
        begin { RunningScan(gathering: filter, for: name, upTo: $0, maximum: maximum) }
    }

    /// Begins a scan of the log as it is now.
    private func begin(_ make: (UInt64) -> RunningScan) {
        guard let size = try? shard.log.read({ $0.size }) else {
            close(.unexpectedServerError, "error: the log cannot be read")
            return
        }
        scan = make(size)
        beginScan(size)
    }

    /// A client may ask a thousand questions in one breath: they take their turns, too. Nothing is read that the shard has
    /// not heard of: the commit that it was part of may have ended this session.
    private func beginScan(_ size: UInt64) {
        guard let running = scan, let id else { return }
        shard.onceTold(of: size, id) { [self] in
            running.mayBegin = true
            shard.turns.now { [self] in
                if scan === running { resumeScan() }
            }
        }
    }

    /// Goes on for a slice and comes back for the next one, unless the reader is behind.
    func resumeScan() {
        guard let running = scan, running.mayBegin, outbox.hasRoom else { return }
        let progress: RunningScan.Progress
        do {
            progress = try running.resume(shard.log, now: shared.world.seconds) { event in
                if case .events(let subscription) = running.purpose {
                    outbox.append(head: subscription.head, body: event)
                }
            }
        } catch {
            shared.logger.error("a query failed", metadata: ["error": "\(error)"])
            close(.unexpectedServerError, "error: the log cannot be read")
            return
        }
        if case .more = progress, running.spent < .seconds(shared.limits.querySeconds) {
            flush()
            shard.turns.later { [self] in
                if scan === running { resumeScan() }
            }
            return
        }
        scan = nil
        shard.metrics.queries.observe(running.spent / .seconds(1))
        step { machine, surroundings, effects in
            running.finish(progress, shared.limits, &machine, surroundings, &effects)
        }
        submit()
        flush()
        updateReading()
        finishDraining()
    }

    // MARK: Time and room

    /// Has the shard wake the session once a second while there is something to wait for.
    func updateTimer() {
        // Asked for every message: the machine's own property would cost a copy of all of it.
        let isWanted = id != nil && (machine.keys.isEmpty || machine.reconciliations.count > 0)
        guard isWanted != isTimed, let id else { return }
        isTimed = isWanted
        if isWanted { shard.wake(self, id) } else { shard.stopWaking(id) }
    }

    func timePassed() {
        guard let deadline = machine.deadline, deadline <= shared.world.seconds, !outbox.isClosing else { return }
        step { machine, surroundings, effects in machine.timePassed(surroundings, &effects) }
        submit()
        flush()
        updateReading()
    }

    /// Takes room in the shard for what is reconciled, and for all that is gathered may come to.
    func holdRoom() {
        guard id != nil else { return }
        var events = machine.reconciliations.events
        if case .reconciliation(_, let limit) = scan?.purpose { events += limit }
        shard.reconciledEvents += events - heldEvents
        heldEvents = events
    }
}
