/// The server: sockets, sessions, subscriptions, queries, and the operator's command line.
///
/// What happens to an event, folder by folder:
///
/// 1. `Server`: a socket is accepted, upgraded to WebSocket and tied to one event loop for its life.
/// 2. `Session`: each text frame is read into a client message and stepped through the session's state machine, which
///    answers at once, asks for a query, or hands a verified input to the sequencer.
/// 3. `Sequencer`: one thread gives the input its position and time, applies it to the state, appends it and what
///    follows from it, and commits: one transaction and one fsync for everything that waited.
/// 4. `Shard`: each event loop receives what was committed, answers its sessions and delivers to its subscribers.
///
/// `HTTP` answers plain and signed requests, which take the same way from step 3 on. `Metrics` counts, `Erasure` finds and takes
/// out what somebody wants forgotten, `Checkpoints` signs what the log has come to and asks witnesses, `TLS` is there with the package
/// trait of that name.
///
/// `Control` lets the command line reach a running relay; `Configuration` and `Identity` are read once at the start.
enum Relay {}
