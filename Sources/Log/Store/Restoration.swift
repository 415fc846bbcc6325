import Nostr

extension Batch {
    /// Appends an entry exactly as it was in another log: same leaf, same payload, or no payload if it was erased
    /// there. Signatures of events are not checked.
    ///
    /// - Throws: `LogError.misuse` for an entry that cannot be the next one or does not match its leaf, which leaves the
    ///   batch as it was. Any other error ends the batch and the writing of this log.
    @discardableResult
    public func restore(_ entry: ExportedEntry) throws -> Placed {
        try look { try $0.checkRestorable(entry) }
        return try perform(.restore(entry)) { try $0.restore(entry) }
    }
}

extension BatchWriter {
    /// Whether the entry can be the next one, and is what its leaf says.
    func checkRestorable(_ entry: ExportedEntry) throws(LogError) {
        let leaf = entry.leaf
        guard leaf.seq == head.frontier.size else {
            throw .misuse("the leaf is that of entry \(leaf.seq), but the next entry is \(head.frontier.size)")
        }
        guard leaf.time >= head.lastTime else {
            throw .misuse("the time of entry \(leaf.seq) is before that of the entry before")
        }
        guard leaf.flags & ~LeafFlags.known == 0 else { throw .misuse("the flags \(leaf.flags) are unknown") }
        guard let body = entry.body else {
            guard leaf.flags & LeafFlags.erasable != 0 else {
                throw .misuse("entry \(leaf.seq) has no payload, although its leaf does not say that it may be erased")
            }
            return
        }
        guard !body.isServed || body.isEvent, !body.isWithdrawn || body.isServed else {
            throw .misuse("entry \(leaf.seq) serves an event that it does not have")
        }
        try BatchWriter.check(try body.draft(leaf))
        guard Commitment.of(payload: body.payload, salt: body.salt) == leaf.commitment else {
            throw .misuse("the payload of entry \(leaf.seq) does not match the commitment in its leaf")
        }
    }

    /// See `Batch.restore`.
    func restore(_ entry: ExportedEntry) throws -> Placed {
        guard let body = entry.body else {
            try transaction.put(.entry, Key(entry.leaf.seq), Record.erased(entry.leaf), isLast: true)
            return try add(entry.leaf, nil)
        }
        let draft = try body.draft(entry.leaf)
        try writeRecord(entry.leaf, draft, isWithdrawn: body.isWithdrawn)
        return try add(entry.leaf, draft.event, isWithdrawn: body.isWithdrawn)
    }
}

extension ExportedEntry.Body {
    /// What the entry was made from.
    fileprivate func draft(_ leaf: Leaf) throws(LogError) -> Draft {
        var draft = Draft(
            type: leaf.type, flags: leaf.flags, schema: leaf.schema, rules: leaf.rules, membersRoot: leaf.membersRoot,
            stateRoot: leaf.stateRoot, salt: salt, payload: payload,
            shape: PayloadShape(shared: shared, document: document))
        guard isEvent else { return draft }
        guard let document, document.lowerBound >= 0, document.upperBound <= payload.count else {
            throw .misuse("the document of entry \(leaf.seq) is missing or outside of the payload")
        }
        do throws(EventError) {
            let event = try Event.parse(Array(payload[document]), limits: .stored)
            draft.event = EventIndexing(event: event, served: isServed)
        } catch {
            throw .misuse("the document of entry \(leaf.seq) is no event: \(error.message)")
        }
        return draft
    }
}
