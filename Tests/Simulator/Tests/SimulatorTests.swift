import Foundation
import Testing

@testable import Simulator

/// The bounded version of `ringdown-sim --seeds 2000`, which CI and `make chaos` run.
@Suite struct SimulatorTests {
    @Test func everyPromiseHoldsWhateverASeedThinksUp() {
        let runner = Runner(name: "test-seeds")
        var granted = 0
        for seed in 1...UInt64(150) {
            let outcome = runner.run(seed: seed)
            granted += outcome.granted
            guard let violation = outcome.violation else { continue }
            let failure = runner.shrink(Script(seed: seed, steps: runner.steps), violation)
            Issue.record("seed \(seed): \(violation)\n\(failure.story)")
            return
        }
        // A simulator in which nobody calls says nothing about calls.
        #expect(granted > 150)
    }

    /// A member is removed, and asks before its shard has heard of it: the log has what follows the removal already.
    @Test(arguments: [1_634, 20_941, 30_127, 41_688] as [UInt64])
    func whoWasRemovedIsNotAnsweredFromWhatItsShardHasNotHeardOf(_ seed: UInt64) {
        #expect(Runner(name: "test-unheard-\(seed)").run(seed: seed).violation == nil)
    }

    @Test func theSameSeedDoesTheSameAgain() {
        let runner = Runner(name: "test-twice")
        for seed in [3, 14, 159, 2653] as [UInt64] {
            let (first, second) = (runner.run(seed: seed), runner.run(seed: seed))
            #expect(first.trace == second.trace)
            #expect(first.entries == second.entries)
        }
        #expect(runner.run(seed: 3).trace != runner.run(seed: 4).trace)
    }

    /// Each fault that is planted on purpose is found, by what it breaks, within the seeds of one minute.
    @Test(arguments: Plant.allCases)
    func aPlantedFaultIsFound(_ plant: Plant) {
        let runner = Runner(plant: plant, name: "test-\(plant.rawValue)")
        for seed in 1...UInt64(600) {
            guard let violation = runner.run(seed: seed).violation else { continue }
            #expect(plant.breaks.contains(violation.promise), "seed \(seed): \(violation)")
            return
        }
        Issue.record("\(plant.rawValue) was not found in 600 seeds")
    }

    @Test func aFailureIsMadeShorterAndToldAsAStory() throws {
        let runner = Runner(plant: .checkThenEmit, name: "test-shrink")
        let seed = try #require((1...UInt64(600)).first { runner.run(seed: $0).violation?.promise == .gate })
        let script = Script(seed: seed, steps: runner.steps)
        let failure = runner.shrink(script, Violation(.gate, ""))
        #expect(failure.script.actions.count < script.actions.count / 3)
        #expect(failure.violation.promise == .gate)
        #expect(failure.story.contains(" asks "))
        #expect(failure.story.contains("----"))
    }
}
