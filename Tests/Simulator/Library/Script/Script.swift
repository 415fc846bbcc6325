/// What happens in a run, in order: made from a seed, before it begins.
public struct Script: Sendable {
    /// The seed that also decides what the script leaves open: salts, challenges.
    public let seed: UInt64
    /// The steps.
    public var actions: [Action]

    /// A script of so many steps.
    public init(seed: UInt64, steps: Int) {
        self.seed = seed
        var dice = Dice(seed &* 0x2545_f491_4f6c_dd1d &+ 1)
        actions = Script.opening(&dice)
        while actions.count < steps { actions += Script.scene(&dice) }
        actions.append(.settle)
    }

    /// Some members, some of them connected: or most of a short run would be strangers' refusals.
    private static func opening(_ dice: inout Dice) -> [Action] {
        var actions: [Action] = [.operate(.addAdmin, 1)]
        for member in 2...5 where !dice.once(in: 4) { actions.append(.operate(.add, member)) }
        actions.append(.work(8))
        return actions + arrival(&dice)
    }

    /// Most of the members connect and listen.
    private static func arrival(_ dice: inout Dice) -> [Action] {
        var actions: [Action] = []
        for person in 0..<6 where !dice.once(in: 4) {
            actions += [.connect(person), .authenticate(person, .own)]
            if !dice.once(in: 4) { actions.append(.listen(person)) }
        }
        return actions + [.settle]
    }

    private static func anybody(_ dice: inout Dice) -> Int { dice.below(Cast.people.count) }
    private static func member(_ dice: inout Dice) -> Int { dice.once(in: 8) ? anybody(&dice) : 1 + dice.below(5) }

    private static func age(_ dice: inout Dice) -> Int64 {
        dice.once(in: 4) ? dice.pick([119, 120, 121, 122, -119, -120, -121, 60, 241, 245, -240, 10, 1]) : 0
    }

    /// One thing that somebody does, and what the network makes of it.
    private static func scene(_ dice: inout Dice) -> [Action] {
        var actions = deed(&dice)
        switch dice.below(8) {
        case 0: actions.append(.flow(member(&dice), dice.below(400)))
        case 1: actions.append(.flow(member(&dice), 1_000_000))
        case 2, 3: actions.append(.work(1 + dice.below(4)))
        case 4, 5: actions.append(.settle)
        default: break
        }
        return actions
    }

    private static func deed(_ dice: inout Dice) -> [Action] {
        let who = member(&dice)
        switch dice.below(100) {
        case 0..<22:
            return [
                .ask(
                    who, member(&dice), dice.once(in: 3) ? dice.pick(Action.Request.allCases) : .proper, age: age(&dice)
                )
            ]
        case 22..<27: return [.again(who)]
        case 27..<37:
            let commander = dice.once(in: 3) ? member(&dice) : dice.below(2)
            return [
                .command(
                    commander, dice.pick([.add, .addAdmin, .remove, .remove, .promote, .demote]), anybody(&dice),
                    age: age(&dice))
            ]
        case 37..<41: return [.operate(dice.pick(Action.Verb.allCases), 1 + dice.below(Cast.people.count - 1))]
        case 41..<46:
            return [
                .connect(who), .authenticate(who, dice.once(in: 5) ? dice.pick(Action.Proof.allCases) : .own),
                .listen(who),
            ]
        case 46..<48: return [.connect(Cast.agent), .authenticate(Cast.agent, .delegated), .listen(Cast.agent)]
        case 48..<50: return [.authenticate(who, dice.pick(Action.Proof.allCases))]
        case 50..<53: return [.listen(who)]
        case 53..<58: return [.subscribe(who, dice.below(16))]
        case 58..<60: return [.unsubscribe(who)]
        case 60..<64: return [.report(who, dice.below(6))]
        case 64..<72: return [.publish(who, dice.below(14))]
        case 72..<74: return [dice.once(in: 2) ? .cut(who, afterBytes: dice.below(600)) : .hangUp(who)]
        case 74: return [.leave(who)]
        case 75: return [.babble(anybody(&dice), dice.below(8))]
        case 76: return [.policy(dice.pick(Action.Setting.allCases))]
        case 77:
            // Whoever listens to all calls, and a change of who may, in one commit with a call.
            let caller = member(&dice)
            return [
                .subscribe(who, 15), .policy(.publicSignaling), .settle, .ask(caller, member(&dice), .proper, age: 0),
                .settle, .policy(.privateSignaling), .ask(caller, member(&dice), .proper, age: 0), .settle,
            ]
        case 78..<81: return [.clock(dice.pick([-3_600_000, -90_000, -1_000, -1, 1_000, 119_000, 121_000, 300_000]))]
        case 81..<85: return [.wait(dice.pick([1, 20, 500, 1_000, 3_500, 61_000]))]
        case 85..<87: return [.crash(dice.pick(Action.Moment.allCases))] + arrival(&dice)
        case 87: return [.restart] + arrival(&dice)
        case 88: return [.crash(dice.pick(Action.Moment.allCases))]
        case 89: return [.checkpoint]
        case 90: return [.wait(400_000)] + (dice.once(in: 2) ? [.settle] : []) + [.erase(dice.below(40))]
        case 91: return [.stall(who, dice.once(in: 2))]
        default: return [.query(who, dice.below(16))]
        }
    }
}
