import Foundation
import Log
import Nostr
import Reducers
import Replay

// Verifies one damaged log after the other in one process, for Tests/Chaos/corruption: a process for each would take most of the
// time. Reads directories from standard input and answers each with one JSON object. What kills it is the harness's to see.

/// What the harness is told about one directory.
struct Answer: Encodable {
    /// Why the log cannot be opened or read.
    var error: String?
    /// What `verify` found first: what is wrong, and in words.
    var aspect: String?
    var divergence: String?
    /// A hash of everything that readers are told: entries, state, events.
    var told: String
}

private func line(_ text: String) -> String { text + "\n" }

/// Everything that a reader is told, and the error instead where there is one.
func told(by log: EventLog) -> String {
    var all = ""
    do {
        try log.read { reader in
            all += line("\(reader.size) \(reader.root)")
            try reader.forEachEntry { entry in
                all += line("\(entry.leaf.hash) \(entry.payload.map { SHA256.hash(Array($0)).hex } ?? "erased")")
                return true
            }
        }
        all += line(SHA256.hash(try log.read { try Replayer.state(of: $0) }.encoded()).hex)
        let filters = try Array("[{}]".utf8).withUnsafeBytes { try Filter.parseList($0) }
        let ids = try log.read { reader in
            var scan = IdentityScan(filters: filters, upTo: reader.size, maximum: Int.max)
            while try scan.resume(reader, now: 0, maximumKeys: 100_000) == .more {}
            return scan.identities
        }
        for identity in ids {
            all += line(try log.read { try $0.servedEvent(identity.id, now: 0) }.map { $0.id.hex } ?? "none")
        }
    } catch {
        all += line("\(error)")
    }
    return SHA256.hash(Array(all.utf8)).hex
}

func answer(_ directory: String) -> Answer {
    do {
        let log = try EventLog.open(directory: directory, mode: .readOnly)
        let found = try Verifier(log).run().divergence
        return Answer(
            aspect: found?.aspect.rawValue, divergence: found?.description, told: found == nil ? told(by: log) : "")
    } catch {
        return Answer(error: "\(error)", told: "")
    }
}

while let directory = readLine() {
    try FileHandle.standardOutput.write(contentsOf: JSONEncoder().encode(answer(directory)) + Data("\n".utf8))
}
