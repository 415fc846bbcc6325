import ArgumentParser
import Foundation
import Nostr

/// `ringdown-relay status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show on one screen how a running relay is.",
        discussion: """
            On a terminal it is shown anew every two seconds until it is interrupted; elsewhere, or with --once, once. Exit code 1
            when no relay runs there. The figures are those of /metrics.

              ringdown-relay status --data /var/lib/ringdown
            """)

    private static let interval: UInt32 = 2

    @OptionGroup var directory: DirectoryOption
    @Flag(help: "Show it once.") var once = false
    @Flag(help: "One JSON object, once.") var json = false

    func run() async throws {
        do {
            let isScreen = !once && !json && isatty(FileHandle.standardOutput.fileDescriptor) == 1
            var previous: RelayStatus?
            repeat {
                let (status, raw) = try ask()
                if json {
                    print(String(decoding: raw, as: UTF8.self))
                } else {
                    if isScreen { print("\u{1b}[H\u{1b}[2J", terminator: "") }
                    print(status.text(since: previous))
                }
                previous = status
                if isScreen { sleep(StatusCommand.interval) }
            } while isScreen
        } catch {
            throw Failure.report(error)
        }
    }

    private func ask() throws -> (RelayStatus, raw: [UInt8]) {
        guard let client = ControlClient(directory: directory.data) else {
            Failure.say("no relay runs in \(directory.data); `ringdown-replay state` shows what its log tells")
            throw ExitCode.failure
        }
        let answer = try client.ask(.status)
        guard answer.accepted, let raw = answer.result, let status = RelayStatus(json: raw) else {
            throw SettingsError(description: "the relay in \(directory.data) is of another version: \(answer.message)")
        }
        return (status, raw)
    }
}
