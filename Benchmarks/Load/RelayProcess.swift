import Foundation
import Nostr

/// A release relay in a temporary directory, for one scenario.
final class RelayProcess {
    let directory: String
    let port: Int
    /// Seconds from the start until it listened.
    private(set) var startSeconds = 0.0
    private let process = Process()

    /// Starts `ringdown-relay` from the directory of this program. `cores` pins it with taskset.
    convenience init(
        members: [PublicKey], open: Bool = false, cores: String? = nil, directory: String? = nil,
        settings: [String] = []
    ) throws {
        let directory = directory ?? RelayProcess.temporaryDirectory()
        let port = try RelayProcess.freePort()
        let binary = RelayProcess.binary("ringdown-relay")
        for member in members {
            try RelayProcess.run(binary, ["member", "add", "--data", directory, "--pubkey", member.hex])
        }
        var arguments = ["run", "--data", directory, "--listen", "127.0.0.1:\(port)", "--set", "log_level=error"]
        // A few members publish what thousands would.
        arguments += ["--set", "events_per_second=0"]
        for setting in settings { arguments += ["--set", setting] }
        if open { arguments.append("--open") }
        if let cores {
            try self.init(
                "/usr/bin/taskset", ["-c", cores, binary] + arguments + ["--set", "threads=1"], directory: directory,
                port: port)
        } else {
            try self.init(binary, arguments, directory: directory, port: port)
        }
    }

    /// Starts a program, and waits until it listens.
    ///
    /// - Parameter complaints: its standard error; what Ringdown complains about is for whoever measures.
    init(
        _ executable: String, _ arguments: [String], directory: String, port: Int,
        complaints: FileHandle = .standardError
    ) throws {
        self.directory = directory
        self.port = port
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = complaints
        let begun = DispatchTime.now().uptimeNanoseconds
        try process.run()
        for _ in 0..<RelayProcess.startTries {
            if (try? WebSocketClient(port: port)) != nil {
                startSeconds = Double(DispatchTime.now().uptimeNanoseconds - begun) / 1e9
                return
            }
            guard process.isRunning else { break }
            usleep(RelayProcess.startPause)
        }
        throw BenchmarkError("the relay did not start")
    }

    /// How often it is asked whether it listens, and the microseconds between: two minutes in all.
    private static let startTries = 24_000
    private static let startPause: UInt32 = 5_000

    /// A port that nobody has now, below those that connections are given.
    static func freePort() throws -> Int {
        for port in (0..<portTries).map({ _ in Int.random(in: ports) }) {
            let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(probe) }
            if WebSocketClient.withAddress("127.0.0.1", port, { bind(probe, $0, $1) }) == 0 { return port }
        }
        throw BenchmarkError("there is no free port")
    }

    private static let ports = 10_000..<32_000
    private static let portTries = 100

    static func temporaryDirectory() -> String {
        NSTemporaryDirectory() + "ringdown-bench-\(UUID().uuidString)"
    }

    static func binary(_ name: String) -> String {
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(name).path
    }

    static func run(_ path: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchmarkError("\(path) \(arguments) failed") }
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    func remove() { try? FileManager.default.removeItem(atPath: directory) }

    /// Seconds of processor time that the relay has used, in user and kernel.
    var cpuSeconds: Double {
        guard let stat = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8) else {
            return .nan
        }
        let fields = stat.drop { $0 != ")" }.split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return .nan }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// What the relay keeps in memory.
    func memory() throws -> Memory { try Memory(of: process.processIdentifier) }

    /// Bytes that the log's file occupies.
    var logBytes: Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: directory + "/data.mdb")
        return (attributes?[.size] as? Int) ?? 0
    }
}
