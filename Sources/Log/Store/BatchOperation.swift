/// What a batch was asked to do, kept until it is committed so that it can be done again with a larger map.
enum BatchOperation {
    case append(Draft, time: Int64)
    case storeSnapshot(seq: UInt64, bytes: [UInt8])
    case thinSnapshots(keeping: Int, bytes: Int, droppingPinned: Bool)
    case rebuildIndexes
    case erase([UInt64])
    case restore(ExportedEntry)
    case begin(Cut)
    case withhold(Leaf)
    case archive([ArchivedRange], snapshot: UInt64, bytes: [UInt8])
    case removeArchived(upTo: UInt64, keeping: Set<UInt64>)
}

extension BatchWriter {
    /// Does it again. What it gives is the same as the first time.
    func perform(_ operation: BatchOperation) throws {
        switch operation {
        case .append(let draft, let time): _ = try append(draft, time: time)
        case .storeSnapshot(let seq, let bytes): try storeSnapshot(seq: seq, bytes: bytes)
        case .thinSnapshots(let count, let bytes, let droppingPinned):
            try thinSnapshots(keeping: count, bytes: bytes, droppingPinned: droppingPinned)
        case .rebuildIndexes: try rebuildIndexes(progress: nil)
        case .erase(let seqs): _ = try erase(seqs)
        case .restore(let entry): _ = try restore(entry)
        case .begin(let cut): try begin(cut)
        case .withhold(let leaf): try withhold(leaf)
        case .archive(let ranges, let snapshot, let bytes): try archive(ranges, snapshot: snapshot, bytes: bytes)
        case .removeArchived(let end, let kept): _ = try removeArchived(upTo: end, keeping: kept)
        }
    }
}
