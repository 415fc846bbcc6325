import Nostr
import Reducers
import Testing

@testable import Relay

private let everything = [Filter(kinds: [.textNote])]

private func callsTag(to key: PublicKey) -> TagCondition {
    TagCondition(letter: UInt8(ascii: "p"), values: [Text(key.hex)])
}

@Suite struct SessionMachineTests {
    private let feed: SubscriptionID
    private let calls: SubscriptionID

    init() throws {
        feed = try #require(SubscriptionID("feed"))
        calls = try #require(SubscriptionID("calls"))
    }

    @Test func nothingIsSubmittedBeforeAuthentication() {
        var connection = Connection()
        let event = connection.note("hello")
        #expect(
            connection.receive(.event(event)) == [
                "count not_authenticated", #"send ["OK","\#(event.id)",false,"auth-required: not authenticated"]"#,
            ])
        #expect(
            connection.receive(.request(subscription: feed, filters: everything)) == [
                "count not_authenticated", #"send ["CLOSED","feed","auth-required: not authenticated"]"#,
            ])
        #expect(
            connection.receive(.count(subscription: feed, filters: everything)) == [
                "count not_authenticated", #"send ["CLOSED","feed","auth-required: not authenticated"]"#,
            ])
    }

    @Test func aRequestSentRightBehindAnAuthenticationWaitsForIt() {
        var connection = Connection()
        let event = connection.auth()
        #expect(connection.receive(.auth(event)) == ["submit authentication new"])
        #expect(connection.receive(.request(subscription: feed, filters: everything)).isEmpty)
        let answer = Transition.Answer(accepted: true, message: "")
        #expect(
            connection.reply(.authenticated(event.id, connection.key.publicKey, answer, session: 7)) == [
                #"send ["OK","\#(event.id)",true,""]"#, "subscribe feed", "query feed",
            ])
    }

    @Test func afterARefusedAuthenticationTheDoorIsClosedForGood() {
        var connection = Connection()
        let event = connection.auth()
        _ = connection.receive(.auth(event))
        let answer = Transition.Answer(accepted: false, message: Refusal.notMember.message)
        _ = connection.reply(.authenticated(event.id, connection.key.publicKey, answer, session: nil))
        #expect(
            connection.receive(.request(subscription: feed, filters: everything)).last
                == #"send ["CLOSED","feed","restricted: not a relay member"]"#)
    }

    @Test func eventsFollowEachOtherButARequestSeesThemAll() {
        var connection = Connection()
        connection.authenticate()
        let (first, second) = (connection.note("one"), connection.note("two"))
        #expect(connection.receive(.event(first)) == ["submit event one in 5"])
        #expect(connection.receive(.event(second)) == ["submit event two in 5"])
        #expect(connection.receive(.request(subscription: feed, filters: everything)).isEmpty)
        let accepted = Transition.Answer(accepted: true, message: "")
        #expect(connection.reply(.event(first.id, accepted)).count == 1)
        #expect(connection.reply(.event(second.id, accepted)).suffix(2) == ["subscribe feed", "query feed"])
    }

    @Test func listeningForCallsIsOnRecordBeforeStoredEventsAreSent() {
        var connection = Connection()
        connection.authenticate()
        let mine = [Filter(kinds: [.callMeNow], tags: [callsTag(to: connection.key.publicKey)])]
        #expect(
            connection.receive(.request(subscription: calls, filters: mine)) == [
                "subscribe calls", "submit listening to 1",
            ])
        #expect(connection.reply(.listening) == ["query calls"])
        #expect(connection.queryDone(calls) == [#"send ["EOSE","calls"]"#])
        #expect(connection.receive(.close(calls)) == ["unsubscribe calls", "submit listening to 0"])
    }

    @Test func aSubscriptionToSomebodyElsesCallsIsNotListening() {
        var connection = Connection()
        connection.authenticate()
        let others = [Filter(kinds: [.callMeNow], tags: [callsTag(to: SecretKey.generate().publicKey)])]
        #expect(
            connection.receive(.request(subscription: calls, filters: others)) == ["subscribe calls", "query calls"])
    }

    @Test func closingTheQueryThatRunsGoesThroughAtOnce() {
        var connection = Connection()
        connection.authenticate()
        _ = connection.receive(.request(subscription: feed, filters: everything))
        #expect(connection.receive(.close(feed)) == ["cancel query", "unsubscribe feed"])
        #expect(connection.queryDone(feed).isEmpty)
    }

    @Test func aStoredEventIsADuplicateBeforeItsSignatureIsChecked() {
        var connection = Connection()
        connection.authenticate()
        let event = connection.note("known")
        connection.stored = [event.id]
        #expect(
            connection.receive(.event(event)) == [
                #"send ["OK","\#(event.id)",true,"duplicate: already have this event"]"#
            ])
    }

    @Test func aReportForSomebodyElseIsToldSoWhateverItsSignature() throws {
        var connection = Connection()
        connection.authenticate()
        let stranger = SecretKey.generate()
        var raw = String(decoding: connection.note("{}", by: stranger, kind: .meshStatusReport).raw, as: UTF8.self)
        raw = raw.replacing("{}", with: "[]")
        let forged = try Event.parse(Array(raw.utf8))
        #expect(
            connection.receive(.event(forged)).last
                == #"send ["OK","\#(forged.id)",false,"invalid: event pubkey does not match authenticated identity"]"#)
        let good = connection.note("{}", by: stranger, kind: .meshStatusReport)
        #expect(connection.receive(.event(good)) == ["submit event {} in 5"], "a good signature is worth an entry")
    }

    @Test func authenticationChecksChallengeRelayAndAge() {
        var connection = Connection()
        let faults = [
            (connection.auth(challenge: "another"), "challenge"),
            (connection.auth(relay: "ws://elsewhere.example/"), "elsewhere.example"),
            (connection.auth(relay: "http://127.0.0.1/"), "relay tag"),
            (connection.auth(age: 61), "60 s"),
            (connection.auth(age: -61), "60 s"),
            (connection.note("not an authentication"), "22242"),
        ]
        for (event, word) in faults {
            let effects = connection.receive(.auth(event))
            #expect(effects.count == 2 && effects[1].contains("false") && effects[1].contains(word), "\(effects)")
        }
        #expect(connection.machine.keys.isEmpty)
    }

    @Test func limitsOfOneConnectionAnswerForThemselves() {
        var limits = ServerLimits()
        limits.maximumSubscriptions = 1
        limits.maximumFilters = 2
        limits.maximumInFlight = 1
        var connection = Connection(limits: limits)
        connection.authenticate()
        _ = connection.receive(.request(subscription: feed, filters: everything))
        _ = connection.queryDone(feed)
        #expect(connection.receive(.request(subscription: calls, filters: everything))[1].contains("at most 1"))
        let many = [Filter](repeating: Filter(kinds: [.textNote]), count: 3)
        #expect(connection.receive(.request(subscription: feed, filters: many))[1].contains("at most 2 filters"))
        #expect(!connection.machine.isSaturated)
        _ = connection.receive(.event(connection.note("one")))
        #expect(connection.machine.isSaturated, "the connection is not read on while too much is on its way")
        #expect(connection.receive(.event(connection.note("two"))).isEmpty)
    }
}
