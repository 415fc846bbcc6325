import NIOCore
import NIOEmbedded
import Nostr
import Relay

/// One connection of a person: what is under way in both directions, and what the person saw.
final class Client {
    let person: Person
    let channel: EmbeddedChannel
    let session: SteppedSession
    /// What was sent and has not arrived.
    var outgoing: [UInt8] = []
    private var incoming: [UInt8] = []
    /// What the relay wants signed.
    var challenge: Text?
    /// The keys that the relay said it believes.
    var keys: [PublicKey] = []
    /// The AUTH events that were sent, and whose key each proves.
    var proofs: [EventID: PublicKey] = [:]
    /// How many answers to each event are still to come.
    var awaited: [EventID: Int] = [:]
    var subscriptions: [String: Subscription] = [:]
    var nextSubscription = 0
    /// Whether the relay said good-bye, or something is under way that it need not answer.
    var isClosed = false
    /// Whether the person did not read for a while: then order is all that can be asked for.
    var isLenient = false
    /// The last command or request.
    var lastEvent: Event?

    /// What a subscription got and should have got.
    struct Subscription {
        var filters: [Filter]
        /// Whether the stored events were all sent: from then on what is missing is missed.
        var isLive = false
        var isEnding = false
        var stored: [EventID] = []
        var live: [EventID] = []
        var expected: [EventID] = []
        /// What may come live or not at all: it was committed together with the end of the stored events.
        var possible: Set<EventID> = []
    }

    init(_ person: Person, _ channel: EmbeddedChannel, _ session: SteppedSession) {
        self.person = person
        self.channel = channel
        self.session = session
    }

    func send(_ text: String) { outgoing += Frames.masked(Array(text.utf8)) }

    func send(_ type: String, _ event: Event) {
        awaited[event.id, default: 0] += 1
        send("[\"\(type)\",\(String(decoding: event.raw, as: UTF8.self))]")
    }

    /// What came out of the relay since the last look.
    func read() -> [(opcode: UInt8, payload: [UInt8])] {
        while let buffer = try? channel.readOutbound(as: ByteBuffer.self) {
            incoming += Array(buffer.readableBytesView)
        }
        return Frames.take(from: &incoming)
    }
}
