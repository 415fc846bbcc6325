import Nostr

/// How keys are written: shortened for a screen, or in full.
final class KeyNames {
    private let full: Bool
    /// Short names are made once: a log names few keys many times.
    private var names: [PublicKey: String] = [:]
    private static let maximumNames = 65_536

    init(full: Bool) { self.full = full }

    /// The key's short npub, or its 64 hex digits.
    func callAsFunction(_ key: PublicKey) -> String {
        if full { return key.hex }
        if let name = names[key] { return name }
        if names.count >= KeyNames.maximumNames { names.removeAll() }
        let name = key.shortNpub
        names[key] = name
        return name
    }

    /// An event's id: its first digits, or all of them.
    func event(_ id: EventID) -> String { full ? id.hex : String(id.hex.prefix(12)) }
}
