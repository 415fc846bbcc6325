import ArgumentParser
import Foundation
import Log

/// `make-log`: a log for tests and measurements.
struct MakeLog: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make-log",
        abstract: "Make a data directory with a log of mixed entries, the same for the same seed.",
        discussion: """
            Every entry went through the relay's own rules. The keys in the directory come from the seed, too: good for \
            tests only.

              ringdown-bench make-log /tmp/mixed --entries 1000000 --seed 7
            """)

    @Argument(help: "The directory; it must not hold a log.") var directory: String
    @Option(help: "How many entries, exactly.") var entries: UInt64 = 100_000
    @Option(help: "What everything in it is drawn from.") var seed: UInt64 = 1

    func run() throws {
        var mixed = try MixedLog(directory: directory, seed: seed)
        let isTerminal = isatty(STDERR_FILENO) == 1
        try mixed.fill(to: entries) { size in
            guard isTerminal else { return }
            FileHandle.standardError.write(Data("\r\(size) of \(entries) entries".utf8))
        }
        if isTerminal { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
        let (size, root) = try mixed.log.read { ($0.size, $0.root) }
        print("\(directory): \(size) entries, root \(root.hex)")
    }
}
