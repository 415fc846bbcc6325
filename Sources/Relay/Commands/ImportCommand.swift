import ArgumentParser
import Foundation
import Log
import Nostr
import Reducers

/// `ringdown-relay import`.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take in events, or a whole log, from JSON lines.",
        discussion: """
            Events: one a line, from any relay. Each signature is checked; what is wrong is named by its line and left out (with
            --strict nothing more is done after it); what is there already stays. Requests, commands and the relay's own kinds are
            not taken in. Works beside a running relay, whose members see the events at once.

            With --entries: a log that `export --entries` wrote, into an empty directory. Put the keys (relay.key, log.key) of the
            old directory beside it to go on writing it.

              ringdown-relay import --data /var/lib/ringdown notes.jsonl
              ringdown-relay import --data /restored --entries log.jsonl
            """)

    /// Lines with a fault that are named before only their number is.
    private static let namedFaults = 20

    @OptionGroup var directory: DirectoryOption
    @Argument(help: "The file, or - for standard input.") var file: String
    @Flag(help: "A whole log, entry by entry, into an empty directory.") var entries = false
    @Flag(help: "Stop at the first line that is wrong.") var strict = false
    @Flag(help: "One JSON object: accepted, duplicates, refused; or entries and root.") var json = false

    func run() async throws {
        do {
            var lines = LineReader(try InputFile.open(file), limit: ControlRequest.maximumLineBytes)
            if entries { try restore(&lines) } else { try importEvents(&lines) }
        } catch {
            throw Failure.report(error)
        }
    }

    private struct Tally {
        var accepted = 0
        var duplicates = 0
        var refused = 0
    }

    private func importEvents(_ lines: inout LineReader) throws {
        let operation = try Operation(directory.data)
        let progress = CommandProgress("events", total: nil)
        var tally = Tally()
        var number = 0
        var part: [(line: Int, request: ControlRequest)] = []
        while let line = try lines.next() {
            number += 1
            guard line.contains(where: { !" \t\r".utf8.contains($0) }) else { continue }
            do throws(EventError) {
                _ = try Event.parse(line, limits: .incoming)
                part.append((number, .event(line)))
            } catch {
                try refuse(number, "invalid: \(error.message)", &tally)
            }
            if part.count >= Operation.ahead { try hand(&part, operation, &tally) }
            progress.report(number)
        }
        try hand(&part, operation, &tally)
        if json {
            print(#"{"accepted":\#(tally.accepted),"duplicates":\#(tally.duplicates),"refused":\#(tally.refused)}"#)
        } else {
            print("\(tally.accepted) taken in, \(tally.duplicates) were there, \(tally.refused) refused")
        }
        if tally.refused > 0 { throw ExitCode.failure }
    }

    private func hand(
        _ part: inout [(line: Int, request: ControlRequest)], _ operation: Operation, _ tally: inout Tally
    ) throws {
        var answers: [ControlAnswer] = []
        try operation.askAll(part.map(\.request)) { answers.append($0) }
        for (entry, answer) in zip(part, answers) {
            if !answer.accepted {
                try refuse(entry.line, answer.message, &tally)
            } else if answer.message.hasPrefix("duplicate:") {
                tally.duplicates += 1
            } else {
                tally.accepted += 1
            }
        }
        part.removeAll(keepingCapacity: true)
    }

    private func refuse(_ line: Int, _ message: String, _ tally: inout Tally) throws {
        tally.refused += 1
        if tally.refused <= ImportCommand.namedFaults || strict { Failure.say("line \(line): \(message)") }
        if tally.refused == ImportCommand.namedFaults, !strict {
            Failure.say("further lines that are wrong are counted")
        }
        if strict { throw ExitCode.failure }
    }

    // MARK: A whole log

    private static let entriesPerCommit = 2_000

    private func restore(_ lines: inout LineReader) throws {
        let log = try EventLog.open(directory: directory.data, mode: .readWrite)
        guard try log.read({ $0.size }) == 0 else {
            throw SettingsError(
                description: "\(directory.data) holds a log already; a whole log goes into an empty directory")
        }
        let progress = CommandProgress("entries", total: nil)
        var number = 0
        var isAtEnd = false
        while !isAtEnd {
            let batch = try log.beginBatch()
            for _ in 0..<ImportCommand.entriesPerCommit {
                guard let line = try lines.next() else {
                    isAtEnd = true
                    break
                }
                number += 1
                do {
                    try batch.restore(try ExportedEntry(json: line))
                } catch let error as LogError where error.isMisuse {
                    throw SettingsError(description: "line \(number): \(error.description)")
                }
            }
            try batch.commit()
            progress.report(number)
        }
        let (size, root) = try log.read { ($0.size, $0.root) }
        print(
            json
                ? #"{"entries":\#(size),"root":"\#(root.hex)"}"#
                : "\(size) entries, root \(root.hex); check them with `ringdown-replay verify --data \(directory.data)`"
        )
    }
}
