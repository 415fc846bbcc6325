import Foundation
import Glibc

/// Where commands come from: a file, a pipe, or somebody at a terminal, whose Ctrl-C is heard while we wait.
final class CommandLines {
    /// Milliseconds between two looks at whether to leave.
    private static let pollMilliseconds: Int32 = 100
    /// Bytes of one line.
    private static let maximumLineBytes = 65_536

    private let descriptor: Int32
    private let isInterrupted: () -> Bool
    private var buffer: [UInt8] = []
    private var isAtEnd = false

    init(descriptor: Int32, isInterrupted: @escaping () -> Bool) {
        self.descriptor = descriptor
        self.isInterrupted = isInterrupted
    }

    /// A script.
    init(script: [UInt8]) {
        descriptor = -1
        isInterrupted = { false }
        buffer = script
        isAtEnd = true
    }

    /// The next line without its end; `nil` at the end, or when asked to leave.
    func next() -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[..<end]
                buffer.removeFirst(end + 1)
                return String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespaces)
            }
            if isAtEnd || buffer.count > CommandLines.maximumLineBytes {
                defer { buffer = [] }
                return buffer.isEmpty
                    ? nil : String(decoding: buffer, as: UTF8.self).trimmingCharacters(in: .whitespaces)
            }
            guard !isInterrupted() else { return nil }
            var status = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&status, 1, CommandLines.pollMilliseconds) > 0 else { continue }
            var chunk = [UInt8](repeating: 0, count: 4_096)
            let count = read(descriptor, &chunk, chunk.count)
            if count <= 0 { isAtEnd = true } else { buffer += chunk.prefix(count) }
        }
    }
}
