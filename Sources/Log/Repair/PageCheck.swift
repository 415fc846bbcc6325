extension EventLog {
    /// Walks LMDB's own structure: that each page belongs to one table or is free and none to two, that counts are right and keys
    /// in order. What no entry shows, such as a list of free pages that names one in use, would destroy entries at a later
    /// write.
    ///
    /// - Returns: the first fault, in words; `nil` if there is none.
    public func checkPages() throws -> String? {
        try environment.read { transaction in
            let number = UInt64(try transaction.number())
            let file = try PageFile(path: directory + "/data.mdb")
            // While this transaction is open, nobody writes to the pages of its meta page. The page itself is written
            // again two commits later: then there is nothing to compare with, and what is written is not damaged.
            guard file.hasConsecutiveCommits else {
                return "the two pages that the file begins with are not those of two commits, one after the other"
            }
            guard let meta = file.meta(upTo: number) else {
                return "both pages that the file begins with are damaged"
            }
            guard meta.transaction == number else {
                guard let newest = file.meta(), newest.transaction > number else {
                    return "the page that the last commit wrote is damaged"
                }
                return nil
            }
            var check = PageCheck(lastPage: meta.lastPage)
            do throws(PageFault) {
                try check.walk(meta, file)
                return nil
            } catch {
                return error.reason
            }
        }
    }
}

/// Why a page cannot be what the file says.
struct PageFault: Error {
    var reason: String
    init(_ page: UInt64, _ reason: String) { self.reason = "page \(page) \(reason)" }
}

/// What each page is used for, one bit a page, while the trees are walked.
private struct PageCheck {
    private let lastPage: UInt64
    private var used: [UInt64]
    private var counts = (branch: UInt64(0), leaf: UInt64(0), overflow: UInt64(0), entries: UInt64(0))
    private var tables: [PageFile.Tree] = []
    private var free: [UInt64] = []
    /// The key before, and the least that the next may be.
    private var last: [UInt8]?
    private var floor: [UInt8]?

    /// What is walked: the list of free pages, the table of tables, or a table.
    private enum Kind { case free, main, table }

    init(lastPage: UInt64) {
        self.lastPage = lastPage
        used = []
    }

    mutating func walk(_ meta: PageFile.Meta, _ file: borrowing PageFile) throws(PageFault) {
        // The last pages need not have been written yet, if they are free.
        used = [UInt64](repeating: 0, count: Int(min(lastPage, file.count) / 64) + 1)
        try take(0, 2)
        try walk(meta.free, .free, file)
        try walk(meta.main, .main, file)
        for table in tables { try walk(table, .table, file) }
        for page in free { try take(page, 1) }
    }

    private mutating func walk(
        _ tree: PageFile.Tree, _ kind: Kind, _ file: borrowing PageFile
    ) throws(PageFault) {
        counts = (0, 0, 0, 0)
        (last, floor) = (nil, nil)
        if tree.root != PageFile.Tree.none { try walk(tree.root, level: 1, tree, kind, file) }
        guard counts == (tree.branchPages, tree.leafPages, tree.overflowPages, tree.entries) else {
            throw PageFault(tree.root, "is the root of a table whose counts are wrong")
        }
    }

    private mutating func walk(
        _ number: UInt64, level: Int, _ tree: PageFile.Tree, _ kind: Kind, _ file: borrowing PageFile
    ) throws(PageFault) {
        try take(number, 1)
        guard let page = file.page(number) else { throw PageFault(number, "is not in the file") }
        let stated = page.withUnsafeBytes { PageFile.number($0, 0, UInt64.self) }
        guard stated == number else { throw PageFault(number, "says that it is page \(stated)") }
        guard let nodes = page.withUnsafeBytes({ PageFile.nodes($0) }), !nodes.isEmpty else {
            throw PageFault(number, "is no page of a table")
        }
        let isLeaf = page[10] & UInt8(PageFile.Flag.leaf) != 0
        guard isLeaf == (level == tree.depth), level <= tree.depth else {
            throw PageFault(number, "is not as deep in its table as it should be")
        }
        if isLeaf { counts.leaf += 1 } else { counts.branch += 1 }
        var place = 0
        for node in nodes {
            place += 1
            guard isLeaf else {
                // The first key of a branch page is not used, and may be anything.
                if place > 1 {
                    let key = PageCheck.comparable(page[node.key], kind)
                    guard last.map({ $0.lexicographicallyPrecedes(key) }) ?? true else {
                        throw PageFault(number, "has keys that are not in order")
                    }
                    floor = key
                }
                try walk(node.child, level: level + 1, tree, kind, file)
                continue
            }
            let key = PageCheck.comparable(page[node.key], kind)
            let isAfter = last.map { $0.lexicographicallyPrecedes(key) } ?? true
            guard isAfter, floor.map({ !key.lexicographicallyPrecedes($0) }) ?? true else {
                throw PageFault(number, "has keys that are not in order")
            }
            last = key
            counts.entries += 1
            try walk(node, page, number, kind, file)
        }
    }

    private mutating func walk(
        _ node: PageNode, _ page: [UInt8], _ number: UInt64, _ kind: Kind, _ file: borrowing PageFile
    ) throws(PageFault) {
        var value = Array(page[node.value])
        if let bytes = node.largeBytes {
            let first = value.withUnsafeBytes { PageFile.number($0, 0, UInt64.self) }
            let pages = PageFile.largePages(bytes)
            try take(first, UInt64(pages))
            counts.overflow += UInt64(pages)
            guard let header = file.page(first), file.page(first + UInt64(pages) - 1) != nil,
                header[10] & UInt8(PageFile.Flag.overflow) != 0,
                header.withUnsafeBytes({ PageFile.number($0, 0, UInt64.self) }) == first,
                header.withUnsafeBytes({ PageFile.number($0, 12, UInt32.self) }) == UInt32(pages)
            else { throw PageFault(first, "is not the large value that page \(number) says") }
            if kind == .free, let all = file.page(first, count: pages) {
                value = Array(all[PageFile.headerBytes..<PageFile.headerBytes + bytes])
            }
        }
        switch kind {
        case .table:
            guard !node.isTree else { throw PageFault(number, "has a table inside of a table") }
        case .main:
            guard node.isTree, value.count == PageFile.Tree.bytes else {
                throw PageFault(number, "has something else than a table")
            }
            tables.append(value.withUnsafeBytes { PageFile.Tree($0) })
        case .free: try list(value, number)
        }
    }

    /// A key in a form whose bytes are in the table's order: free pages are listed by numbers in the machine's.
    private static func comparable(_ key: ArraySlice<UInt8>, _ kind: Kind) -> [UInt8] {
        kind == .free ? Array(key.reversed()) : Array(key)
    }

    /// A list of free pages: how many, and their numbers.
    private mutating func list(_ value: [UInt8], _ number: UInt64) throws(PageFault) {
        let numbers = value.withUnsafeBytes { value in
            stride(from: 0, to: value.count / 8 * 8, by: 8).map { PageFile.number(value, $0, UInt64.self) }
        }
        // There can be room for more behind the last.
        guard let count = numbers.first, count < UInt64(numbers.count) else {
            throw PageFault(number, "has a list of free pages that is longer than its room")
        }
        free += numbers.dropFirst().prefix(Int(count))
    }

    private mutating func take(_ page: UInt64, _ count: UInt64) throws(PageFault) {
        guard page <= lastPage, count <= lastPage - page + 1 else {
            throw PageFault(page, "is referred to, but lies behind the end")
        }
        for page in page..<page + count where page / 64 < UInt64(used.count) {
            guard used[Int(page / 64)] & 1 << (page % 64) == 0 else { throw PageFault(page, "is used twice") }
            used[Int(page / 64)] |= 1 << (page % 64)
        }
    }
}
