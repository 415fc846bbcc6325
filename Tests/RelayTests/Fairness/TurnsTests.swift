import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Relay

/// A loop that works without end has to look at its sockets all the same. The client is on another loop.
@Suite struct TurnsTests {
    private static let patience = TimeAmount.seconds(5)

    /// How long an echo takes while `work` keeps the server's loop busy.
    private func echo(
        while work: @escaping @Sendable (any EventLoop, @escaping @Sendable () -> Bool) -> Void
    ) async throws -> TimeAmount {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let clients = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let isOver = Atomic(false)
        let server = try await ServerBootstrap(group: group)
            .childChannelInitializer { $0.pipeline.addHandler(Echo()) }
            .bind(host: "127.0.0.1", port: 0).get()
        let address = try #require(server.localAddress)
        let answered = clients.next().makePromise(of: Void.self)
        let client = try await ClientBootstrap(group: clients)
            .channelInitializer { $0.pipeline.addHandler(Answer(answered)) }
            .connect(to: address).get()
        work(group.next()) { isOver.load(ordering: .relaxed) }
        try await Task.sleep(for: .milliseconds(20))
        let begun = NIODeadline.now()
        try await client.writeAndFlush(ByteBuffer(string: "x")).get()
        clients.next().scheduleTask(in: Self.patience) { answered.fail(ChannelError.connectTimeout(Self.patience)) }
        let isAnswered = (try? await answered.futureResult.get()) != nil
        let took = NIODeadline.now() - begun
        isOver.store(true, ordering: .relaxed)
        try await group.shutdownGracefully()
        try await clients.shutdownGracefully()
        return isAnswered ? took : Self.patience
    }

    @Test func socketsAreServedBetweenTheTurnsOfWorkWithoutEnd() async throws {
        let took = try await echo { loop, isOver in
            let turns = Turns(loop)
            loop.execute { again(turns, isOver) }
        }
        #expect(took < .seconds(1))
    }

    /// The control: what asks for its next piece at once keeps the loop from its sockets.
    @Test func aTaskThatAsksForTheNextOneAtOnceKeepsTheSocketsWaiting() async throws {
        let took = try await echo { loop, isOver in
            let end = NIODeadline.now() + .milliseconds(400)
            loop.execute { atOnce(loop) { isOver() || NIODeadline.now() > end } }
        }
        #expect(took > .milliseconds(200))
    }

    @Test func strangersGetTheirShareAndNoMore() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let spent = try await loop.submit { StrangerWork(StrangerShare(loop, percent: 20)) }
            .flatMap { work in loop.scheduleTask(in: .milliseconds(300)) { work.stop() }.futureResult }.get()
        #expect(spent > .milliseconds(10) && spent < .milliseconds(150), "of 300 ms, a fifth")
        try await group.shutdownGracefully()
    }
}

private func again(_ turns: Turns, _ isOver: @escaping @Sendable () -> Bool) {
    guard !isOver() else { return }
    spin(.microseconds(200))
    turns.later { again(turns, isOver) }
}

private func atOnce(_ loop: any EventLoop, _ isOver: @escaping @Sendable () -> Bool) {
    guard !isOver() else { return }
    spin(.microseconds(200))
    loop.execute { atOnce(loop, isOver) }
}

private func spin(_ time: TimeAmount) {
    let end = NIODeadline.now() + time
    while NIODeadline.now() < end {}
}

/// Strangers' work without end. Touched on its event loop only.
private final class StrangerWork: @unchecked Sendable {
    private let share: StrangerShare
    private var spent = TimeAmount.nanoseconds(0)
    private var isOver = false

    init(_ share: StrangerShare) {
        self.share = share
        work()
    }

    private func work() {
        guard !isOver else { return }
        share.later { [self] in
            spin(.microseconds(100))
            spent = spent + .microseconds(100)
            work()
        }
    }

    func stop() -> TimeAmount {
        isOver = true
        return spent
    }
}

private final class Echo: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.writeAndFlush(data, promise: nil) }
}

private final class Answer: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<Void>

    init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { promise.succeed() }
}
