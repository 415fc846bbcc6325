import Log
import NIOHTTP1
import Nostr

/// The log as files over HTTP (C2SP tlog-tiles): the latest published checkpoint, and the tiles of its tree. Leaves are
/// commitments, so this tells nobody what is in the log, and everybody may read it.
struct LogFiles: Sendable {
    static let checkpointPath = "/checkpoint"
    static let tilePrefix = "/tile/"
    static let methods = "GET, HEAD, OPTIONS"

    let log: EventLog
    let status: @Sendable () -> CheckpointPublisher.Status

    /// Whether a path is one of these.
    static func isPath(_ path: String) -> Bool { path == checkpointPath || path.hasPrefix(tilePrefix) }

    func answer(_ path: String) -> HTTPAnswer {
        path == LogFiles.checkpointPath ? checkpoint : tile(path)
    }

    private var checkpoint: HTTPAnswer {
        guard let note = status().note else {
            return .text(.notFound, "no checkpoint was published yet")
        }
        var answer = HTTPAnswer(.ok, type: "text/plain; charset=utf-8", body: Array(note.text.utf8))
        answer.headers.append(("cache-control", "no-cache"))
        return answer
    }

    /// Only what the published checkpoint covers: what lies behind it may still be part of no tree that anybody sees.
    private func tile(_ path: String) -> HTTPAnswer {
        guard let tile = TilePath(parsing: String(path.dropFirst())) else {
            return .text(.notFound, "this is no tile of a log (C2SP tlog-tiles)")
        }
        do {
            guard tile.isCovered(bySize: status().size), let bytes = try log.read({ try $0.tile(tile) }) else {
                return .text(.notFound, "the published checkpoint does not cover this tile")
            }
            var answer = HTTPAnswer(.ok, type: "application/octet-stream", body: bytes)
            answer.headers.append(("cache-control", "max-age=604800, immutable"))
            return answer
        } catch {
            return .failure("error: the log cannot be read")
        }
    }
}

extension TilePath {
    /// Whether a tree of that size has all of the tile.
    func isCovered(bySize size: UInt64) -> Bool {
        let level = if case .hashes(let level) = kind { level } else { 0 }
        guard level * 8 < UInt64.bitWidth else { return false }
        let places = size >> UInt64(level * 8)
        let (first, overflow) = index.multipliedReportingOverflow(by: UInt64(TilePath.fullWidth))
        return !overflow && first <= places && UInt64(width) <= places - first
    }
}
