/// The tool that reads a log: what happened, why, and whether it was right.
///
/// It opens a log read-only, live or copied, and holds no key; only `monitor` with an address uses the network. Every
/// question is answered by the same `Reducers` that the relay decides with.
///
/// - `Command`: the subcommands, thin: arguments in, exit status out.
/// - `Reading`: opening a log, points in time, finding an event, entries with their payloads understood.
/// - `Pairs`: every attempt to connect two members, and whether both ends were rung.
/// - `Explain`: the checks of one decision, the entries that made its facts, and what followed.
/// - `Tail`: following a log that is being written.
/// - `Export`: the log as JSON lines, tables, a database.
/// - `Report`: a page for people who were not there.
/// - `TimeTravel`: two points compared, the log played otherwise, and stepped through.
/// - `Proofs`: what can be proven to somebody without the log, and following what it publishes.
/// - `Verify`: everything recomputed and compared with what the log holds.
/// - `Printing`: lines for people and objects for programs.
enum Replay {}
