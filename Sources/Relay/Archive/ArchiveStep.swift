import Foundation
import Log
import Nostr
import Reducers

/// One step by which entries leave the log for archive files, each a transaction of its own.
enum ArchiveStep: Equatable, Sendable {
    /// Takes files into the log's books, with the state at the position of a mark, which is in a file beside them.
    case begin([ArchivedRange], snapshot: UInt64)
    /// Removes the next entries before a position, but for those at some positions.
    case remove(upTo: UInt64, keeping: [UInt64])

    /// The file with the state at a mark, in a directory of archive files.
    static func statePath(_ directory: String, _ snapshot: UInt64) -> String {
        "\(directory)/\(snapshot).\(stateExtension)"
    }

    /// How the names of such files end.
    static let stateExtension = "state"

    /// Writes the step's fields.
    func write(to json: inout JSONWriter) {
        switch self {
        case .begin(let ranges, let snapshot):
            json.field("snapshot", snapshot)
            json.key("files")
            json.beginArray()
            for range in ranges {
                json.beginArray()
                json.number(range.first)
                json.number(range.end)
                json.number(range.lastTime)
                json.endArray()
            }
            json.endArray()
        case .remove(let end, let kept):
            json.field("remove", end)
            json.key("keep")
            json.beginArray()
            for position in kept { json.number(position) }
            json.endArray()
        }
    }

    /// Reads what `write` wrote.
    init?(_ value: JSONValue) {
        if let end = value["remove"]?.unsignedInteger, let kept = value["keep"]?.arrayValue {
            self = .remove(upTo: end, keeping: kept.compactMap(\.unsignedInteger))
            return
        }
        guard let snapshot = value["snapshot"]?.unsignedInteger, let files = value["files"]?.arrayValue else {
            return nil
        }
        var ranges: [ArchivedRange] = []
        for file in files {
            guard let numbers = file.arrayValue?.compactMap(\.unsignedInteger), numbers.count == 3,
                let time = Int64(exactly: numbers[2])
            else { return nil }
            ranges.append(ArchivedRange(first: numbers[0], end: numbers[1], lastTime: time))
        }
        self = .begin(ranges, snapshot: snapshot)
    }
}

extension Batch {
    /// Carries a step out; the answer says what came of it.
    func carryOut(_ step: ArchiveStep, in log: EventLog) throws -> Transition.Answer {
        do {
            switch step {
            case .begin(let ranges, let snapshot):
                let path = ArchiveStep.statePath(log.archiveDirectory, snapshot)
                guard let bytes = FileManager.default.contents(atPath: path) else {
                    return refused("there is no \(path)")
                }
                guard let state = try? RelayState(snapshot: Array(bytes)), state.position?.seq == snapshot,
                    try log.read({ try $0.leaf(at: snapshot + 1)?.stateRoot }) == state.stateRoot
                else { return refused("\(path) is not the state that the log commits to") }
                try archive(ranges, snapshot: snapshot, bytes: Array(bytes))
                return Transition.Answer(accepted: true, message: "info: \(ranges.count) files archived")
            case .remove(let end, let kept):
                let count = try removeArchived(upTo: end, keeping: Set(kept))
                return Transition.Answer(accepted: true, message: "info: \(count) entries removed")
            }
        } catch let error as LogError where error.isMisuse {
            return refused(error.description)
        }
    }

    private func refused(_ reason: String) -> Transition.Answer {
        Transition.Answer(accepted: false, message: "invalid: \(reason)")
    }
}
