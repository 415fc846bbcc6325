/// Entries that were moved into archive files which are not beside the log.
public struct AbsentEntries: Equatable, Sendable {
    /// The first position.
    public let first: UInt64
    /// The last position.
    public let last: UInt64
    /// The names of the files.
    public let files: [String]
    /// Where they were looked for.
    public let directory: String

    /// How many entries there are.
    public var count: UInt64 { last - first + 1 }

    /// The same words wherever it is said.
    public var description: String {
        let names = files.count == 1 ? files[0] : "\(files[0]) to \(files[files.count - 1])"
        return "entries \(first)–\(last) are archived and not here: "
            + "\(directory) has no \(names)"
    }
}

/// What can be wrong with an archive file.
public enum ArchiveProblem: String, Equatable, Sendable {
    /// Its bytes are not those that were written.
    case damaged
    /// It is whole, and belongs to another log or another range.
    case foreign
    /// It is whole, and says of this log's entries what the log's tree does not.
    case altered
}
