extension Event {
    /// Leading zero bits of the id (NIP-13).
    public var difficulty: Int {
        id.withUnsafeBytes { bytes in
            var count = 0
            for byte in bytes {
                count += byte.leadingZeroBitCount
                if byte != 0 { break }
            }
            return count
        }
    }

    /// The difficulty that the author committed to, if the id has it: a lucky id counts for no more than was aimed at
    /// (NIP-13). 0 without a `nonce` tag that names a target.
    public var committedDifficulty: Int {
        guard let tag = tags.first(named: "nonce"), tag.count > 2, let target = Int(tag[2].string), target > 0 else {
            return 0
        }
        return min(target, difficulty)
    }
}
