import ArgumentParser
import Foundation
import Log
import Nostr
import Reducers

/// `ringdown-relay new-epoch`.
struct NewEpochCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new-epoch",
        abstract: "Begin a new log where the old one has lost what it had signed.",
        discussion: """
            A relay never signs what contradicts its last checkpoint. If entries that it signed are lost for good, a new log begins,
            in a directory of its own: its first entry quotes the last checkpoint of the old log and says how many entries are
            missing, so that everybody can see the gap. Keys, settings, owner, members, roles and bans are carried over; events are
            brought in with `import`. Keep the old directory for auditors.

              ringdown-relay new-epoch --data /var/lib/ringdown --to /var/lib/ringdown-2
              ringdown-relay export --data /var/lib/ringdown | ringdown-relay import --data /var/lib/ringdown-2 -
            """)

    @OptionGroup var directory: DirectoryOption
    @Option(help: "The new log's directory; it must not hold a log.") var to: String
    @Option(help: "The new log's name; by default the old one's with the next number at its end.") var origin: String?

    private static let keys = ["relay.key", "log.key", "owner.key"]

    func run() async throws {
        do {
            guard !FileManager.default.fileExists(atPath: to + "/data.mdb") else {
                throw SettingsError(description: "\(to) holds a log already")
            }
            // Opened for writing, so that no relay goes on with it meanwhile.
            let old = try OpenedLog(directory: directory.data, policy: nil, origin: nil, logger: RelayLogging.quiet)
            let predecessor = try lost(old)
            let name = try origin ?? NewEpochCommand.next(old.state.origin ?? "")
            try copyKeys()
            var new = try OpenedLog(
                directory: to, policy: old.state.policy, origin: name, continuing: predecessor,
                logger: RelayLogging.quiet)
            try new.append(NewEpochCommand.people(of: old.state).map(Input.operatorCommand))
            print("\(to): the log \(name), \(new.state.membership.members.count) members carried over")
            print(
                "bring the events in with: ringdown-relay export --data \(directory.data) "
                    + "| ringdown-relay import --data \(to) -")
        } catch let error as SigningError {
            Failure.say(error.description)
            throw ExitCode.failure
        } catch {
            throw Failure.report(error)
        }
    }

    /// The last checkpoint, and what is left of what it covers.
    ///
    /// - Throws: `SettingsError` when nothing is lost: then there is no reason to begin anew.
    private func lost(_ old: OpenedLog) throws -> Genesis.Predecessor {
        let signer = CheckpointSigner(log: old.log, key: old.identity.log, origin: old.state.origin ?? "")
        guard let note = try signer.last() else {
            throw SettingsError(
                description: "\(directory.data) has signed nothing: `run` can go on with it as it is")
        }
        let checkpoint = try Checkpoint(parsing: note.body)
        let size = try old.log.read { $0.size }
        if size >= checkpoint.size, try old.log.read({ try $0.root(atSize: checkpoint.size) }) == checkpoint.root {
            throw SettingsError(
                description: "\(directory.data) has everything that it signed: `run` can go on with it as it is")
        }
        return Genesis.Predecessor(checkpoint: Text(note.text), entries: min(size, checkpoint.size))
    }

    /// The name with the next number at its end.
    private static func next(_ origin: String) throws(SettingsError) -> String {
        guard let slash = origin.lastIndex(of: "/"), let epoch = UInt64(origin[origin.index(after: slash)...]) else {
            throw SettingsError(description: "\(origin) does not end in a number; name the new log with --origin")
        }
        return "\(origin[...slash])\(epoch + 1)"
    }

    private func copyKeys() throws {
        try FileManager.default.createDirectory(
            atPath: to, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for key in NewEpochCommand.keys {
            guard let line = try SecretFile.read(directory.data + "/" + key) else { continue }
            try SecretFile.create(to + "/" + key, line: line)
        }
    }

    /// The commands that make the same community again.
    private static func people(of state: RelayState) -> [OperatorCommand] {
        var commands: [OperatorCommand] = []
        if let owner = state.membership.owner { commands.append(.setOwner(owner.key)) }
        let others = state.membership.members.filter { $0.role != .owner }.map { NewMember(key: $0.key, role: $0.role) }
        for start in stride(from: 0, to: others.count, by: OperatorCommand.maximumNewMembers) {
            commands.append(
                .addMembers(Array(others[start..<min(start + OperatorCommand.maximumNewMembers, others.count)])))
        }
        for ban in state.moderation.keys { commands.append(.ban(ban.subject, reason: ban.reason)) }
        return commands
    }
}
