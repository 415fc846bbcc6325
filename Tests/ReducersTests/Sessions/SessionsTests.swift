import Nostr
import Testing

@testable import Reducers

@Suite struct SessionsTests {
    private var sessions = Sessions()
    private let alice = SHA256.hash([1])
    private let bob = SHA256.hash([2])

    @Test mutating func aSessionIsNamedByItsFirstEntryAndTakesMoreKeys() {
        #expect(sessions.authenticate(alice, owner: nil, session: nil, at: 5) == true)
        #expect(sessions.authenticate(bob, owner: nil, session: 5, at: 9) == true)
        #expect(sessions.authenticate(bob, owner: nil, session: 5, at: 10) == true, "once more changes nothing")
        #expect(sessions[5]?.keys == [Sessions.Tie(key: alice, seq: 5), Sessions.Tie(key: bob, seq: 9)])
        #expect(sessions.authenticate(bob, owner: nil, session: 6, at: 11) == false, "no session has that name")
    }

    @Test mutating func keysPerSessionAreBounded() {
        _ = sessions.authenticate(alice, owner: nil, session: nil, at: 0)
        for number in 1..<Sessions.maximumKeys {
            #expect(
                sessions.authenticate(SHA256.hash([UInt8(number), 7]), owner: nil, session: 0, at: UInt64(number))
                    == true)
        }
        #expect(sessions.authenticate(bob, owner: nil, session: 0, at: 99) == false)
        #expect(sessions[0]?.keys.count == Sessions.maximumKeys)
    }

    @Test mutating func whoListensIsTheOneThatBeganFirst() {
        _ = sessions.authenticate(alice, owner: nil, session: nil, at: 1)
        _ = sessions.authenticate(alice, owner: nil, session: nil, at: 2)
        sessions.listen(session: 2, to: [alice], at: 3)
        sessions.listen(session: 1, to: [alice], at: 4)
        #expect(sessions.listening(to: alice) == 3)
        sessions.listen(session: 2, to: [alice], at: 5)
        #expect(sessions.listening(to: alice) == 3, "saying so again does not begin anew")
        sessions.close(session: 2)
        #expect(sessions.listening(to: alice) == 4)
        sessions.listen(session: 1, to: [], at: 6)
        #expect(sessions.listening(to: alice) == nil)
        sessions.listen(session: 1, to: [alice], at: 7)
        #expect(sessions.listening(to: alice) == 7)
    }

    @Test mutating func onlyItsOwnKeysCountAndEachOnce() throws {
        _ = sessions.authenticate(alice, owner: nil, session: nil, at: 1)
        sessions.listen(session: 1, to: [bob, alice, alice] + (0..<100).map { SHA256.hash([$0, 0]) }, at: 2)
        #expect(sessions[1]?.listening == [Sessions.Tie(key: alice, seq: 2)])
        #expect(sessions.listening(to: bob) == nil)
        sessions.listen(session: 8, to: [alice], at: 3)
        #expect(sessions.listening(to: alice) == 2, "a session that is not there hears nothing")
        var encoder = StateEncoder()
        sessions.encode(to: &encoder)
        var decoder = StateDecoder(encoder.bytes)
        let copy = try Sessions(from: &decoder)
        #expect(copy == sessions && copy.listening(to: alice) == 2, "it comes back whatever it was told")
    }

    @Test mutating func endingAKeyEndsEverySessionThatHoldsIt() {
        _ = sessions.authenticate(alice, owner: nil, session: nil, at: 1)
        _ = sessions.authenticate(bob, owner: nil, session: 1, at: 2)
        _ = sessions.authenticate(bob, owner: nil, session: nil, at: 3)
        _ = sessions.authenticate(alice, owner: nil, session: nil, at: 4)
        for id: UInt64 in [1, 3, 4] { sessions.listen(session: id, to: [alice, bob], at: 5 + id) }
        _ = sessions.close(key: bob)
        #expect(sessions.all.map(\.id) == [4])
        #expect(sessions.listening(to: bob) == nil && sessions.listening(to: alice) == 9)
        sessions.closeAll()
        #expect(sessions == Sessions() && sessions.listening(to: alice) == nil)
    }
}
