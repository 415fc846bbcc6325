import Glibc
import Log
import Nostr
import Reducers

/// Compares the entries of one input and of what follows from it with what the log holds.
struct StepCheck {
    let chunk: Chunk
    let step: Chunk.Step

    private var cause: Leaf { chunk.rows[step.row].leaf }

    /// - Throws: the first divergence.
    func run() throws(Divergence) {
        guard let salt = chunk.rows[step.row].salt else { return }
        var signatures = StoredSignatures(chunk: chunk, next: step.row + 1)
        let drafts = step.applied.step(salt: salt) { signatures.sign($0) }.drafts
        for (offset, draft) in drafts.enumerated() { try compare(draft, offset) }
    }

    private func compare(_ draft: Draft, _ offset: Int) throws(Divergence) {
        let index = step.row + offset
        let seq = cause.seq + UInt64(offset)
        guard index < chunk.count, offset == 0 || chunk.rows[index].leaf.type.isOutput else {
            throw Divergence(
                seq, .output, expected: EntryDescription.text(draft, at: seq),
                found: index < chunk.count
                    ? EntryDescription.text(chunk, index) : "nothing: the log ends before it")
        }
        let row = chunk.rows[index]
        let leaf = row.leaf
        if let divergence = chunk.results[index].divergence { throw divergence }
        guard leaf.type == draft.type else {
            throw Divergence(
                seq, .output, expected: EntryDescription.text(draft, at: seq),
                found: EntryDescription.text(chunk, index))
        }
        try check(seq, .header, cause.time, leaf.time) { "the time \(Timestamp.text($0, .microseconds))" }
        try check(seq, .header, draft.flags, leaf.flags) { "flags \($0)" }
        try check(seq, .header, draft.schema, leaf.schema) { "schema \($0)" }
        try check(seq, .rules, draft.rules, leaf.rules) { "the rules of entry \($0)" }
        try check(seq, .membersRoot, draft.membersRoot, leaf.membersRoot) { "members root \($0)" }
        try check(seq, .stateRoot, draft.stateRoot, leaf.stateRoot) { "state root \($0)" }
        // Of an erased output the leaf is left, which commits to what it was; what it was cannot be signed again here.
        if row.payload == nil { return }
        try comparePayload(draft, index, seq, isInput: offset == 0)
        // Last: a salt that does not fit is seldom what a person wants to hear first.
        try check(seq, .salt, draft.salt, row.salt ?? .zero) { "salt \($0)" }
    }

    private func check<Value: Equatable>(
        _ seq: UInt64, _ aspect: Divergence.Aspect, _ expected: Value, _ found: Value, _ text: (Value) -> String
    ) throws(Divergence) {
        guard expected == found else {
            throw Divergence(seq, aspect, expected: text(expected), found: text(found))
        }
    }

    private func comparePayload(_ draft: Draft, _ index: Int, _ seq: UInt64, isInput: Bool) throws(Divergence) {
        let isSame = chunk.withPayload(index) { payload in
            draft.payload.withUnsafeBytes { Bytes.areSame($0, payload) }
        }
        guard !isSame else { return }
        let (expected, found) = Difference.describe(
            EntryDescription.text(draft, at: seq), draft.payload,
            EntryDescription.text(chunk, index), chunk.withPayload(index) { Array($0) })
        throw Divergence(seq, isInput ? .payload : .output, expected: expected, found: found)
    }
}

/// Compares byte for byte, at the speed of memory.
private enum Bytes {
    static func areSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { areSame(left, $0) } }
    }

    static func areSame(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count, let first = left.baseAddress, let second = right.baseAddress else {
            return left.count == right.count
        }
        return memcmp(first, second, left.count) == 0
    }
}

/// Stands in for the relay's key: hands out the signatures that the log holds, in their order.
///
/// A signature and id that belong to other fields make an event that differs from the stored one, which is what is
/// compared; that they are right for the fields beside them was checked for each entry by itself.
private struct StoredSignatures {
    /// Stands where no signature is stored.
    private static let none = [UInt8](repeating: 0, count: Signature.count).withUnsafeBytes { Signature($0) }

    let chunk: Chunk
    var next: Int

    /// The event with these fields and the next stored signature.
    mutating func sign(_ unsigned: UnsignedEvent) -> Event {
        let stored = nextStored()
        if let stored {
            let raw = unsigned.serialized(id: stored.id, signature: stored.signature)
            if Bytes.areSame(raw, stored.raw) { return stored }
        }
        do throws(EventError) {
            let raw = unsigned.serialized(signature: stored?.signature ?? StoredSignatures.none)
            return try Event.parse(raw, limits: .stored)
        } catch {
            preconditionFailure("an event that was made here does not parse: \(error.message)")
        }
    }

    /// The next event of the relay among the outputs.
    private mutating func nextStored() -> Event? {
        while next < chunk.count, chunk.rows[next].leaf.type.isOutput {
            defer { next += 1 }
            guard chunk.rows[next].leaf.type == .relayEvent else { continue }
            if case .signed(let event) = chunk.results[next].content { return event }
            return nil
        }
        return nil
    }
}
