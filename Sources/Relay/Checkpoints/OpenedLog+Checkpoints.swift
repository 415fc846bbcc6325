import Log
import Nostr
import Reducers

extension OpenedLog {
    /// The note of the log's newest checkpoint, and its entry's time in microseconds; `nil` before the first.
    var latestCheckpoint: (note: SignedNote, time: Int64)? { try? state.latestCheckpoint(in: log) }

    /// Signs the log as it is and appends the note, where no relay runs.
    ///
    /// - Throws: `CheckpointFailure`, or what the log throws.
    mutating func publishCheckpoint(_ witnesses: Witnesses) throws -> SignedNote {
        let size = try log.read { $0.size }
        let latest = latestCheckpoint
        if let latest, let checkpoint = try? Checkpoint(parsing: latest.note.body), size <= checkpoint.size + 2 {
            return latest.note
        }
        let signer = CheckpointSigner(log: log, key: identity.log, origin: state.origin ?? "")
        var note = try signer.sign(requiresLast: latest != nil)
        var said: [String] = []
        for door in witnesses.doors {
            let (cosigned, answer) = WitnessClient(door).cosign(note, of: log)
            note = cosigned
            guard answer != .cosigned else { continue }
            said.append("\(door.name): \(CheckpointPublisher.words(answer))")
        }
        guard witnesses.areEnough(note) else {
            throw CheckpointFailure(
                "too few witnesses cosigned, so nothing is published (\(said.joined(separator: "; ")))")
        }
        try append([.checkpoint(note: Text(note.text))])
        return note
    }
}

extension RelayState {
    /// The note of the newest checkpoint in the log that this is the state of, and its entry's time in microseconds.
    func latestCheckpoint(in log: EventLog) throws -> (note: SignedNote, time: Int64)? {
        guard let position = checkpoints.latest, let entry = try log.read({ try $0.entry(at: position) }),
            let payload = entry.payload,
            case .checkpoint(let text)? = try payload.withUnsafeBytes({ try Input(type: entry.leaf.type, payload: $0) })
        else { return nil }
        return (try SignedNote(parsing: text.string), entry.leaf.time)
    }

    /// The note alone.
    func latestNote(in log: EventLog) throws -> SignedNote? { try latestCheckpoint(in: log)?.note }
}
