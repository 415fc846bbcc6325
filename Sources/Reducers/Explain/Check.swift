/// One check of a decision, as `why` prints it.
public struct Check: Equatable, Sendable {
    /// What was asked.
    public var name: Name
    /// Whether it let the request through.
    public var passed: Bool
    /// What the check saw.
    public var fact: Fact

    /// The checks, named as in WIRE.md.
    public enum Name: String, Sendable {
        case session = "session authenticated"
        case author = "author is an authenticated key"
        case kind = "clients may publish this kind"
        case rate = "requester within its rate"
        case freshness = "created_at is fresh"
        case replay = "not decided before"
        case content = "content is well-formed"
        case targetTag = "names a target"
        case notSelf = "target is not the requester"
        case requesterMember = "requester is a direct member"
        case targetMember = "target is a direct member"
        case targetRate = "target within its rate"
        case reporterMember = "reporter is a direct member"
        case reportLimits = "report within its limits"
        case permission = "author may do this"
        case subject = "it can be done to this key"
        case protected = "a protected event comes from its author"
        case expiration = "not expired"
        case difficulty = "enough proof of work"
        case invite = "the invite code is good"
    }
}

/// What a check saw, and the entry that made it so.
public struct Fact: Equatable, Sendable {
    /// The fact in plain words.
    public var text: String
    /// The position of the entry that made the fact; `nil` where no single entry did.
    public var basis: UInt64?

    init(_ text: @autoclosure () -> String, basis: UInt64? = nil) {
        self.text = text()
        self.basis = basis
    }
}

/// Receives each check as it is made. Live, nobody listens and the compiler removes it; `why` runs the same rules with a
/// recorder that keeps them.
protocol CheckRecorder {
    /// Whether somebody wants the events of a call: whoever only follows the state does not.
    static var wantsCalls: Bool { get }
    mutating func record(_ name: Check.Name, passed: Bool, fact: @autoclosure () -> Fact)
}

extension CheckRecorder {
    /// Records the check and throws the refusal unless it passed.
    @inline(__always)
    mutating func require(
        _ name: Check.Name, _ passed: Bool, _ refusal: @autoclosure () -> Refusal, _ fact: @autoclosure () -> Fact
    ) throws(Refusal) {
        record(name, passed: passed, fact: fact())
        if !passed { throw refusal() }
    }
}

/// The live recorder: keeps nothing.
struct NoRecorder: CheckRecorder {
    static var wantsCalls: Bool { true }

    @inline(__always)
    mutating func record(_ name: Check.Name, passed: Bool, fact: @autoclosure () -> Fact) {}
}

/// For a replay that is after the state alone.
struct StateRecorder: CheckRecorder {
    static var wantsCalls: Bool { false }

    @inline(__always)
    mutating func record(_ name: Check.Name, passed: Bool, fact: @autoclosure () -> Fact) {}
}

/// Keeps every check in order.
struct KeepingRecorder: CheckRecorder {
    static var wantsCalls: Bool { true }

    private(set) var checks: [Check] = []

    mutating func record(_ name: Check.Name, passed: Bool, fact: @autoclosure () -> Fact) {
        checks.append(Check(name: name, passed: passed, fact: fact()))
    }
}
