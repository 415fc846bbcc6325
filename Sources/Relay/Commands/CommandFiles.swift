import Foundation

/// A file that a command reads whole, or standard input.
enum InputFile {
    static func read(_ path: String, limit: Int) throws(SettingsError) -> [UInt8] {
        let handle = try open(path)
        guard let data = try? handle.read(upToCount: limit + 1) else {
            throw SettingsError(description: "\(path) cannot be read")
        }
        guard data.count <= limit else { throw SettingsError(description: "\(path) is larger than \(limit) bytes") }
        return Array(data)
    }

    static func open(_ path: String) throws(SettingsError) -> FileHandle {
        if path == "-" { return FileHandle.standardInput }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw SettingsError(description: "\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        return handle
    }
}

/// Reads lines of a file, one at a time.
struct LineReader {
    private let handle: FileHandle
    private let limit: Int
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(_ handle: FileHandle, limit: Int) {
        self.handle = handle
        self.limit = limit
    }

    /// The next line without its end; `nil` at the end of the file.
    mutating func next() throws(SettingsError) -> [UInt8]? {
        while true {
            if let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            if isAtEnd {
                defer { start = buffer.count }
                return start < buffer.count ? Array(buffer[start...]) : nil
            }
            buffer.removeSubrange(..<start)
            start = 0
            guard buffer.count <= limit else { throw SettingsError(description: "a line has more than \(limit) bytes") }
            guard let data = try? handle.read(upToCount: 1 << 20), !data.isEmpty else {
                isAtEnd = true
                continue
            }
            buffer += data
        }
    }
}

/// Where a command writes lines: a file that it makes, or standard output.
final class LineWriter {
    private static let bufferBytes = 1 << 20

    private let handle: FileHandle
    private var buffer = Data()

    /// - Parameter path: `nil` for standard output. A file that is there is not overwritten.
    init(_ path: String?) throws(SettingsError) {
        guard let path else {
            handle = FileHandle.standardOutput
            return
        }
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SettingsError(description: "\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func write(_ line: some Sequence<UInt8>) throws {
        buffer.append(contentsOf: line)
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= LineWriter.bufferBytes { try flush() }
    }

    func flush() throws {
        try handle.write(contentsOf: buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Says on standard error how far a command is, on a terminal and when it takes longer than two seconds.
final class CommandProgress {
    private static let interval: Int64 = 2_000_000

    private let what: String
    private let total: Int?
    private var last = Clock.microseconds()
    private var hasReported = false

    init(_ what: String, total: Int?) {
        self.what = what
        self.total = total
    }

    func report(_ done: Int) {
        let now = Clock.microseconds()
        guard now - last >= CommandProgress.interval, isatty(FileHandle.standardError.fileDescriptor) == 1 else {
            return
        }
        last = now
        hasReported = true
        let part = total.map { " of \($0)" } ?? ""
        FileHandle.standardError.write(Data("\r\(done)\(part) \(what)".utf8))
    }

    deinit { if hasReported { FileHandle.standardError.write(Data("\n".utf8)) } }
}
