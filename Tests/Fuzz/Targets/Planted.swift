extension FuzzTarget {
    /// The control: a fault behind five bytes in a row. Blind chance needs a million million inputs to find it, guidance by
    /// coverage a few hundred thousand.
    static let planted = FuzzTarget(name: "planted") { input in
        guard input.count > 4, input[0] == UInt8(ascii: "r") else { return }
        guard input[1] == UInt8(ascii: "i") else { return }
        guard input[2] == UInt8(ascii: "n") else { return }
        guard input[3] == UInt8(ascii: "g") else { return }
        try require(input[4] != UInt8(ascii: "!"), "this fault is planted")
    }
}
