/// Why bytes are not a negentropy message.
public enum NegentropyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is not even a version.
    case empty
    /// The other side speaks another version only.
    case version(UInt8)
    /// What is wrong, and at which byte.
    case malformed(String, offset: Int)

    /// The sentence for the sender, without the wire's prefix.
    public var message: String {
        switch self {
        case .empty: "the negentropy message is empty"
        case .version(let version): "negentropy version \(version) is not version 0x61"
        case .malformed(let reason, let offset): "malformed negentropy message: \(reason) at byte \(offset)"
        }
    }

    /// The sentence for the sender.
    public var description: String { message }
}
