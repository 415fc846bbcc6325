import Log
import Reducers

/// The policies of a log, newest first. Each leaf names the policy that judged it, so they form a chain: no other entry has
/// to be read.
enum PolicyChain {
    /// More changes of the settings than an operator makes.
    private static let maximumLength = 100_000

    /// The policy at that position and those before it.
    static func read(
        from seq: UInt64, in reader: borrowing LogReader
    ) throws -> [(entry: RecordedEntry, policy: Policy, rules: RulesVersion)] {
        var chain: [(RecordedEntry, Policy, RulesVersion)] = []
        var next = seq
        while chain.count < maximumLength, let stored = try reader.entry(at: next) {
            let entry = try RecordedEntry(stored)
            guard case .input(.policy(let policy, let rules), _) = entry.content else { break }
            chain.append((entry, policy, rules))
            guard UInt64(entry.leaf.rules) < next else { break }
            next = UInt64(entry.leaf.rules)
        }
        return chain
    }
}
