/// The tables of the environment; docs/log-format.md describes their keys and values.
enum Table: Int, CaseIterable {
    /// The entries, by position.
    case entry
    /// Contents that entries share, by number.
    case content
    /// The number and the references of a shared content, by its checksum. Derived.
    case reference
    /// The roots of complete subtrees, by level and index.
    case tile
    /// The format's version, and the head: size, time and frontier.
    case meta
    /// Reduced states, by position.
    case snapshot
    /// The entries that hold an event, by its id. Derived.
    case id
    /// The winners among replaceable and addressable events, by address. Derived.
    case coordinate
    /// Served events by `created_at`. Derived.
    case created
    /// Served events by kind and `created_at`. Derived.
    case kind
    /// Served events by author and `created_at`. Derived.
    case author
    /// Served events by author, kind and `created_at`. Derived.
    case authorKind
    /// Served events by one-letter tag and `created_at`. Derived.
    case tag

    /// The name inside the environment.
    var name: String {
        switch self {
        case .entry: "entry"
        case .content: "content"
        case .reference: "reference"
        case .tile: "tile"
        case .meta: "meta"
        case .snapshot: "snapshot"
        case .id: "id"
        case .coordinate: "coordinate"
        case .created: "created"
        case .kind: "kind"
        case .author: "author"
        case .authorKind: "authorkind"
        case .tag: "tag"
        }
    }
}
