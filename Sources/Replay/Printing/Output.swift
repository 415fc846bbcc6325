import Glibc

/// Whoever read our output went away: there is nobody to write for any more.
struct OutputClosed: Error {}

/// A stream of lines, buffered unless somebody watches it on a terminal.
final class Output {
    /// Bytes gathered before they are written.
    private static let bufferBytes = 65_536

    /// Takes bytes; throws `OutputClosed` when nobody reads them, or a `ReplayFailure`.
    private let sink: ([UInt8]) throws -> Void
    /// Whether somebody watches it on a terminal.
    let isTerminal: Bool
    /// Whether whoever read it went away, though nothing was written that would have shown it.
    let isAbandoned: () -> Bool
    private var buffer: [UInt8] = []
    /// Called before bytes leave, so that a progress line does not get mixed up with them.
    var beforeWriting: () -> Void = {}

    init(
        isTerminal: Bool = false, isAbandoned: @escaping () -> Bool = { false },
        sink: @escaping ([UInt8]) throws -> Void
    ) {
        self.isTerminal = isTerminal
        self.isAbandoned = isAbandoned
        self.sink = sink
    }

    /// Standard output or standard error.
    convenience init(descriptor: Int32) {
        func isAbandoned() -> Bool {
            var status = pollfd(fd: descriptor, events: 0, revents: 0)
            return poll(&status, 1, 0) > 0 && status.revents & Int16(POLLERR | POLLHUP) != 0
        }
        self.init(isTerminal: isatty(descriptor) == 1, isAbandoned: isAbandoned) { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if written >= 0 {
                    rest = rest.dropFirst(written)
                } else if errno == EPIPE {
                    throw OutputClosed()
                } else if errno != EINTR {
                    throw ReplayFailure(
                        .cannotWrite, "the output cannot be written: \(String(cString: strerror(errno)))")
                }
            }
        }
    }

    /// Writes one line.
    func line(_ text: String = "") throws { try line(utf8: text.utf8) }

    /// Writes one line given as UTF-8 without its end.
    func line(utf8 bytes: some Collection<UInt8>) throws {
        buffer.append(contentsOf: bytes)
        buffer.append(UInt8(ascii: "\n"))
        if isTerminal || buffer.count >= Output.bufferBytes { try flush() }
    }

    /// Lets everything leave that was gathered.
    func flush() throws {
        guard !buffer.isEmpty else { return }
        beforeWriting()
        defer { buffer.removeAll(keepingCapacity: true) }
        try sink(buffer)
    }
}
