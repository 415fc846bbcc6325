import Log
import Nostr

/// What `monitor` saw last, and keeps in a file: enough to know whether what it sees next continues it.
struct MonitorState {
    /// What the first field says.
    static let version: UInt64 = 1

    /// The log's key.
    var key: VerifierKey
    /// The right edge of the tree: its size, and all that its root is made of.
    var frontier: Frontier
    /// When it was seen, in microseconds since 1970.
    var seen: Int64
    /// The time of the newest entry, in microseconds since 1970.
    var latest: Int64

    /// The file.
    var file: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("monitor", MonitorState.version)
        json.field("vkey", key.text)
        json.field("size", frontier.size)
        json.field("root", frontier.root)
        json.field("frontier", Base64.encode(frontier.encoded))
        json.field("seen", Timestamp.text(seen, .microseconds))
        json.field("seen_us", seen)
        json.field("latest_us", latest)
        // Against accidents: whoever can write the file can write anything.
        json.field("checksum", SHA256.hash(json.bytes))
        json.endObject()
        return json.bytes + [0x0a]
    }

    init(key: VerifierKey, frontier: Frontier, seen: Int64, latest: Int64) {
        self.key = key
        self.frontier = frontier
        self.seen = seen
        self.latest = latest
    }

    /// Reads a file.
    ///
    /// - Throws: `ReplayFailure` for a file that `file` did not write: it is never taken for a beginning.
    init(parsing file: [UInt8], path: String) throws {
        let damaged = ReplayFailure(
            .negative, "\(path) is no state of a monitor, or is damaged; to trust what is there now, remove it")
        guard let object = try? JSONValue.parse(file), object["monitor"]?.unsignedInteger == MonitorState.version,
            let key = object["vkey"]?.stringValue.flatMap({ try? VerifierKey(parsing: $0.string) }),
            let frontier = object["frontier"]?.stringValue.flatMap({ Base64.decode($0.string) })
                .flatMap({ Frontier(decoding: $0) }),
            let seen = object["seen_us"]?.integer, let latest = object["latest_us"]?.integer
        else { throw damaged }
        self.init(key: key, frontier: frontier, seen: seen, latest: latest)
        guard self.file == file else { throw damaged }
    }
}
