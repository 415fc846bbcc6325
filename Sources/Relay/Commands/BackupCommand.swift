import ArgumentParser
import Foundation
import Log
import Nostr

/// `ringdown-relay backup`.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a log as it is at one moment, beside a running relay.",
        discussion: """
            The copy is compact and has nothing of what was erased. It is complete or not there at all, and is opened and compared
            before the command says so. The keys are left out unless asked for: with them the copy can go on as the relay, and
            whoever gets it is the relay.

              ringdown-relay backup --data /var/lib/ringdown --to /backups/2026-11-23
            """)

    @OptionGroup var directory: DirectoryOption
    @Option(help: "A directory for the copy; it must not hold a log.") var to: String
    @Flag(help: "Copy the keys, too: relay.key, log.key and owner.key, mode 0600.") var withKeys = false
    @Flag(help: "One JSON object: entries, root, bytes.") var json = false

    private static let keys = ["relay.key", "log.key", "owner.key"]

    func run() async throws {
        do {
            let log = try EventLog.open(directory: directory.data, mode: .readOnly)
            try log.copy(to: to)
            if withKeys { try copyKeys() }
            let copy = try EventLog.open(directory: to, mode: .readOnly)
            let (size, root) = try copy.read { ($0.size, $0.root) }
            // The log may have grown meanwhile: what was copied has to be its beginning.
            guard try size == 0 || BackupCommand.leaf(log, size - 1) == BackupCommand.leaf(copy, size - 1) else {
                throw SettingsError(description: "the copy in \(to) is not what it was made from")
            }
            let bytes = try copy.storage().used
            print(
                json
                    ? #"{"entries":\#(size),"root":"\#(root.hex)","bytes":\#(bytes)}"#
                    : "\(size) entries, \(bytes) bytes, root \(root.hex)")
        } catch {
            throw Failure.report(error)
        }
    }

    private static func leaf(_ log: EventLog, _ position: UInt64) throws -> Bytes32? {
        try log.read { try $0.leaf(at: position)?.hash }
    }

    private func copyKeys() throws {
        for key in BackupCommand.keys {
            guard let line = try SecretFile.read(directory.data + "/" + key) else { continue }
            try SecretFile.create(to + "/" + key, line: line)
        }
    }
}
