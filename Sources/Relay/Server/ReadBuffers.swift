import NIOCore

/// The buffers that one connection reads into: a fresh one for every read, so that an idle connection keeps none.
///
/// NIO keeps the first buffer of a channel for as long as the channel lives, and reuses it. Ten thousand connections that
/// wait to be called would keep 16 KiB each. So the first buffer is small, and the later ones, which NIO is told not to
/// keep, are made for the read alone: an allocation of this size costs a thousandth of the checks that its events need.
struct ReadBuffers: RecvByteBufferAllocator {
    /// Bytes read from a socket at once: a bound on how many events one connection may have checked before others.
    static let capacity = 16_384
    /// Bytes of the one buffer that NIO keeps: the beginning of the upgrade request.
    static let firstCapacity = 64

    /// As much from a connection that has not authenticated: an AUTH, a question or two.
    static let strangerCapacity = 2_048

    /// Bytes read at once.
    let capacity: Int
    private var isFirst = true

    init(capacity: Int) { self.capacity = capacity }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: isFirst ? ReadBuffers.firstCapacity : capacity)
    }

    /// Always `true`: what NIO kept must not be used again.
    mutating func record(actualReadBytes: Int) -> Bool {
        isFirst = false
        return true
    }
}
