import Log
import Nostr
import Reducers

/// The checkpoints that a log holds of itself.
enum LogCheckpoints {
    /// The newest checkpoint that the relay published in its log; `nil` if it published none.
    ///
    /// It is found as the relay's own event, which the index has, so that no entry has to be read.
    static func newest(in reader: borrowing LogReader, relay: PublicKey) throws -> SignedNote? {
        var scan = EventScan(
            filters: [Filter(authors: [relay], kinds: [.logCheckpoint], limit: 1)], upTo: reader.size, maximumLimit: 1)
        var found: SignedNote?
        _ = try scan.resume(reader, now: 0, maximumEvents: 1, maximumKeys: .max) { document in
            let event = try Event.parse(document, limits: .stored)
            found = try SignedNote(parsing: event.content.string)
        }
        return found
    }

    /// Entry 0, which names the keys.
    static func genesis(of reader: borrowing LogReader) throws -> Genesis {
        guard let first = try reader.entry(at: 0),
            case .input(.genesis(let genesis), _) = try RecordedEntry(first).content
        else { throw ReplayFailure(.damaged, "entry 0 does not say whose log this is") }
        return genesis
    }

    /// The note in a file, checked against the log's own key; else the newest in the log.
    static func note(_ path: String?, in reader: borrowing LogReader) throws -> SignedNote {
        let genesis = try genesis(of: reader)
        let note: SignedNote?
        do {
            note =
                if let path { try SignedNote(parsing: SmallFile.text(path)) } else {
                    try newest(in: reader, relay: genesis.relay)
                }
            guard let note else {
                throw ReplayFailure(
                    .negative,
                    """
                    this log holds no checkpoint yet: make one by `ringdown-relay checkpoint --data DIR`, or give one by \
                    --checkpoint
                    """)
            }
            _ = try note.verified(by: VerifierKey(parsing: genesis.verifierKey))
            return note
        } catch let error as ProofError {
            throw ReplayFailure(.negative, "the checkpoint\(path.map { " in \($0)" } ?? ""): \(error)")
        }
    }
}
