import ArgumentParser
import Glibc
import Log
import Reducers

/// `ringdown-replay`: reads a relay's log and explains it.
public struct ReplayCommand: ParsableCommand {
    /// The command's name, its subcommands and what they are for.
    public static let configuration = CommandConfiguration(
        commandName: "ringdown-replay",
        abstract: "Reads a Ringdown relay's log: what happened, why, and whether it was right.",
        discussion: """
            Opens the log in a relay's data directory, or in a copy of it, and never writes to it: a running relay is \
            not disturbed. Everything is recomputed from the log with the relay's own rules.

              Who was connected with whom in the last hour?
                ringdown-replay pairs --data DIR --since -1h
              Why was B never rung?
                ringdown-replay why --data DIR EVENT
              Who was a member at noon?
                ringdown-replay state --data DIR --at 2026-01-02T12:00
              What happened then?
                ringdown-replay log --data DIR --from 2026-01-02T12:00
              Can I trust this log?
                ringdown-replay verify --data DIR
              How do I show somebody else that it happened?
                ringdown-replay prove --data DIR EVENT --out FILE
              Was it rewritten since I kept a checkpoint?
                ringdown-replay consistency NOTE-FILE DIR

            Times are ISO 8601 in UTC. Exit status: 0 fine; 1 not found, or verify found a divergence; 64 wrong usage; \
            65 the log is damaged; 66 no log there.
            """,
        version: Release.version,
        subcommands: [
            // What happened
            LogCommand.self,
            TailCommand.self,
            PairsCommand.self,
            // Why
            WhyCommand.self,
            WhyNotCommand.self,
            BlameCommand.self,
            AttemptCommand.self,
            TraceCommand.self,
            // How it stood
            StateCommand.self,
            DiffCommand.self,
            StepCommand.self,
            // How it would have been
            WhatIfCommand.self,
            BisectCommand.self,
            // Whether it was right
            VerifyCommand.self,
            ProveCommand.self,
            CheckCommand.self,
            ConsistencyCommand.self,
            MonitorCommand.self,
            // With other tools
            ExportCommand.self,
            ReportCommand.self,
        ])

    /// Needed by the argument parser.
    public init() {}

    /// Runs the process: parses its arguments, does what they say, and exits with its status.
    public static func main() {
        // A reader that goes away (`| head`) is no failure: writing tells us, and we stop.
        signal(SIGPIPE, SIG_IGN)
        let arguments = Array(CommandLine.arguments.dropFirst())
        let console = Console.standard(showsProgress: arguments.contains("--progress"))
        if arguments.contains(Supervisor.flag) {
            Glibc.exit(run(arguments, console: console))
        }
        CrashMessage.install()
        let isVerify = arguments.first == VerifyCommand.configuration.commandName
        Glibc.exit((isVerify ? Supervisor.run(arguments, console: console) : nil) ?? run(arguments, console: console))
    }

    /// Does what the arguments say and returns the exit status; complaints go to `complain`.
    static func run(
        _ arguments: [String], console: Console, complain: (String) -> Void = Console.complain
    ) -> Int32 {
        var status: Int32 = 0
        do {
            defer { console.progress.clear() }
            try checkSubcommand(arguments.first)
            var command = try parseAsRoot(arguments)
            if let subcommand = command as? any ReplaySubcommand {
                status = try subcommand.execute(console)
            } else {
                // The parser's own: help, or the root without a subcommand, which asks for help.
                try command.run()
            }
            try console.output.flush()
        } catch is OutputClosed {
            // Nobody listens any more; what was found out counts all the same.
            return status
        } catch {
            return fail(error, console, complain)
        }
        return status
    }

    /// Names a subcommand that does not exist; the argument parser would complain about what follows it.
    private static func checkSubcommand(_ name: String?) throws {
        let names = configuration.subcommands.compactMap { $0.configuration.commandName }
        guard let name, !name.hasPrefix("-"), name != "help", !names.contains(name) else { return }
        throw ValidationError("there is no subcommand \(name); expected one of \(names.joined(separator: ", "))")
    }

    private static func fail(_ error: any Error, _ console: Console, _ complain: (String) -> Void) -> Int32 {
        // What was printed before the failure is still right.
        try? console.output.flush()
        let status: ReplayFailure.Status
        let message: String
        switch error {
        case let error as ReplayFailure:
            (status, message) = (error.status, error.message)
        case let error as LogError:
            (status, message) = (error.isAbsent ? .negative : .damaged, "\(error)")
        case let error as ReplayError:
            (status, message) = (
                .damaged, "\(error); run `ringdown-replay verify` to see whether anything else is wrong"
            )
        default:
            let code = exitCode(for: error)
            if code.isSuccess {
                try? console.output.line(fullMessage(for: error))
                try? console.output.flush()
            } else {
                complain(fullMessage(for: error) + "\n")
            }
            return code.rawValue
        }
        complain("ringdown-replay: \(message)\n")
        return status.rawValue
    }
}

/// A subcommand that writes to a console and ends with an exit status.
protocol ReplaySubcommand: ParsableCommand {
    func execute(_ console: Console) throws -> Int32
}

extension ReplaySubcommand {
    /// What the argument parser would call; `ReplayCommand.run` calls `execute` itself.
    func run() throws {
        let status = try execute(Console.standard(showsProgress: false))
        guard status == 0 else { throw ExitCode(status) }
    }
}
