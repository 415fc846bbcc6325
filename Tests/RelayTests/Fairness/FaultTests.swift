import Nostr
import Reducers
import Testing

@testable import Relay

@Suite struct FaultTests {
    private static let limits: ServerLimits = {
        var limits = ServerLimits()
        limits.maximumFaults = 3
        return limits
    }()

    private func forged(_ connection: Connection, _ number: Int) throws -> Event {
        let key = connection.key
        let good = UnsignedEvent(
            pubkey: key.publicKey, createdAt: Clock.seconds(), kind: .textNote, tags: [], content: Text("\(number)"))
        return try Event.parse(good.serialized(signature: key.sign(SHA256.hash(Array("another".utf8)))))
    }

    @Test func whoSendsTooManyBadSignaturesIsNotListenedToAnyMore() throws {
        var connection = Connection(limits: Self.limits)
        connection.authenticate()
        for number in 0..<3 {
            let effects = connection.receive(.event(try forged(connection, number)))
            #expect(effects.count == 2 && effects.first == "count invalid_event")
        }
        let effects = connection.receive(.event(try forged(connection, 3)))
        #expect(effects.contains("count too_many_faults"))
        #expect(effects.contains { $0.hasPrefix("close rate-limited:") })
        #expect(connection.receive(.event(connection.note("a good one, too late"))) == [])
    }

    @Test func refusedAuthenticationsCountHoweverGoodTheirSignature() {
        var connection = Connection(limits: Self.limits)
        var effects: [String] = []
        for _ in 0..<4 {
            let event = connection.auth()
            effects = connection.receive(.auth(event))
            let answer = Transition.Answer(accepted: false, message: Refusal.notMember.message)
            effects += connection.reply(.authenticated(event.id, event.pubkey, answer, session: nil))
        }
        #expect(effects.contains("count too_many_faults"))
    }

    @Test func whatWaitedIsHandledSomeAtATime() {
        var connection = Connection()
        let event = connection.auth()
        _ = connection.receive(.auth(event))
        let waiting = SessionMachine.messagesPerTurn * 2 + 5
        for number in 0..<waiting { #expect(connection.receive(.event(connection.note("\(number)"))) == []) }
        let answer = Transition.Answer(accepted: true, message: "")
        var turns = [connection.reply(.authenticated(event.id, event.pubkey, answer, session: 5))]
        while turns.last?.last == "yield" {
            // What comes meanwhile waits behind what waited, and does not make the turn longer.
            turns.append(connection.step { machine, surroundings, effects in machine.goOn(surroundings, &effects) })
        }
        let submitted = turns.map { turn in turn.count { $0.hasPrefix("submit event") } }
        #expect(submitted == [SessionMachine.messagesPerTurn, SessionMachine.messagesPerTurn, 5])
    }

    @Test func aMessageThatComesWhileItIsTheOthersTurnWaits() {
        var connection = Connection()
        let event = connection.auth()
        _ = connection.receive(.auth(event))
        for number in 0...SessionMachine.messagesPerTurn {
            _ = connection.receive(.event(connection.note("\(number)")))
        }
        let answer = Transition.Answer(accepted: true, message: "")
        #expect(connection.reply(.authenticated(event.id, event.pubkey, answer, session: 5)).last == "yield")
        #expect(connection.receive(.event(connection.note("later"))) == [])
        #expect(connection.step { machine, surroundings, effects in machine.goOn(surroundings, &effects) }.count == 2)
    }
}
