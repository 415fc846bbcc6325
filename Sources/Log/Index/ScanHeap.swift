/// The sources of a scan as a binary heap, the one whose next event comes first on top.
struct ScanHeap {
    private(set) var sources: [ScanSource] = []

    var isEmpty: Bool { sources.isEmpty }

    /// The next event of all.
    var first: ScanSource.Item? { sources.first?.head }

    /// Adds a source that has a next event.
    mutating func insert(_ source: ScanSource) {
        guard source.head != nil else { return }
        sources.append(source)
        var child = sources.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(child, parent) else { break }
            sources.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out the source with the next event.
    mutating func removeFirst() -> ScanSource {
        sources.swapAt(0, sources.count - 1)
        let source = sources.removeLast()
        siftDown()
        return source
    }

    /// Changes the source with the next event, and puts it where it belongs then.
    mutating func updateFirst(_ change: (inout ScanSource) throws -> Void) rethrows {
        try change(&sources[0])
        if sources[0].head == nil {
            _ = removeFirst()
        } else {
            siftDown()
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var first = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < sources.count && precedes(child, first) {
                first = child
            }
            guard first != parent else { return }
            sources.swapAt(parent, first)
            parent = first
        }
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        guard let left = sources[left].head else { return false }
        guard let right = sources[right].head else { return true }
        return left.rank.precedes(right.rank)
    }
}
