import ArgumentParser
import Foundation
import Log
import Nostr
import Reducers

/// `ringdown-relay erase`.
struct EraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Erase somebody's data from the log; the gap stays visible and everything else still verifies.",
        discussion: """
            Takes out the payloads of a key's events, of its mesh status notes, and of the calls to it and about it; or single events
            with what followed from them. What the membership rests on stays: that somebody was a member, and what was decided.
            The last minutes are left out, because they still matter to decisions: run it again later.

            The erased bytes stay in free pages of the file until those are used again. Without a relay the file is rewritten at
            once; beside a running one, stop it and run the command again, or restore from a backup made afterwards.

              ringdown-relay erase --data /var/lib/ringdown --pubkey npub1… --dry-run
            """)

    @OptionGroup var directory: DirectoryOption
    @Option(help: "Everything of this key: hex or npub.") var pubkey: KeyArgument?
    @Option(help: "A single event, by its id; may be given several times.") var event: [String] = []
    @Option(help: "Why, for the log.") var reason = "on request"
    @Flag(help: "Say what would be erased, and erase nothing.") var dryRun = false
    @Flag(help: "Do not ask.") var yes = false
    @Flag(help: "One JSON object: found, erased.") var json = false

    func run() async throws {
        do {
            let operation = try Operation(directory.data, creates: false)
            var absent: [AbsentEntries] = []
            let positions = try find(&absent)
            if dryRun || positions.isEmpty {
                defer { ArchiveErasure.name(absent) }
                print(
                    json ? #"{"found":\#(positions.count),"erased":0}"# : "\(positions.count) entries would be erased")
                return
            }
            try confirm(positions.count)
            var erased = try erase(positions, operation)
            erased += try ArchiveErasure.erase(positions, in: directory.data)
            if !operation.isLive { try Compaction.rewrite(directory.data) }
            if json {
                print(#"{"found":\#(positions.count),"erased":\#(erased)}"#)
            } else {
                print("\(erased) payloads erased")
                if operation.isLive {
                    print("the file keeps their bytes in free pages for now: see `ringdown-relay erase --help`")
                }
            }
            // Nobody may take it for done while files that can hold more are somewhere else.
            ArchiveErasure.name(absent)
            if !absent.isEmpty { throw ExitCode.failure }
        } catch {
            throw Failure.report(error)
        }
    }

    private func find(_ absent: inout [AbsentEntries]) throws -> [UInt64] {
        let subject: ErasureSearch.Subject
        switch (pubkey, event.isEmpty) {
        case (let key?, true): subject = .key(key.key)
        case (nil, false):
            subject = .events(
                try event.map { text in
                    guard let id = EventID(hex: text.lowercased()) else {
                        throw SettingsError(description: "\(text) is no event id of 64 hex characters")
                    }
                    return id
                })
        default: throw SettingsError(description: "say whose data: --pubkey KEY, or --event ID")
        }
        let log = try EventLog.open(directory: directory.data, mode: .readOnly)
        let state = try log.read { try Replayer.state(of: $0) }
        let progress = CommandProgress("entries", total: nil)
        return try ErasureSearch(log: log, subject: subject).positions(
            before: Clock.microseconds() - state.memoryMicroseconds - Position.microsecondsPerSecond,
            absent: { absent.append($0) }
        ) { done, _ in progress.report(Int(done)) }
    }

    private func confirm(_ count: Int) throws {
        guard !yes, isatty(FileHandle.standardInput.fileDescriptor) == 1 else { return }
        print("erase the payloads of \(count) entries for good? [y/N] ", terminator: "")
        guard readLine()?.lowercased().hasPrefix("y") == true else { throw ExitCode.failure }
    }

    /// Erases a run's worth at a time; returns how many payloads there were.
    private func erase(_ positions: [UInt64], _ operation: Operation) throws -> Int {
        var erased = 0
        for start in stride(from: 0, to: positions.count, by: Erasure.maximumRuns) {
            let part = Array(positions[start..<min(start + Erasure.maximumRuns, positions.count)])
            let answer = try operation.insist(.erase(part, reason: reason))
            erased += answer.message.split(separator: " ").compactMap { Int($0) }.first ?? 0
        }
        return erased
    }
}
