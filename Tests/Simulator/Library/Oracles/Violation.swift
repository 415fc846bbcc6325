/// Something that must not be.
public struct Violation: Error, Equatable, CustomStringConvertible, Sendable {
    /// What is promised and was not kept.
    public enum Promise: String, Sendable, CaseIterable {
        case gate = "no 24622 without two direct members, within limits, one pair for one fresh request"
        case membership = "nobody changes the membership who may not"
        case replay = "replay equals live"
        case durability = "what was acknowledged stays"
        case order = "decide, commit, then speak"
        case once = "nothing is said twice"
        case time = "log time never falls"
        case tree = "entries, tree, frontier and tiles agree"
        case index = "the indexes answer as a linear scan does"
        case delivery = "a live subscription gets exactly its matching events, in order, once"
        case privacy = "who has no right to it does not receive it"
        case signing = "no checkpoint contradicts the last one"
        case bounds = "queues are bounded"
        case working = "the relay goes on"
    }

    /// Which promise.
    public var promise: Promise
    /// How it was broken.
    public var detail: String

    /// A promise that was broken.
    public init(_ promise: Promise, _ detail: String) {
        self.promise = promise
        self.detail = detail
    }

    /// For a user.
    public var description: String { "\(promise.rawValue): \(detail)" }
}
