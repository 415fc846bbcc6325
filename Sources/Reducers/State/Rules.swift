/// A numbered, frozen version of the rules.
///
/// A released version stays compiled for as long as a log may contain it: old decisions are replayed under the rules of
/// their day. A type-0 entry activates a version from its own position on (AUDIT.md, "Rules are numbered and frozen").
public enum RulesVersion: UInt32, Sendable, CaseIterable {
    /// WIRE.md's rules of mesh requests, reports and commands without what it calls "beyond": for comparisons only, no log
    /// can put it in force (docs/design/rules-versions.md).
    case sprout = 0
    case v1 = 1

    /// The version that a new policy entry activates.
    public static let current: RulesVersion = .v1

    /// Whether a policy entry can put it in force.
    public var canBeInForce: Bool { self != .sprout }

    /// The version that an entry names.
    ///
    /// - Throws: `PayloadError` for one that this program does not know, or that no log can have in force.
    static func recorded(_ number: UInt64) throws(PayloadError) -> RulesVersion {
        guard let version = UInt32(exactly: number).flatMap({ RulesVersion(rawValue: $0) }) else {
            throw PayloadError(
                "rules version \(number) is unknown to this program: the log was written by a newer one")
        }
        guard version.canBeInForce else {
            throw PayloadError("rules version \(number) is for comparisons: no entry can put it in force")
        }
        return version
    }
}

/// Numbers of the wire contract that are rules, not policy.
public enum WireConstants {
    /// A call-me-now expires this many seconds after its decision (WIRE.md, "24622 call-me-now").
    public static let callMeNowLifetimeSeconds: Int64 = 60
    /// How long a rate window stays open, in microseconds (WIRE.md, "24621": a one-second window).
    public static let rateWindowMicroseconds: Int64 = 1_000_000
}

/// The spelling of the strings that carry a product name (WIRE.md, "Dialect").
public enum Dialect: String, Sendable, CaseIterable {
    case sprout
    case buzz

    /// The prefix of the d-tag of a mesh status note; the reporter's key follows after a colon.
    public var meshIdentifierPrefix: String { "\(rawValue)-relay-mesh" }
    /// The `type` and the k-tag of a mesh status note.
    public var meshStatusType: String { "\(rawValue)-mesh-status" }
    /// The `type` of a call-me-now.
    public var callMeNowType: String { "\(rawValue)-iroh-call-me-now" }
}
