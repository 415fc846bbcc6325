import Nostr
import Reducers
import Testing

@testable import Relay

/// COUNT, reconciliations, and what takes too long.
@Suite struct SessionQueryTests {
    private let id: SubscriptionID
    private let other: SubscriptionID
    private let filters = [Filter(kinds: [.textNote])]
    private let hello: [UInt8] = [0x61, 0, 0, 2, 0]

    init() throws {
        id = try #require(SubscriptionID("a"))
        other = try #require(SubscriptionID("b"))
    }

    private func member(_ limits: ServerLimits = ServerLimits()) -> Connection {
        var connection = Connection(limits: limits)
        connection.authenticate()
        return connection
    }

    private func gathered(_ connection: inout Connection, _ id: SubscriptionID, _ count: Int = 0) -> [String] {
        let items = (0..<count).map { EventIdentity(createdAt: UInt64($0), id: Randomness.bytes32()) }
        return connection.step { $0.gathered(id, NegentropySet(items), $1, &$2) }
    }

    private func open(_ connection: inout Connection, _ id: SubscriptionID) {
        _ = connection.receive(.negentropyOpen(subscription: id, filter: Filter(), message: hello))
        _ = gathered(&connection, id)
    }

    // MARK: COUNT

    @Test func aCountIsAnsweredAndWhatComesBehindItWaits() {
        var connection = member()
        #expect(connection.receive(.count(subscription: id, filters: filters)) == ["count a"])
        #expect(connection.receive(.request(subscription: other, filters: filters)).isEmpty)
        #expect(
            connection.step { $0.counted(id, 7, isCapped: false, $1, &$2) } == [
                #"send ["COUNT","a",{"count":7}]"#, "subscribe b", "query b",
            ])
    }

    @Test func aCountThatWasCappedSaysSo() {
        var connection = member()
        _ = connection.receive(.count(subscription: id, filters: filters))
        #expect(
            connection.step { $0.counted(id, 7, isCapped: true, $1, &$2) } == [
                #"send ["COUNT","a",{"count":7,"approximate":true}]"#
            ])
    }

    @Test func aCountWaitsForTheEventsBeforeIt() {
        var connection = member()
        let note = connection.note("one")
        _ = connection.receive(.event(note))
        #expect(connection.receive(.count(subscription: id, filters: filters)).isEmpty)
        #expect(connection.reply(.event(note.id, Transition.Answer(accepted: true, message: ""))).last == "count a")
    }

    @Test func closingACountThatRunsEndsIt() {
        var connection = member()
        _ = connection.receive(.count(subscription: id, filters: filters))
        #expect(connection.receive(.close(id)) == ["cancel query"])
        #expect(connection.step { $0.counted(id, 7, isCapped: false, $1, &$2) }.isEmpty)
        #expect(connection.machine.isIdle)
    }

    @Test func aCountHasNoMoreFiltersThanAllowed() {
        var limits = ServerLimits()
        limits.maximumFilters = 1
        var connection = member(limits)
        #expect(
            connection.receive(.count(subscription: id, filters: filters + filters)) == [
                "count too_many_filters", #"send ["CLOSED","a","invalid: a COUNT has at most 1 filters"]"#,
            ])
    }

    // MARK: Reconciliations

    @Test func aStrangerReconcilesNothing() {
        var connection = Connection()
        #expect(
            connection.receive(.negentropyOpen(subscription: id, filter: Filter(), message: hello)) == [
                "count not_authenticated", #"send ["NEG-ERR","a","auth-required: not authenticated"]"#,
            ])
        #expect(
            connection.receive(.negentropyMessage(subscription: id, message: hello)) == [
                #"send ["NEG-ERR","a","auth-required: not authenticated"]"#
            ])
        #expect(connection.receive(.negentropyClose(id)).isEmpty)
    }

    @Test func aReconciliationIsGatheredAnsweredAndGoesOnUntilItIsClosed() {
        var connection = member()
        #expect(
            connection.receive(.negentropyOpen(subscription: id, filter: Filter(), message: hello)) == ["gather a"])
        #expect(gathered(&connection, id) == [#"send ["NEG-MSG","a","6100000200"]"#])
        #expect(
            connection.receive(.negentropyMessage(subscription: id, message: hello)) == [
                #"send ["NEG-MSG","a","6100000200"]"#
            ])
        #expect(connection.receive(.negentropyClose(id)).isEmpty)
        #expect(
            connection.receive(.negentropyMessage(subscription: id, message: hello)) == [
                #"send ["NEG-ERR","a","closed: there is no such reconciliation"]"#
            ])
    }

    @Test func aMessageThatCannotBeReadEndsItsReconciliation() {
        var connection = member()
        open(&connection, id)
        let answer = connection.receive(.negentropyMessage(subscription: id, message: [0x61, 0]))
        #expect(answer.count == 1 && answer[0].hasPrefix(#"send ["NEG-ERR","a","invalid: "#))
        #expect(connection.machine.reconciliations.count == 0)
    }

    @Test func anotherVersionIsToldThisOne() {
        var connection = member()
        _ = connection.receive(.negentropyOpen(subscription: id, filter: Filter(), message: [0x62, 1]))
        #expect(gathered(&connection, id) == [#"send ["NEG-MSG","a","61"]"#])
    }

    @Test func namesOfReconciliationsAndSubscriptionsHaveNothingToDoWithEachOther() {
        var connection = member()
        open(&connection, id)
        #expect(connection.receive(.request(subscription: id, filters: filters)) == ["subscribe a", "query a"])
        _ = connection.step { $0.queryDone(id, $1, &$2) }
        #expect(connection.receive(.close(id)) == ["unsubscribe a"])
        #expect(connection.machine.reconciliations.count == 1)
    }

    @Test func aConnectionHasNoMoreReconciliationsThanAllowedAndReopeningIsNotOneMore() {
        var limits = ServerLimits()
        limits.maximumSyncs = 1
        var connection = member(limits)
        _ = connection.receive(.negentropyOpen(subscription: id, filter: Filter(), message: hello))
        _ = gathered(&connection, id, 40)
        let refusal = connection.receive(.negentropyOpen(subscription: other, filter: Filter(), message: hello))
        #expect(
            refusal == [
                "count too_many_reconciliations",
                #"send ["NEG-ERR","b","blocked: a connection has at most 1 reconciliations, close one"]"#,
            ])
        #expect(connection.machine.reconciliations.events == 40)
        #expect(
            connection.receive(.negentropyOpen(subscription: id, filter: Filter(), message: hello)) == ["gather a"])
        #expect(connection.machine.reconciliations.events == 0, "the old one has ended")
        _ = gathered(&connection, id, 5)
        #expect(connection.machine.reconciliations.events == 5)
        _ = connection.receive(.negentropyClose(id))
        #expect(connection.machine.reconciliations.events == 0)
    }

    @Test func closingAReconciliationThatIsGatheredEndsIt() {
        var connection = member()
        _ = connection.receive(.negentropyOpen(subscription: id, filter: Filter(), message: hello))
        #expect(connection.receive(.negentropyClose(id)) == ["cancel query"])
        #expect(gathered(&connection, id).isEmpty)
        #expect(connection.machine.isIdle)
    }

    @Test func aReconciliationLeftLyingIsClosed() {
        var limits = ServerLimits()
        limits.syncSeconds = 60
        var connection = member(limits)
        connection.now = 1_000
        open(&connection, id)
        connection.now = 1_030
        open(&connection, other)
        #expect(connection.machine.deadline == 1_060)
        connection.now = 1_059
        #expect(connection.step { $0.timePassed($1, &$2) }.isEmpty)
        _ = connection.receive(.negentropyMessage(subscription: id, message: hello))
        #expect(connection.machine.deadline == 1_090)
        connection.now = 1_090
        #expect(
            connection.step { $0.timePassed($1, &$2) } == [
                #"send ["NEG-ERR","b","closed: nothing was heard for 60 s"]"#
            ])
        _ = connection.receive(.negentropyClose(id))
        #expect(connection.machine.deadline == nil)
    }

    // MARK: Queries that come to no end

    @Test func aSlowQueryEndsItsSubscription() {
        var connection = member()
        _ = connection.receive(.request(subscription: id, filters: filters))
        #expect(
            connection.step { $0.queryFailed(.slow(seconds: 30), $1, &$2) } == [
                #"send ["CLOSED","a","error: the query took longer than 30 s; narrow its filters"]"#, "unsubscribe a",
                "count slow_query",
            ])
        #expect(connection.machine.subscriptions.isEmpty && connection.machine.isIdle)
    }

    @Test func aSlowCountAndASlowReconciliationAreRefused() {
        var connection = member()
        _ = connection.receive(.count(subscription: id, filters: filters))
        #expect(connection.step { $0.queryFailed(.slow(seconds: 30), $1, &$2) }[0].hasPrefix(#"send ["CLOSED","a"#))
        _ = connection.receive(.negentropyOpen(subscription: id, filter: Filter(), message: hello))
        #expect(connection.step { $0.queryFailed(.slow(seconds: 30), $1, &$2) }[0].hasPrefix(#"send ["NEG-ERR","a"#))
        #expect(connection.machine.isIdle)
    }

    @Test func aReconciliationOfTooMuchIsToldTheLimit() {
        var connection = member()
        _ = connection.receive(.negentropyOpen(subscription: id, filter: Filter(), message: hello))
        #expect(
            connection.step { $0.queryFailed(.tooBig(limit: 500), $1, &$2) } == [
                #"send ["NEG-ERR","a","blocked: this query is too big",500]"#, "count reconciliation_too_big",
            ])
    }

    // MARK: Rate and time

    @Test func anEventBeyondTheRateIsRefusedWhateverItIs() {
        var connection = member()
        connection.mayPublish = false
        let note = connection.note("one")
        let answer = connection.receive(.event(note))
        #expect(answer.count == 2 && answer[0] == "count event_rate")
        #expect(answer[1].hasPrefix(#"send ["OK","\#(note.id)",false,"rate-limited: "#))
        connection.stored = [note.id]
        #expect(connection.receive(.event(note))[0] == "count event_rate", "one that is known costs something, too")
    }

    @Test func aConnectionThatProvesNoKeyIsClosed() {
        var limits = ServerLimits()
        limits.authenticationSeconds = 30
        var connection = Connection(limits: limits)
        let start = Clock.seconds()
        connection.now = start + 29
        #expect(connection.step { $0.timePassed($1, &$2) }.isEmpty)
        connection.now = start + 31
        let reason = "auth-required: not authenticated within 30 s"
        #expect(
            connection.step { $0.timePassed($1, &$2) } == [
                "count unauthenticated_timeout", #"send ["NOTICE","\#(reason)"]"#, "close \(reason)",
            ])
        var authenticated = member()
        authenticated.now = start + 3_600
        #expect(authenticated.machine.deadline == nil)
        #expect(authenticated.step { $0.timePassed($1, &$2) }.isEmpty)
    }
}
