import Log
import Nostr
import Reducers

/// What in the log shows that a client speaks the other dialect than the relay.
///
/// A request says nothing of its client's dialect, and neither does a subscription to calls. What shows is what a client
/// spells itself: a d-tag, a k-tag or a type with the other name, in whatever it published.
struct DialectTrace {
    /// Who spelled it.
    var key: PublicKey
    /// What was spelled.
    var spelling: String
    /// The entry that holds it.
    var position: Position
    /// The dialect that it belongs to.
    var dialect: Dialect

    /// How many entries before and after a request are looked at.
    static let reach: UInt64 = 20_000

    /// The entry closest before a position, or else after it, in which one of the keys spells another dialect.
    static func find(
        of keys: [PublicKey], near seq: UInt64, spoken: Dialect, in reader: borrowing LogReader
    ) throws -> DialectTrace? {
        for dialect in Dialect.allCases where dialect != spoken {
            let spellings = [dialect.meshIdentifierPrefix, dialect.meshStatusType, dialect.callMeNowType].map {
                (text: $0, needle: Needle($0))
            }
            let hint = Needle("\(dialect.rawValue)-")
            var trace: DialectTrace?
            let look = { (entry: RecordedEntry) -> Bool in
                guard let event = entry.event, keys.contains(event.pubkey),
                    let spelling = spellings.first(where: { spelling in
                        event.raw.withUnsafeBytes { spelling.needle.occurs(in: $0) }
                    })
                else { return true }
                trace = DialectTrace(
                    key: event.pubkey, spelling: spelling.text, position: entry.position, dialect: dialect)
                return false
            }
            let start = seq - min(seq, reach)
            try reader.backwards(before: seq + 1, downTo: start, types: [.clientEvent], containing: hint, look)
            if trace == nil {
                try reader.forwards(
                    from: seq + 1, to: seq + 1 + reach, types: [.clientEvent], containing: hint, look)
            }
            if let trace { return trace }
        }
        return nil
    }
}
