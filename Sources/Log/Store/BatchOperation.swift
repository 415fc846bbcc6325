/// What a batch was asked to do, kept until it is committed so that it can be done again with a larger map.
enum BatchOperation {
    case append(Draft, time: Int64)
    case storeSnapshot(seq: UInt64, bytes: [UInt8])
    case pruneSnapshots(keeping: Int)
    case rebuildIndexes
    case erase([UInt64])
    case restore(ExportedEntry)
    case begin(Cut)
    case withhold(Leaf)
}

extension BatchWriter {
    /// Does it again. What it gives is the same as the first time.
    func perform(_ operation: BatchOperation) throws {
        switch operation {
        case .append(let draft, let time): _ = try append(draft, time: time)
        case .storeSnapshot(let seq, let bytes): try storeSnapshot(seq: seq, bytes: bytes)
        case .pruneSnapshots(let count): try pruneSnapshots(keeping: count)
        case .rebuildIndexes: try rebuildIndexes(progress: nil)
        case .erase(let seqs): _ = try erase(seqs)
        case .restore(let entry): _ = try restore(entry)
        case .begin(let cut): try begin(cut)
        case .withhold(let leaf): try withhold(leaf)
        }
    }
}
