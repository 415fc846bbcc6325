import Nostr

/// One item of a page of LMDB's trees, as far as it lies inside of the page.
struct PageNode {
    static let headerBytes = 8
    /// The item is the number of the first page that holds its value.
    static let isLarge: UInt16 = 0x01
    /// The item is another tree.
    static let isTree: UInt16 = 0x02

    var key: Range<Int>
    /// The value, or the eight bytes that tell where it is; empty on a branch page.
    var value: Range<Int>
    /// The length of a value that is on pages of its own.
    var largeBytes: Int?
    var isTree: Bool
    /// The page below, on a branch page.
    var child: UInt64
}

extension PageFile {
    /// The items of a branch or leaf page; `nil` if the page cannot be one.
    static func nodes(_ page: UnsafeRawBufferPointer) -> [PageNode]? {
        let flags = number(page, 10, UInt16.self)
        let isLeaf = flags & Flag.leaf != 0
        guard isLeaf != (flags & Flag.branch != 0), flags & ~(Flag.leaf | Flag.branch | 0x10) == 0 else { return nil }
        let (lower, upper) = (Int(number(page, 12, UInt16.self)), Int(number(page, 14, UInt16.self)))
        guard lower >= headerBytes, lower <= upper, upper <= pageBytes, lower.isMultiple(of: 2) else { return nil }
        var nodes: [PageNode] = []
        for place in stride(from: headerBytes, to: lower, by: 2) {
            guard let node = node(page, at: Int(number(page, place, UInt16.self)), upper, isLeaf: isLeaf) else {
                return nil
            }
            nodes.append(node)
        }
        return nodes
    }

    private static func node(
        _ page: UnsafeRawBufferPointer, at offset: Int, _ upper: Int, isLeaf: Bool
    ) -> PageNode? {
        guard offset >= upper, offset + PageNode.headerBytes <= pageBytes else { return nil }
        let low = UInt64(number(page, offset, UInt16.self)) | UInt64(number(page, offset + 2, UInt16.self)) << 16
        let flags = number(page, offset + 4, UInt16.self)
        let keyStart = offset + PageNode.headerBytes
        let keyEnd = keyStart + Int(number(page, offset + 6, UInt16.self))
        guard keyEnd <= pageBytes else { return nil }
        guard isLeaf else {
            return PageNode(
                key: keyStart..<keyEnd, value: keyEnd..<keyEnd, isTree: false, child: low | UInt64(flags) << 32)
        }
        guard flags & ~(PageNode.isLarge | PageNode.isTree) == 0 else { return nil }
        let isLarge = flags & PageNode.isLarge != 0
        let size = isLarge ? 8 : Int(low)
        guard keyEnd + size <= pageBytes else { return nil }
        return PageNode(
            key: keyStart..<keyEnd, value: keyEnd..<keyEnd + size, largeBytes: isLarge ? Int(low) : nil,
            isTree: flags & PageNode.isTree != 0, child: 0)
    }

    /// The pages that a large value of so many bytes takes.
    static func largePages(_ bytes: Int) -> Int { (headerBytes - 1 + bytes) / pageBytes + 1 }
}
