/// Why a verifier key, a note or a proof is not one, or does not hold. The texts are for the person who checks it.
public struct ProofError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The message.
    public let description: String

    init(_ description: String) { self.description = description }
}
