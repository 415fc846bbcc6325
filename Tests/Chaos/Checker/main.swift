// Looks at one log after another, as fast as it can: `Tests/Chaos/crash_images` makes them by the thousand.
//
// Each line of standard input is a request, each line of standard output its answer, in JSON:
//   check DIR      everything recomputed but signatures: {"size":N,"root":HEX} or {"problem":TEXT}
//   verify DIR     the same with signatures
//   open DIR       nothing but what the log's head says, as a reader without checks would believe it
//   roots DIR      {"roots":[HEX, …]}: the root at each size from 0 on
// A log that kills whoever reads it ends this process; who asked takes that for the answer.

import Foundation
import Log
import Nostr
import Replay

while let line = readLine() {
    let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { exit(64) }
    let text: String
    do {
        text = try answer(parts[0], directory: parts[1])
    } catch {
        text = try problem("\(error)")
    }
    try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
}

func answer(_ request: String, directory: String) throws -> String {
    let log = try EventLog.open(directory: directory, mode: .readOnly)
    switch request {
    case "check", "verify":
        let result = try Verifier(log).run(signatures: request == "verify")
        if let divergence = result.divergence { return try problem("\(divergence)") }
        return try head(of: log)
    case "open":
        return try head(of: log)
    case "roots":
        let roots = try log.read { reader in try (0...reader.size).map { try reader.root(atSize: $0).hex } }
        return #"{"roots":["# + roots.map { "\"\($0)\"" }.joined(separator: ",") + "]}"
    default:
        return try problem("there is no request \(request)")
    }
}

func head(of log: EventLog) throws -> String {
    let (size, root) = try log.read { ($0.size, $0.root) }
    return #"{"size":\#(size),"root":"\#(root.hex)"}"#
}

func problem(_ text: String) throws -> String {
    String(decoding: try JSONEncoder().encode(["problem": text]), as: UTF8.self)
}
