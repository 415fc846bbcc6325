/// The rules of Ringdown, as values.
///
/// `RelayState` is the whole state that decisions depend on. `RelayState.apply(_:at:)` takes one `Input` at one
/// `Position` of the log and hands back a `Transition`: the answer to the sender and the outputs that follow from it.
/// It sees the state and the input, nothing else: no clock, no randomness, no I/O, no dictionary order. So the relay,
/// which applies inputs as they come, and the replay tool, which reads them from the log, compute the same state, the
/// same decisions and the same bytes.
///
/// What happens to an input, folder by folder:
///
/// - `Inputs`: what can enter the log, and the payload bytes each is stored as.
/// - `Sessions`: who is connected, authenticated as whom, and listening for calls.
/// - `Limits`: rate windows and remembered ids, which forget by the log's time.
/// - `Membership`, `Discovery`, `Signaling`: the three things that are decided.
/// - `Invites`, `Administration`: how members come and go by themselves, and what operator, owner and admins command.
/// - `Checkpoints`: what the relay published of its own log.
/// - `Outputs`: decisions, membership effects and the events that the relay signs.
/// - `State`: all of it composed, its canonical encoding, and the entries that one step appends.
/// - `Explain`: the same checks, recorded one by one for `why`.
enum Reducers {}
