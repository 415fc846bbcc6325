/// The place of a tile under a log's address (C2SP tlog-tiles): `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.
public struct TilePath: Hashable, Sendable {
    /// What is in the tile.
    public enum Kind: Hashable, Sendable {
        /// Hashes of complete subtrees of 256 to the power of `level` leaves; level 0 are leaf hashes.
        case hashes(level: Int)
        /// The leaves themselves, each after its length.
        case entries
    }

    /// Hashes or leaves in a full tile.
    public static let fullWidth = Tile.width
    /// The highest level that a path can name.
    public static let maximumLevel = 63

    /// What is in the tile.
    public let kind: Kind
    /// The tile's index among those of its kind.
    public let index: UInt64
    /// How many hashes or leaves it holds: 256, or fewer at the right edge of the tree.
    public let width: Int

    /// The place of a tile; `nil` for a level or width that does not exist.
    public init?(_ kind: Kind, index: UInt64, width: Int = TilePath.fullWidth) {
        if case .hashes(let level) = kind {
            guard (0...TilePath.maximumLevel).contains(level) else { return nil }
        }
        guard (1...TilePath.fullWidth).contains(width) else { return nil }
        self.kind = kind
        self.index = index
        self.width = width
    }

    /// Reads a path without a leading slash; `nil` for any other spelling of it than the one that `text` gives.
    public init?(parsing text: String) {
        let path = Array(text.utf8)
        var parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard parts.count >= 3, parts.removeFirst() == "tile" else { return nil }
        let first = parts.removeFirst()
        let kind: Kind
        if first == "entries" {
            kind = .entries
        } else {
            guard let level = Decimals.parse(first), level <= UInt64(TilePath.maximumLevel) else { return nil }
            kind = .hashes(level: Int(level))
        }
        var width = TilePath.fullWidth
        if parts.count >= 2, parts[parts.count - 2].hasSuffix(".p") {
            guard let partial = Decimals.parse(parts.removeLast()), partial < UInt64(TilePath.fullWidth) else {
                return nil
            }
            width = Int(partial)
            parts.append(String(parts.removeLast().dropLast(2)))
        }
        var digits = ""
        for (place, part) in parts.enumerated() {
            let group = place < parts.count - 1 ? part.dropFirst() : part[...]
            guard place == parts.count - 1 || part.hasPrefix("x"), group.utf8.count == 3 else { return nil }
            digits += group
        }
        // At most twenty digits, with at most two zeros before them.
        guard digits.utf8.count <= 21, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let index = UInt64(digits)
        else { return nil }
        self.init(kind, index: index, width: width)
        guard self.text.utf8.elementsEqual(path) else { return nil }
    }

    /// The path, without a leading slash.
    public var text: String {
        let start =
            switch kind {
            case .hashes(let level): "tile/\(level)/"
            case .entries: "tile/entries/"
            }
        return start + TilePath.groups(index) + (width == TilePath.fullWidth ? "" : ".p/\(width)")
    }

    /// The index in groups of three digits, an `x` before each but the last.
    private static func groups(_ index: UInt64) -> String {
        var groups: [String] = []
        var rest = index
        repeat {
            let digits = String(rest % 1000)
            groups.append(String(repeating: "0", count: 3 - digits.utf8.count) + digits)
            rest /= 1000
        } while rest > 0
        return (groups.dropFirst().reversed().map { "x" + $0 } + [groups[0]]).joined(separator: "/")
    }

    /// The tiles of hashes and leaves that a tree of `size` leaves has and one of `old` leaves did not have.
    public static func tiles(from old: UInt64 = 0, to size: UInt64) -> [TilePath] {
        var paths: [TilePath] = []
        var (before, now) = (old, size)
        var level = 0
        let full = UInt64(fullWidth)
        while now > 0 {
            var index = before / full
            while index * full < now {
                let width = Int(min(full, now - index * full))
                if index * full + UInt64(width) > before {
                    let kinds: [Kind] = level == 0 ? [.entries, .hashes(level: 0)] : [.hashes(level: level)]
                    paths += kinds.compactMap { TilePath($0, index: index, width: width) }
                }
                index += 1
            }
            before /= full
            now /= full
            level += 1
        }
        return paths
    }
}
