import Foundation
import Log
import NIOCore
import NIOEmbedded
import Nostr
import Reducers
import Relay

/// One run: the relay, the people, the network between them, and everything that watches. What happens is a function of
/// the script alone.
public final class Simulation {
    let script: Script
    let plant: Plant?
    let chance: Chance
    let directory: String
    var loop = EmbeddedEventLoop()
    var relay: SteppedRelay?
    var clients: [Int: Client] = [:]
    var book = LogBook()
    var gate = GateOracle()
    var wire = WireOracle()
    /// The hash of everything that left the relay and everything that it wrote.
    public private(set) var trace = Bytes32.zero
    /// The fault that was planted, as far as it needs to remember something.
    var planted = PlantMemory()

    /// Submissions that wait at most: little, so that the limit is met.
    static let limits: ServerLimits = {
        var limits = ServerLimits()
        limits.maximumQueue = 96
        limits.maximumSubscriptions = 6
        limits.maximumInFlight = 12
        limits.maximumPendingMessages = 24
        limits.maximumBacklogBytes = 24_576
        limits.snapshotInterval = 48
        limits.initialMapBytes = 1 << 22
        // Real time must not decide anything.
        limits.strangerShare = 100
        return limits
    }()

    /// A run in a directory of its own, below one that is in memory.
    public init(_ script: Script, plant: Plant? = nil, directory: String) {
        self.script = script
        self.plant = plant
        self.directory = directory
        chance = Chance(seed: script.seed)
    }

    deinit { powerOff() }

    /// Runs the script to its end, or to the first violation.
    public func run() throws {
        try? FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer {
            powerOff()
            try? FileManager.default.removeItem(atPath: directory)
        }
        try boot()
        for action in script.actions { try perform(action) }
        try settle()
        try finish()
    }

    /// Everything that there is to look at once the run is over.
    private func finish() throws {
        guard let relay else { return }
        // A planted decision is to be found by who watches the gate, not afterwards.
        if plant == nil { try LogOracle.verify(relay.log) }
        try LogOracle.replays(relay)
        note(Array("end \(book.size)".utf8))
    }

    func note(_ bytes: [UInt8]) {
        trace = SHA256.hash(trace.bytes + bytes)
    }

    // MARK: The machine

    func boot() throws {
        loop = EmbeddedEventLoop()
        let chance = chance
        let relay = try SteppedRelay(
            directory: directory, secrets: (Cast.relay.key, Cast.relay.key.publicKey.bytes),
            owner: Cast.people[Cast.owner].publicKey, limits: Simulation.limits, eventLoop: loop,
            outside: .init(now: { chance.now }, random: { chance.bytes32() }))
        self.relay = relay
        try lookAtLog()
        try planted.begin(plant, self)
        try lookAtLog()
        try LogOracle.replays(relay)
    }

    /// Everything that was in memory is gone.
    func powerOff() {
        for client in clients.values.sorted(by: { $0.person.name < $1.person.name }) {
            _ = try? client.channel.finish(acceptAlreadyClosed: true)
        }
        clients = [:]
        relay = nil
        // Timers hold on to sessions.
        try? loop.syncShutdownGracefully()
    }

    /// Lets what can go on without the sequencer go on, and reads what left the relay.
    func pump() throws {
        for _ in 0..<6 { loop.advanceTime(by: .microseconds(25)) }
        // The pause that questions make for others.
        for _ in 0..<2 { loop.advanceTime(by: .milliseconds(1)) }
        relay?.collect()
        for (_, client) in clients.sorted(by: { $0.key < $1.key }) { try listen(to: client) }
    }

    private func listen(to client: Client) throws {
        for frame in client.read() {
            note([frame.opcode] + Array(client.person.name.utf8) + frame.payload)
            switch frame.opcode {
            case 1: try wire.heard(frame.payload, by: client, book, gate)
            case 8: client.isClosed = true
            default: break
            }
        }
    }

    // MARK: The sequencer's step

    /// One commit for at most so many submissions.
    func work(_ count: Int) throws {
        guard let relay else { return }
        relay.collect()
        guard !relay.waiting.isEmpty || relay.deadline.map({ $0 <= chance.now }) ?? false else { return }
        let submissions = relay.take(count)
        try planted.work(submissions, in: self)
        try pump()
    }

    /// The step as it should be; a planted fault does some of it otherwise.
    func honestWork(_ submissions: [SteppedSubmission]) throws {
        guard let relay else { return }
        try tell(try relay.commit(try relay.prepare(submissions)))
    }

    /// Looks at what was committed and lets everybody know.
    func tell(_ committed: SteppedRelay.Committed, told: SteppedRelay.Committed? = nil) throws {
        guard let relay else { return }
        try lookAtLog()
        wire.willPublish(committed, to: clients.sorted { $0.key < $1.key }.map(\.value), book, gate)
        relay.publish(told ?? committed)
        try pump()
    }

    /// Reads what is new in the log and checks it.
    func lookAtLog() throws {
        guard let relay else { return }
        let before = book.size
        try book.read(relay.log)
        for fact in book.facts[Int(before)...] {
            note(fact.leafHash.bytes)
            try gate.take(fact)
        }
        try gate.finish()
        guard book.state == relay.state else {
            throw Violation(.replay, "the state folded from the log is not the relay's after \(book.size) entries")
        }
    }
}
