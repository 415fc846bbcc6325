import Foundation
import Log
import Nostr
import Testing

/// A second process that works on a log: this test program once more, which then does one task instead of the tests.
final class ChildProcess {
    private static let variable = "RINGDOWN_LOG_CHILD"
    /// What lines of the child's output begin with, among what the test library prints.
    private static let mark = "child: "

    private let process = Process()
    private let output = Pipe()
    private let input = Pipe()
    private var pending: [UInt8] = []

    var processIdentifier: Int32 { process.processIdentifier }

    /// Starts a child for a task of `ChildTasks`.
    init(_ task: String, _ directory: String) throws {
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--testing-library", "swift-testing", "--filter", "ChildTasks"]
        process.environment = ProcessInfo.processInfo.environment.merging(
            [ChildProcess.variable: "\(task) \(directory)"], uniquingKeysWith: { $1 })
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = input
        try process.run()
    }

    deinit { if process.isRunning { kill(processIdentifier, SIGKILL) } }

    /// The next line that the child says, or `nil` when it has ended.
    func line() -> String? {
        while true {
            while let end = pending.firstIndex(of: 0x0a) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeFirst(end + 1)
                if line.hasPrefix(ChildProcess.mark) { return String(line.dropFirst(ChildProcess.mark.count)) }
            }
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { return nil }
            pending.append(contentsOf: data)
        }
    }

    /// Lets a child go on that waits.
    func goOn() { input.fileHandleForWriting.write(Data([0x0a])) }

    /// Ends the child as a power cut would, and waits until it is gone.
    func killAndWait() {
        kill(processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func wait() { process.waitUntilExit() }

    /// The task and the directory, in a child.
    static var task: (name: String, directory: String)? {
        guard let text = ProcessInfo.processInfo.environment[variable], let space = text.firstIndex(of: " ") else {
            return nil
        }
        return (String(text[..<space]), String(text[text.index(after: space)...]))
    }

    /// Says something to the parent.
    static func say(_ text: String) {
        let line = Array("\(mark)\(text)\n".utf8)
        _ = write(1, line, line.count)
    }

    /// Waits for the parent.
    static func waitForParent() {
        var byte: UInt8 = 0
        _ = read(0, &byte, 1)
    }
}

/// What children do.
@Suite(.enabled(if: ChildProcess.task != nil))
struct ChildTasks {
    @Test func task() throws {
        guard let (name, directory) = ChildProcess.task else { return }
        switch name {
        case "hold": try hold(directory)
        case "append": try append(directory)
        case "half": try half(directory)
        case "read": try read(directory)
        case "full": try full(directory)
        default: ChildProcess.say("unknown task \(name)")
        }
    }

    /// Opens the log for writing and keeps it.
    private func hold(_ directory: String) throws {
        let log = try EventLog.make(directory)
        try log.append([Samples.draft("held")])
        ChildProcess.say("holding")
        ChildProcess.waitForParent()
    }

    /// Appends batch after batch, beginning with a tiny map.
    private func append(_ directory: String) throws {
        let log = try EventLog.make(directory, mapSize: 1 << 18)
        ChildProcess.say("open")
        ChildProcess.waitForParent()
        for number in 0..<100 {
            try log.append((0..<100).map { Samples.draft(String(repeating: "\(number) \($0) ", count: 40)) })
        }
        ChildProcess.say("done \(try log.read { $0.root.hex })")
    }

    /// Commits some batches, and waits in the middle of another.
    private func half(_ directory: String) throws {
        let log = try EventLog.make(directory)
        for number in 0..<10 { try log.append((0..<20).map { Samples.draft("\(number) \($0)") }) }
        let batch = try log.beginBatch()
        for number in 0..<1_000 { try batch.append(Samples.draft("lost \(number)"), time: .max) }
        ChildProcess.say("in the middle")
        ChildProcess.waitForParent()
    }

    /// Waits in the middle of a read.
    private func read(_ directory: String) throws {
        let log = try EventLog.open(directory: directory, mode: .readOnly)
        try log.read { reader in
            ChildProcess.say("reading \(reader.size)")
            ChildProcess.waitForParent()
        }
    }

    /// Appends until the disk is full, as far as this process can tell: files may not grow beyond a limit.
    private func full(_ directory: String) throws {
        let log = try EventLog.make(directory)
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 400_000, rlim_max: rlim_t.max)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        var acknowledged = 0
        do {
            while acknowledged < 1_000 {
                try log.append([Samples.draft(String(repeating: "full ", count: 2_000))])
                acknowledged += 1
            }
            ChildProcess.say("never full")
        } catch {
            ChildProcess.say("\(acknowledged)")
            ChildProcess.say("\(error)")
        }
        // The cause is gone, but a log that failed once stays shut.
        limit.rlim_cur = .max
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        do {
            try log.append([Samples.draft("again")])
            ChildProcess.say("accepted again")
        } catch {
            ChildProcess.say("\(error)")
        }
        ChildProcess.say("\(try log.read { $0.size })")
    }
}
