import Glibc
import Nostr

/// What the latest reports came to: a machine says the same every 15 s, and need not be read again each time.
///
/// Only remembers what is computed from a report's content and the policy, so it changes nothing about what a report
/// comes to. It is no part of the state: two states are equal whatever they remember here.
struct ReportMemo: Equatable, Sendable {
    /// Reports remembered; each reporter's key picks its place.
    private static let slots = 1_024
    /// Bytes of the largest content that is remembered.
    private static let maximumContentBytes = 8_192

    /// What a report came to.
    struct Result: Sendable {
        var projection: Projection
        /// See `Note.digest`.
        var digest: Bytes32
        var removals: Removals

        init(_ projection: Projection, removals: Removals = Removals(), dialect: Dialect) {
            self.projection = projection
            self.removals = removals
            digest = SHA256.hash(projection.content(dialect: dialect, updatedAt: 0).utf8)
        }
    }

    private struct Slot: Sendable {
        /// The content as it was escaped in the event.
        var content: [UInt8]
        var result: Result
    }

    private var slots: [Slot?] = []
    private var policy = Policy()

    /// What the report comes to: remembered, or computed and remembered.
    mutating func result(of report: Event, policy: Policy) throws(Refusal) -> Result {
        if self.policy != policy {
            self.policy = policy
            slots = []
        }
        if slots.isEmpty { slots = Array(repeating: nil, count: ReportMemo.slots) }
        let place = Int(report.pubkey.leadingBits & UInt64(ReportMemo.slots - 1))
        let range = report.layout.content
        if let slot = slots[place], slot.content.isEqual(to: report.raw, range) { return slot.result }
        var removals = Removals()
        let projection = try Projection(report: report.content.utf8, policy: policy, removals: &removals)
        let result = Result(projection, removals: removals, dialect: policy.dialect)
        if range.count <= ReportMemo.maximumContentBytes {
            slots[place] = Slot(content: Array(report.raw[range]), result: result)
        }
        return result
    }

    static func == (left: ReportMemo, right: ReportMemo) -> Bool { true }
}

extension [UInt8] {
    fileprivate func isEqual(to other: [UInt8], _ range: Range<Int>) -> Bool {
        guard count == range.count else { return false }
        return withUnsafeBytes { own in
            other.withUnsafeBytes { other in
                guard let own = own.baseAddress, let other = other.baseAddress else { return true }
                return memcmp(own, other + range.lowerBound, range.count) == 0
            }
        }
    }
}

extension PublicKey {
    fileprivate var leadingBits: UInt64 { withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) } }
}
