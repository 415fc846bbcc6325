/// One step of a run. Numbers name people; what makes no sense where it comes does nothing, so that a script stays a script
/// when steps are taken out of it.
public enum Action: Sendable, Equatable {
    /// A connection for a person, in place of the one that it has.
    case connect(Int)
    /// Proves a key on somebody's connection.
    case authenticate(Int, Proof)
    /// The connection breaks after so many bytes of what is under way.
    case cut(Int, afterBytes: Int)
    /// Closes the connection as RFC 6455 says.
    case hangUp(Int)
    /// Subscribes to calls.
    case listen(Int)
    /// Subscribes to something; the number chooses the filter.
    case subscribe(Int, Int)
    case unsubscribe(Int)
    /// A connect request to somebody, signed so many seconds ago.
    case ask(Int, Int, Request, age: Int64)
    /// Sends the last connect request or command again.
    case again(Int)
    case report(Int, Int)
    /// An ordinary event; the number chooses which.
    case publish(Int, Int)
    case command(Int, Verb, Int, age: Int64)
    case leave(Int)
    /// Bytes that are no message.
    case babble(Int, Int)
    /// The operator's command line.
    case operate(Verb, Int)
    case policy(Setting)
    /// The clock jumps, either way, in milliseconds.
    case clock(Int64)
    /// Time passes, in milliseconds: the clock and the event loop's timers.
    case wait(Int64)
    /// So many bytes of what somebody sent arrive.
    case flow(Int, Int)
    /// Somebody does not read, or reads again.
    case stall(Int, Bool)
    /// One commit for at most so many submissions.
    case work(Int)
    /// The power fails.
    case crash(Moment)
    /// The relay is told to stop, and started again.
    case restart
    /// The relay signs its log.
    case checkpoint
    /// The operator erases what may be erased of the entries up to this many before the last.
    case erase(Int)
    /// Everything arrives, is committed and read; then everything is looked at.
    case settle
    /// As `settle`, then asks for stored events and compares them with a scan of the log.
    case query(Int, Int)

    /// How a key is proved.
    public enum Proof: String, Sendable, CaseIterable {
        case own, delegated, wrongChallenge, wrongRelay, stale, borrowed
    }

    /// What is the matter with a connect request.
    public enum Request: String, Sendable, CaseIterable {
        case proper, upperCase, toSelf, noTarget, badTarget, noAddress, notJSON, forged, impostor, burst
    }

    /// A change of the membership.
    public enum Verb: String, Sendable, CaseIterable {
        case add, addAdmin, remove, promote, demote, ban, unban
    }

    /// A change of the policy.
    public enum Setting: String, Sendable, CaseIterable {
        case open, closed, publicSignaling, privateSignaling, delegation, noDelegation, longFreshness, shortFreshness,
            slow, fast, buzz
    }

    /// When the power fails.
    public enum Moment: String, Sendable, CaseIterable {
        case idle, beforeCommit, afterCommit
    }
}
