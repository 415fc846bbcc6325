import ArgumentParser
import Foundation
import Glibc
import Log
import Nostr
import Reducers

/// `step`: a debugger over the log.
struct StepCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Step through it: forwards, backwards, to a decision, to a condition; look at the state anywhere.",
        discussion: """
            Reads commands, one a line, from a terminal, a pipe or a file; ? lists them. Each step prints the input, \
            what followed from it, and what it changed in the state. From a pipe or a file the exit status is 1 when a \
            command could not be done.

              ringdown-replay step --data DIR
              ringdown-replay step --data DIR --at 29
              printf 'bp outcome == refused\\nc\\nwhy\\n' | ringdown-replay step --data DIR
              ringdown-replay step --data DIR --script commands.txt --json
            """)

    @OptionGroup var common: CommonOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Begin there instead of at entry 0.", valueName: "POS|TIME|EVENT"), transform: Parse.point)
    var at: LogPoint?

    @Option(help: ArgumentHelp("A file with commands; a line that begins with # is none.", valueName: "FILE"))
    var script: String?

    @Option(help: "When lines are coloured: auto, always or never.")
    var color: ColourChoice = .auto

    func execute(_ console: Console) throws -> Int32 {
        let debugger = try Debugger(try common.open())
        if let at {
            let end = try debugger.log.read { reader in
                try Lookup.end(of: at, now: console.now, in: reader, progress: console.progress.update)
            }
            try debugger.go(before: end)
        }
        let lines = try commandLines()
        let isInteractive = script == nil && isatty(STDIN_FILENO) == 1
        if script == nil { StopSignal.install() }
        let session = StepSession(
            debugger, console, names: common.names, printsJSON: common.printsJSON,
            colours: !common.printsJSON && color.applies(toTerminal: console.output.isTerminal),
            isInterrupted: { script == nil && StopSignal.isWanted })
        _ = try session.run("l")
        while true {
            try console.output.flush()
            if isInteractive { Console.complain(try session.prompt()) }
            guard let line = lines.next() else { break }
            if line.hasPrefix("#") { continue }
            if !isInteractive, line.isEmpty { continue }
            guard try session.run(line) else { return status(session, isInteractive) }
        }
        if isInteractive { Console.complain("\n") }
        return status(session, isInteractive)
    }

    private func status(_ session: StepSession, _ isInteractive: Bool) -> Int32 {
        isInteractive || session.failures == 0 ? 0 : 1
    }

    private func commandLines() throws -> CommandLines {
        guard let script else {
            return CommandLines(descriptor: STDIN_FILENO, isInterrupted: { StopSignal.isWanted })
        }
        guard let data = FileManager.default.contents(atPath: script) else {
            throw ReplayFailure(.negative, "\(script) cannot be read; expected a file with commands, one a line")
        }
        return CommandLines(script: Array(data))
    }
}
