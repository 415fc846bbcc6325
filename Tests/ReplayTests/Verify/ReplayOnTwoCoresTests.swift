import Log
import Nostr
import Testing

@testable import Reducers

/// A long replay reads on one thread and applies on another: nothing else comes out.
@Suite struct ReplayOnTwoCoresTests {
    private func states(of log: EventLog, handing steps: [Int?]) throws -> [RelayState] {
        try log.read { reader in
            var states: [RelayState] = []
            for count in steps {
                states.append(
                    try Replayer.replay(reader, from: 0, to: reader.size, onto: RelayState(), handing: count))
            }
            return states
        }
    }

    private func error(of log: EventLog, handing steps: Int?) -> String? {
        do {
            _ = try states(of: log, handing: [steps])
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [1, 3, 64, 100_000])
    func theStateIsTheSame(steps: Int) throws {
        let story = try Story.day()
        let states = try states(of: story.log, handing: [nil, steps])
        #expect(states[0].encoded().elementsEqual(story.state.encoded()))
        #expect(states[1].encoded().elementsEqual(story.state.encoded()))
        #expect(states[1].stateRoot == story.state.stateRoot)
        #expect(states[1].position == story.state.position)
    }

    @Test(arguments: [1, 3, 64])
    func theStateBehindErasuresIsTheSame(steps: Int) throws {
        let story = try ErasureTests.halfAnHour()
        _ = try ErasureTests.erase(story) { leaf, _ in leaf.seq.isMultiple(of: 3) && leaf.seq > 20 }
        let states = try states(of: story.log, handing: [nil, steps])
        #expect(states[0] == states[1])
        #expect(states[0].encoded().elementsEqual(states[1].encoded()))
        #expect(states[0].stateRoot == states[1].stateRoot)
    }

    @Test(arguments: [1, 3, 64, 100_000])
    func theSameEntryIsNamedWhenItCannotBeUnderstood(steps: Int) throws {
        let story = try Story.day()
        story.forge = { drafts, _ in
            drafts[0].payload = Array(#"{"mark":"eclipse"}"#.utf8)
            drafts[0].shape = PayloadShape()
        }
        let position = try story.append(.tick).position.seq
        story.forge = nil
        try story.append(.tick)
        let expected = error(of: story.log, handing: nil)
        #expect(expected == "entry \(position): mark eclipse is unknown")
        #expect(error(of: story.log, handing: steps) == expected)
    }
}
