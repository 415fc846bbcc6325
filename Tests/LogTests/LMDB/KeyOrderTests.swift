import Testing

@testable import Log

@Suite struct KeyOrderTests {
    /// The order that LMDB has: byte by byte, and of two that are alike as far as the shorter goes that one first.
    private func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool { left.lexicographicallyPrecedes(right) }

    private func key(_ bytes: [UInt8]) -> Key { bytes.withUnsafeBytes { Key(copying: $0) } }

    @Test func keysAreOrderedByTheirBytes() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            let alike = (0..<Int.random(in: 0...34, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            // Zeros, and nothing, behind what both have are what a comparison of whole words could mistake.
            let ends = (0..<2).map { _ in
                (0..<Int.random(in: 0...6, using: &generator)).map { _ in UInt8.random(in: 0...2, using: &generator) / 2
                }
            }
            let (left, right) = (alike + ends[0], alike + ends[1])
            #expect((key(left) < key(right)) == precedes(left, right), "\(left) and \(right)")
            #expect((key(right) < key(left)) == precedes(right, left), "\(right) and \(left)")
        }
    }
}
