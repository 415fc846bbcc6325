/// One reader of bytes that others send, and what has to hold for each input.
struct FuzzTarget: Sendable {
    /// What the target is called: the start of its inputs' names in `Corpora`, its word on the command line.
    let name: String
    /// Reads one input. Throws ``PropertyFailure`` when a property does not hold; what the reader refuses is no failure.
    let run: @Sendable ([UInt8]) throws -> Void

    /// Every reader.
    static let readers = wire + log + proof + state
    /// The readers, and the target that has a fault on purpose.
    static let all = readers + [planted]
}

/// A property that an input broke.
struct PropertyFailure: Error, CustomStringConvertible {
    let description: String
}

/// Says that `claim` holds for this input.
func require(_ holds: Bool, _ claim: @autoclosure () -> String) throws {
    guard holds else { throw PropertyFailure(description: claim()) }
}

/// The value that a reader gave, or `nil` when it refused: the refusal is not what a target looks at.
func accepted<Value>(_ read: () throws -> Value) -> Value? {
    do { return try read() } catch { return nil }
}
