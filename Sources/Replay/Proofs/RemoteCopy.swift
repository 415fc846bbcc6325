import Fetch
import Log
import Nostr

/// A copy of a remote log, entry by entry with payloads, for an auditor: a key that the relay's policy names.
struct RemoteCopy {
    /// Entries asked for at once; fewer may come.
    private static let entriesPerRequest: UInt64 = 1_000
    /// Bytes of an answer: what the relay ends one at, and one more entry.
    private static let maximumBytes = 32 << 20
    private static let timeoutSeconds = 60.0

    /// The log's address, without a slash at its end.
    let address: String
    /// The auditor's key.
    let key: SecretKey
    /// Where the copy is kept: a log like any other.
    let directory: String

    /// Brings the copy up to `size` entries.
    ///
    /// - Throws: `ReplayFailure` for an answer that is none, `Alarm` for one that does not fit what is there.
    func brought(to size: UInt64, now: Int64) throws -> EventLog {
        let log: EventLog
        do throws(LogError) { log = try EventLog.open(directory: directory, mode: .readWrite) } catch {
            throw ReplayFailure(.cannotWrite, "the copy: \(error)")
        }
        var position = try log.read { $0.size }
        while position < size {
            let lines = try entries(from: position, count: min(RemoteCopy.entriesPerRequest, size - position), now: now)
            let batch = try log.beginBatch()
            do throws(LogError) {
                for line in lines { try RemoteCopy.restore(line, to: batch) }
            } catch {
                throw Alarm(.damaged, "the entries from \(position) on: \(error)")
            }
            try batch.commit()
            let reached = try log.read { $0.size }
            guard reached > position else {
                throw Alarm(.gap, "entry \(position) is not handed out, although the checkpoint covers it")
            }
            position = reached
        }
        return log
    }

    private static func restore(_ line: [UInt8], to batch: Batch) throws(LogError) {
        let entry = try ExportedEntry(json: line)
        do {
            try batch.restore(entry)
        } catch let error as LogError {
            throw error
        } catch {
            throw .misuse("\(error)")
        }
    }

    private func entries(from position: UInt64, count: UInt64, now: Int64) throws -> [[UInt8]] {
        let url = "\(address)/log/entries?from=\(position)&limit=\(count)"
        let proof = UnsignedEvent(
            pubkey: key.publicKey, createdAt: now / 1_000_000, kind: .httpAuthentication,
            tags: [["u", Text(url)], ["method", "GET"]], content: ""
        ).signed(by: key)
        let answer: FetchAnswer
        do throws(FetchError) {
            answer = try Fetch.send(
                FetchRequest(url: url, headers: ["Authorization": "Nostr \(Base64.encode(proof.raw))"]),
                timeoutSeconds: RemoteCopy.timeoutSeconds, maximumBytes: RemoteCopy.maximumBytes)
        } catch {
            throw ReplayFailure(.noLog, error.description)
        }
        guard answer.status == 200 else {
            throw ReplayFailure(
                .noLog,
                """
                \(address)/log/entries answers with status \(answer.status): \
                \(Printable.text(Text(String((answer.text ?? "").prefix(200)))))
                """)
        }
        return answer.body.split(separator: 0x0a).prefix(Int(count)).map { Array($0) }
    }
}
