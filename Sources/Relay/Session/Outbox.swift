import NIOCore
import NIOWebSocket
import Nostr

/// What one connection still has to be sent.
///
/// Frames are encoded straight into one buffer, which is handed to the socket once for everything that gathered, and only
/// while the socket takes it. What a slow reader leaves behind waits here, and is bounded.
///
/// A class, because writing can call back into the session at once (the socket's writability changes), and so into here.
final class Outbox {
    /// Stored events are sent only while less than this waits.
    static let scanRoomBytes = 262_144
    /// How long a peer has to answer a Close frame.
    static let closeTimeout = TimeAmount.seconds(3)
    /// How long a slow reader has to read up to its Close frame.
    static let slowCloseTimeout = TimeAmount.seconds(30)
    /// A control frame's payload has at most 125 bytes, two of them the code (RFC 6455, section 5.5).
    static let maximumCloseReasonBytes = 123

    private let maximumBacklog: Int
    private let total: TotalBacklog
    /// What of the total is this connection's.
    private var counted = 0
    private var buffer = ByteBuffer()
    private var context: ChannelHandlerContext?
    private var notifications: [(Bool) -> Void] = []
    private(set) var isClosing = false

    init(maximumBacklog: Int, total: TotalBacklog) {
        self.maximumBacklog = maximumBacklog
        self.total = total
    }

    /// Counts what waits now in what waits for all connections of the event loop.
    private func recount() {
        total.bytes += buffer.readableBytes - counted
        counted = buffer.readableBytes
    }

    func attach(to context: ChannelHandlerContext) {
        // Frames are encoded here, so writes begin behind NIO's own encoder.
        self.context = try? context.pipeline.syncOperations.context(handlerType: WebSocketFrameEncoder.self)
    }

    func detach() {
        context = nil
        buffer.clear()
        recount()
        let waiting = notifications
        notifications = []
        for notify in waiting { notify(false) }
    }

    var hasRoom: Bool { buffer.readableBytes < Outbox.scanRoomBytes && context?.channel.isWritable == true }

    /// Whether the connection should not be read, because its answers are not.
    var isFull: Bool { buffer.readableBytes >= Outbox.scanRoomBytes }

    /// Whether the reader is too slow: something did not fit any more.
    private(set) var isOverflowing = false

    /// Whether a live event of that size still fits behind what waits.
    func accepts(_ count: Int) -> Bool {
        guard context != nil, !isClosing, !isOverflowing else { return false }
        // What gathered in this turn was not offered to the socket yet: only what it leaves behind counts.
        if buffer.readableBytes + count > maximumBacklog { flush() }
        recount()
        // With too much waiting for all, whoever is behind goes, not who reads.
        let isTooMuchForAll = total.isFull && buffer.readableBytes > Outbox.scanRoomBytes
        isOverflowing = isTooMuchForAll || buffer.readableBytes + count > maximumBacklog
        return !isOverflowing
    }

    func append(_ message: RelayMessage) {
        message.bytes.withUnsafeBytes {
            append(opcode: .text, head: UnsafeRawBufferPointer(start: nil, count: 0), body: $0)
        }
    }

    /// One text frame: the head of a subscription, an event, and the closing bracket.
    func append(head: [UInt8], body: UnsafeRawBufferPointer) {
        guard !isClosing else { return }
        writeHeader(opcode: .text, length: head.count + body.count + 1)
        buffer.writeBytes(head)
        buffer.writeBytes(body)
        buffer.writeInteger(UInt8(ascii: "]"))
    }

    func append(opcode: WebSocketOpcode, _ payload: ByteBuffer) {
        payload.withUnsafeReadableBytes {
            append(opcode: opcode, head: UnsafeRawBufferPointer(start: nil, count: 0), body: $0)
        }
    }

    private func append(opcode: WebSocketOpcode, head: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer) {
        guard !isClosing else { return }
        writeHeader(opcode: opcode, length: body.count)
        buffer.writeBytes(body)
    }

    /// A final, unmasked frame's header (RFC 6455, section 5.2).
    private func writeHeader(opcode: WebSocketOpcode, length: Int) {
        buffer.writeInteger(0x80 | UInt8(webSocketOpcode: opcode))
        switch length {
        case ..<126: buffer.writeInteger(UInt8(length))
        case ..<65_536:
            buffer.writeInteger(UInt8(126))
            buffer.writeInteger(UInt16(length))
        default:
            buffer.writeInteger(UInt8(127))
            buffer.writeInteger(UInt64(length))
        }
    }

    /// Learns whether everything appended so far reached the socket.
    func notify(_ handler: @escaping (Bool) -> Void) { notifications.append(handler) }

    /// Hands over what gathered, if the socket takes it now.
    func flush() {
        guard let context, buffer.readableBytes > 0, context.channel.isWritable || isClosing else { return }
        let out = buffer
        buffer = context.channel.allocator.buffer(capacity: 0)
        recount()
        let waiting = notifications
        notifications = []
        guard !waiting.isEmpty else {
            context.writeAndFlush(NIOAny(out), promise: nil)
            return
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { result in
            let isWritten = (try? result.get()) != nil
            for notify in waiting { notify(isWritten) }
        }
        context.writeAndFlush(NIOAny(out), promise: written)
    }

    /// Throws away what the reader left behind.
    func discardBacklog() {
        isOverflowing = false
        buffer.clear()
        recount()
        let waiting = notifications
        notifications = []
        for notify in waiting { notify(false) }
    }

    /// Sends a Close frame. The connection is closed when the peer has answered it, or takes too long; at once when the
    /// frame is itself the answer to the peer's.
    func close(
        _ code: WebSocketErrorCode, _ reason: String, isAnswer: Bool = false, timeout: TimeAmount = closeTimeout
    ) {
        guard !isClosing, let context else { return }
        var payload = context.channel.allocator.buffer(capacity: 2)
        payload.write(webSocketErrorCode: code)
        payload.writeString(String(reason.prefix(Outbox.maximumCloseReasonBytes)))
        append(opcode: .connectionClose, payload)
        isClosing = true
        let channel = context.channel
        if isAnswer { notify { _ in channel.close(promise: nil) } }
        flush()
        context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
    }
}

extension UInt8 {
    /// The four bits of an opcode.
    init(webSocketOpcode opcode: WebSocketOpcode) {
        self = UInt8(truncatingIfNeeded: Int(opcode.rawOpcode))
    }
}

extension WebSocketOpcode {
    fileprivate var rawOpcode: UInt8 {
        switch self {
        case .continuation: 0
        case .text: 1
        case .binary: 2
        case .connectionClose: 8
        case .ping: 9
        case .pong: 10
        default: 15
        }
    }
}
