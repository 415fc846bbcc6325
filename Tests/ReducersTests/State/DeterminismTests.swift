import Foundation
import Nostr
import Testing

@testable import Reducers

/// Swift seeds its hashing anew in every process, so the order of a `Dictionary` is another one each time. The state must
/// not depend on it: the same stories come to the same state roots in every process.
@Suite struct DeterminismTests {
    @Test func aStateDoesNotDependOnTheSeedOfTheProcess() throws {
        let here = try Roots.all()
        #expect(here.count > 10)
        for deterministic in [nil, "1"] {
            let there = try Roots.ofAnotherProcess(deterministicHashing: deterministic)
            #expect(there == here)
        }
    }
}

/// What the other process does.
@Suite(.enabled(if: Roots.isOtherProcess)) struct RootsOfAnotherProcess {
    @Test func say() throws {
        for line in try Roots.all() { print("\n\(Roots.mark)\(line)") }
    }
}

/// Names of stories and the state roots that they come to.
private enum Roots {
    static let mark = "root of "
    private static let variable = "RINGDOWN_SAY_ROOTS"

    static var isOtherProcess: Bool { ProcessInfo.processInfo.environment[variable] != nil }

    static func all() throws -> [String] {
        var lines = try StoryFile.all.map { path in
            let story = try StoryFile(path: path)
            let world = StoryWorld()
            for case .command(let command, _, _) in story.parts { _ = try world.run(command) }
            return "\(story.name) \(root(of: world.state))"
        }
        lines.append("crowd \(root(of: try crowd()))")
        return lines
    }

    private static func root(of state: RelayState) -> String { SHA256.hash(state.encoded()).hex }

    /// Enough keys for any order but the right one to show: sessions, listeners, notes, windows and remembered ids.
    private static func crowd() throws -> RelayState {
        let world = StoryWorld()
        for number in 0..<32 {
            for line in [
                "operator add n\(number)", "session s\(number) auth n\(number)",
                "session s\(number) listens n\(number)",
                #"s\#(number) n\#(number) reports {"token":"t","hosted_models":[("m%",*20)"last"]}"#,
                "s\(number) n\(number) asks n\(number / 2)", "clock +7ms",
            ] { _ = try world.run(line) }
        }
        return world.state
    }

    /// Runs this test program once more, for nothing but its roots.
    static func ofAnotherProcess(deterministicHashing: String?) throws -> [String] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--testing-library", "swift-testing", "--filter", "RootsOfAnotherProcess"]
        var environment = ProcessInfo.processInfo.environment
        environment[variable] = "1"
        environment["SWIFT_DETERMINISTIC_HASHING"] = deterministicHashing
        process.environment = environment
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix(mark) }
            .map { String($0.dropFirst(mark.count)) }
    }
}
