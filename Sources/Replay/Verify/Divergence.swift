/// The first place at which a log is not what it has to be.
public struct Divergence: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, as a stable word for programs.
    public enum Aspect: String, Sendable {
        /// The entry cannot be read.
        case format
        /// The entry's number, time, flags or schema.
        case header
        /// The payload is not the one that the entry commits to.
        case commitment
        /// The payload is erased, or no version of this program wrote it.
        case payload
        /// An id or a signature.
        case signature
        /// Entry 0.
        case genesis
        /// An entry that nothing caused, or one that is missing or something else than what follows from its cause.
        case output
        /// The salt is not the one that follows from the input's.
        case salt
        /// The entry that set the rules.
        case rules
        /// The members before the entry.
        case membersRoot = "members_root"
        /// The state at the latest mark before the entry.
        case stateRoot = "state_root"
        /// A checkpoint that the log holds, or one that somebody kept of it.
        case checkpoint
        /// The Merkle tree.
        case tree
        /// What is derived from the entries: indexes and stored parts.
        case index
    }

    /// The position of the entry; `nil` for what is no entry's: the tree, or an index.
    public var position: UInt64?
    /// What is wrong.
    public var aspect: Aspect
    /// What had to be there, in words.
    public var expected: String
    /// What is there, in words.
    public var found: String

    init(_ position: UInt64?, _ aspect: Aspect, expected: String, found: String) {
        self.position = position
        self.aspect = aspect
        self.expected = expected
        self.found = found
    }

    /// Whether it can come of an input that was erased a short while before: another answer, another note, another
    /// state at a mark. Time, members, rules and salts cannot.
    var mayFollowFromErasure: Bool {
        switch aspect {
        case .output, .payload, .stateRoot: true
        default: false
        }
    }

    /// Where it is, in words.
    var place: String { position.map { "entry \($0) (\(aspect.rawValue))" } ?? "the \(aspect.rawValue)" }

    /// In one line.
    public var description: String {
        "\(place): expected \(expected), found \(found)"
    }
}
