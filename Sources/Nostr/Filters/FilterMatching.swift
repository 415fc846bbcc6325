extension Filter {
    /// Whether the event meets every condition. `limit` is none.
    public func matches(_ event: borrowing Event) -> Bool {
        if let since, event.createdAt < since { return false }
        if let until, event.createdAt > until { return false }
        if let kinds, !kinds.containsSorted(event.kind) { return false }
        if let authors, !authors.containsSorted(event.pubkey) { return false }
        if let ids, !ids.containsSorted(event.id) { return false }
        for condition in tags where !condition.matches(event.storage) { return false }
        return true
    }
}

extension TagCondition {
    /// Whether some tag of this name has one of the values. Only a tag's first value counts.
    fileprivate func matches(_ event: EventStorage) -> Bool {
        guard !values.isEmpty else { return false }
        return event.raw.withUnsafeBytes { raw in
            for index in event.tagEnds.indices {
                let elements = event.elements(ofTag: index)
                guard elements.count > 1,
                    event.tagElements[elements.lowerBound].singleLetter(in: raw) == letter
                else { continue }
                let found = event.tagElements[elements.lowerBound &+ 1].withDecoded(from: raw) { contains($0) }
                if found { return true }
            }
            return false
        }
    }

    /// Whether `value` is one of the values: a binary search by bytes.
    private func contains(_ value: UnsafeRawBufferPointer) -> Bool {
        var low = 0
        var high = values.count
        while low < high {
            let middle = (low &+ high) / 2
            let order = values[middle].utf8.withUnsafeBytes { compare($0, value) }
            if order == 0 { return true }
            if order < 0 { low = middle &+ 1 } else { high = middle }
        }
        return false
    }

    private func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        for index in 0..<min(left.count, right.count) where left[index] != right[index] {
            return Int(left[index]) &- Int(right[index])
        }
        return left.count &- right.count
    }
}

extension Array where Element: Comparable {
    /// Whether a sorted array has `element`.
    fileprivate func containsSorted(_ element: Element) -> Bool {
        var low = 0
        var high = count
        while low < high {
            let middle = (low &+ high) / 2
            if self[middle] == element { return true }
            if self[middle] < element { low = middle &+ 1 } else { high = middle }
        }
        return false
    }
}
