import Nostr

@testable import Replay

/// What a run of the tool wrote, and how it ended.
struct Tool {
    let status: Int32
    let output: String
    let complaint: String

    /// The output's lines.
    var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }

    /// The output's lines as JSON objects.
    func objects() throws -> [JSONValue] { try lines.map { try JSONValue.parse(Array($0.utf8)) } }

    /// Runs the tool with these arguments.
    static func run(_ arguments: String..., now: Int64 = 1_767_323_145_000_000) -> Tool { run(arguments, now: now) }

    static func run(_ arguments: [String], now: Int64 = 1_767_323_145_000_000) -> Tool {
        var written: [UInt8] = []
        var complaint = ""
        let console = Console(
            output: Output { written += $0 }, progress: Progress(.hidden, elapsed: { .zero }, write: { _ in }), now: now
        )
        let status = ReplayCommand.run(arguments, console: console) { complaint += $0 }
        return Tool(status: status, output: String(decoding: written, as: UTF8.self), complaint: complaint)
    }
}
