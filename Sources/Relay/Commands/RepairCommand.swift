import ArgumentParser
import Foundation
import Log
import Nostr

/// `ringdown-relay repair`.
struct RepairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Save what can be saved of a damaged log, and say what is lost.",
        discussion: """
            Makes a new log in a directory of its own from the longest beginning of the damaged one whose entries are there and match
            their commitments; indexes and other derived parts are made anew. The damaged directory stays as it is: keep it. If
            the log cannot be opened at all, entries are searched for in the file's pages. With --from, what is missing is taken
            from a backup of the same log. Stop the relay before; check the result with `ringdown-replay verify` after.

            Exit codes: 0 nothing was lost · 1 entries were lost, as said · 65 nothing could be saved · 73 a directory cannot be
            used · 75 a relay is running.

              ringdown-relay repair --data /var/lib/ringdown --to /var/lib/ringdown-repaired
              ringdown-relay repair --data /var/lib/ringdown --to /var/lib/ringdown-repaired --from /backups/2026-11-23
              ringdown-relay repair --data /var/lib/ringdown --dry-run
            """)

    @OptionGroup var directory: DirectoryOption
    @Option(help: "A directory for the repaired log; it must not hold one.") var to: String?
    @Option(help: "A backup of the same log, for what is missing.") var from: String?
    @Flag(help: "Say what would be saved, and keep nothing.") var dryRun = false
    @Flag(help: "One JSON object; docs/operating.md names its fields.") var json = false
    @Option(help: .hidden) var reading: UInt64?

    func validate() throws {
        guard to != nil || dryRun else { throw ValidationError("--to DIR says where the repaired log goes") }
    }

    func run() async throws {
        do {
            if let reading, let to {
                DeathMessage.leaveToParent()
                if let reason = try Repair.read(directory.data, to: to, entriesPerCommit: reading) {
                    Failure.say(reason)
                }
                return
            }
            let target = dryRun ? try RepairCommand.scratch() : to ?? ""
            defer { if dryRun { try? FileManager.default.removeItem(atPath: target) } }
            let result = try Repair(damaged: directory.data, target: target, backup: from).run()
            if json { print(RepairText.json(result)) } else { RepairText.lines(result, target).forEach { print($0) } }
            guard result.entries > 0 else { throw ExitCode(DeathMessage.exitCode) }
            if result.lost > 0 || result.isFork { throw ExitCode.failure }
        } catch {
            throw Failure.report(error)
        }
    }

    private static func scratch() throws -> String {
        let place = FileManager.default.temporaryDirectory.appending(path: "ringdown-repair-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return place.path
    }
}
