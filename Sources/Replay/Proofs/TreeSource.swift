import Fetch
import Log
import Nostr
import Reducers

/// Where `monitor` sees a log: its own directory, or the address that a relay serves it at.
protocol TreeSource {
    /// The newest signed checkpoint; `nil` if there is none yet.
    mutating func note() throws -> SignedNote?
    /// A tile; `nil` if the log does not have it.
    mutating func tile(_ path: TilePath) throws -> [UInt8]?
}

/// A log served over HTTP (C2SP tlog-tiles).
struct RemoteTree: TreeSource {
    /// Bytes of a full tile of leaves, with room.
    private static let maximumBytes = 65_536
    /// Seconds after which an answer is not waited for any more.
    private static let timeoutSeconds = 20.0

    /// The address, without a slash at its end.
    let address: String

    init(_ address: String) {
        self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
    }

    func note() throws -> SignedNote? {
        guard let bytes = try get("checkpoint") else {
            return nil
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ProofFailure("the checkpoint is no text in UTF-8")
        }
        do throws(ProofError) {
            return try SignedNote(parsing: text)
        } catch {
            throw ProofFailure("the checkpoint: \(error)")
        }
    }

    func tile(_ path: TilePath) throws -> [UInt8]? {
        try get(path.text)
    }

    /// What is at a path; `nil` if there is nothing.
    private func get(_ path: String) throws -> [UInt8]? {
        let answer: FetchAnswer
        do throws(FetchError) {
            answer = try Fetch.send(
                FetchRequest(url: "\(address)/\(path)"), timeoutSeconds: RemoteTree.timeoutSeconds,
                maximumBytes: RemoteTree.maximumBytes)
        } catch {
            throw ReplayFailure(.noLog, error.description)
        }
        switch answer.status {
        case 200: return answer.body
        case 404: return nil
        default: throw ReplayFailure(.noLog, "\(address)/\(path) answers with status \(answer.status)")
        }
    }
}

/// A log's own directory. Opened again for each look, since its file may be exchanged.
struct LocalTree: TreeSource {
    let log: EventLog

    init(_ directory: String) throws { log = try OpenLog.at(directory) }

    func note() throws -> SignedNote? {
        try log.read { try LogCheckpoints.newest(in: $0, relay: LogCheckpoints.genesis(of: $0).relay) }
    }

    func tile(_ path: TilePath) throws -> [UInt8]? { try log.read { try $0.tile(path) } }
}
