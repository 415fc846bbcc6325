import Foundation
import Testing

@testable import Replay

@Suite struct CommandLineTests {
    @Test(arguments: ["log", "state", "pairs", "why", "verify"])
    func helpTeachesWithAnExample(_ subcommand: String) {
        let help = Tool.run(subcommand, "--help")
        #expect(help.status == 0)
        #expect(help.complaint.isEmpty)
        #expect(help.output.contains("  ringdown-replay \(subcommand) --data DIR"))
        #expect(help.output.contains("USAGE: ringdown-replay \(subcommand)"))
        #expect(Tool.run("help", subcommand).output == help.output)
    }

    @Test func helpListsTheQuestionsThatCanBeAsked() {
        let help = Tool.run("--help")
        #expect(help.status == 0)
        #expect(help.output.contains("Why was B never rung?"))
        #expect(Tool.run().output.contains("Why was B never rung?"))
    }

    @Test(arguments: [
        (["log"], "--data"),
        (["wipe", "--data", "x"], "wipe"),
        (["state", "--data", "x", "--at", "noon"], "noon is no point of a log"),
        (["pairs", "--data", "x", "--since", "noon"], "noon is no time"),
        (["pairs", "--data", "x", "--key", "bob"], "--key"),
        (["log", "--data", "x", "--kind", "70000"], "70000 is no kind"),
        (["why", "--data", "x"], "EVENT"),
        (["why", "--data", "x", "abc"], "at least the first 8 hex digits"),
    ])
    func wrongUsageSaysWhatWasExpected(_ arguments: [String], _ message: String) {
        let run = Tool.run(arguments)
        #expect(run.status == 64)
        #expect(run.output.isEmpty)
        #expect(run.complaint.contains(message), "\(run.complaint)")
    }

    @Test func aSecretKeyGivenByMistakeIsNotRepeated() {
        let secret = Story.key("alice").nsec
        let run = Tool.run("log", "--data", "x", "--key", secret)
        #expect(run.status == 64)
        #expect(!run.complaint.contains(secret.dropFirst(5)))
    }

    @Test(arguments: ["log", "state", "pairs", "verify"])
    func aDirectoryThatDoesNotExistIsNamed(_ subcommand: String) {
        let run = Tool.run(subcommand, "--data", "/nonexistent/relay")
        #expect(run.status == 66)
        #expect(run.output.isEmpty)
        #expect(run.complaint.contains("/nonexistent/relay"))
    }

    @Test func aReaderThatGoesAwayEndsTheToolQuietly() throws {
        let story = try Story.day()
        var complaint = ""
        let console = Console(
            output: Output(isTerminal: true) { _ in throw OutputClosed() },
            progress: Progress(.hidden, elapsed: { .zero }, write: { _ in }), now: 0)
        let status = ReplayCommand.run(["log", "--data", story.directory], console: console) { complaint += $0 }
        #expect(status == 0)
        #expect(complaint.isEmpty)
    }

    @Test func aFullDiskIsSaidAndIsNoSuccess() throws {
        let story = try Story.day()
        var complaint = ""
        let console = Console(
            output: Output { _ in throw ReplayFailure(.cannotWrite, "the output cannot be written: disk full") },
            progress: Progress(.hidden, elapsed: { .zero }, write: { _ in }), now: 0)
        let status = ReplayCommand.run(["log", "--data", story.directory], console: console) { complaint += $0 }
        #expect(status == 74)
        #expect(complaint.contains("disk full"))
    }

    @Test func progressIsSilentForTwoSecondsThenSpeaksSeldom() {
        var elapsed = Duration.zero
        var written: [String] = []
        let progress = Progress(.lines, elapsed: { elapsed }, write: { written.append($0) })
        progress.begin("reading")
        for step in 1...50 {
            elapsed = .milliseconds(step * 100)
            progress.update(UInt64(step) * 20_000, of: 1_000_000)
        }
        #expect(
            written == [
                "reading: 400,000 of 1,000,000 entries (40 %)\n", "reading: 800,000 of 1,000,000 entries (80 %)\n",
            ])
    }

    @Test func onATerminalProgressIsOneLineThatIsTakenAwayAgain() {
        var elapsed = Duration.zero
        var written = ""
        let progress = Progress(.rewritten, elapsed: { elapsed }, write: { written += $0 })
        let output = Output { written += String(decoding: $0, as: UTF8.self) }
        let console = Console(output: output, progress: progress, now: 0)
        progress.begin("reading")
        elapsed = .seconds(3)
        progress.update(1, of: 2)
        try? console.output.line("a result")
        try? console.output.flush()
        #expect(written == "\r\u{1b}[Kreading: 1 of 2 entries (50 %)\r\u{1b}[Ka result\n")
    }
}
