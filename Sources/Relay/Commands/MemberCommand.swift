import ArgumentParser
import Foundation
import Log
import Nostr
import Reducers

/// `ringdown-relay member`.
struct MemberCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "member",
        abstract: "Add, remove and list members.",
        discussion: """
            Works beside a running relay, where it takes effect and is announced at once, and without one, on a new
            directory too. Keys are hex or npub. Example:

              ringdown-relay member add --data /var/lib/ringdown --pubkey npub1… --role admin
            """,
        subcommands: [Add.self, Remove.self, ChangeRole.self, List.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "add", abstract: "Add a member.")

        @OptionGroup var directory: DirectoryOption
        @Option(help: "The member's public key: hex or npub.") var pubkey: KeyArgument
        @Option(help: "member or admin.") var role: RoleArgument = .member

        func run() async throws { try MemberCommand.carryOut(.add(pubkey.key, role.role), directory.data) }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Remove a member: its sessions end at once and nothing pairs it any more.")

        @OptionGroup var directory: DirectoryOption
        @Option(help: "The member's public key: hex or npub.") var pubkey: KeyArgument

        func run() async throws { try MemberCommand.carryOut(.remove(pubkey.key), directory.data) }
    }

    struct ChangeRole: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "role", abstract: "Change a member's role.")

        @OptionGroup var directory: DirectoryOption
        @Option(help: "The member's public key: hex or npub.") var pubkey: KeyArgument
        @Option(help: "member or admin.") var role: RoleArgument

        func run() async throws { try MemberCommand.carryOut(.changeRole(pubkey.key, role.role), directory.data) }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List the members.")

        @OptionGroup var directory: DirectoryOption
        @Flag(help: "One JSON object a line: pubkey, npub, role, since.") var json = false

        func run() async throws {
            do {
                let log = try EventLog.open(directory: directory.data, mode: .readOnly)
                let members = try log.read { try Replayer.state(of: $0) }.membership.members
                for member in members { print(json ? member.json : member.line) }
                if members.isEmpty, !json { print("no members yet") }
            } catch {
                throw Failure.report(error)
            }
        }
    }
}

extension MemberCommand {
    /// How long a command waits for a relay that holds the log but does not answer yet: it is starting or stopping.
    private static let patienceSeconds = 10

    /// Carries a change out through the relay that runs, or by itself when none does.
    static func carryOut(_ change: MembershipChange, _ directory: String) throws {
        do {
            let answer = try submit(change, directory)
            guard answer.accepted else {
                Failure.say(answer.message)
                throw ExitCode.failure
            }
            print(answer.message.isEmpty ? change.done : answer.message)
        } catch {
            throw Failure.report(error)
        }
    }

    private static func submit(
        _ change: MembershipChange, _ directory: String
    ) throws -> (accepted: Bool, message: String) {
        var waited = 0
        while true {
            if let answer = try ControlClient.send(change, directory: directory) { return answer }
            do {
                var opened = try OpenedLog(
                    directory: directory, policy: nil, origin: nil, logger: RelayLogging.quiet)
                let answer = try opened.append([.operatorCommand(.membership(change))])[0].answer
                return (answer.accepted, answer.message)
            } catch let error as LogError where error.isLocked && waited < patienceSeconds * 10 {
                waited += 1
                usleep(100_000)
            }
        }
    }
}

extension MembershipChange {
    /// What was done, in words.
    fileprivate var done: String {
        switch self {
        case .add(let key, let role): "added \(key.npub) as \(role.name)"
        case .remove(let key): "removed \(key.npub)"
        case .changeRole(let key, let role): "\(key.npub) is now \(role.name)"
        }
    }
}

extension Member {
    fileprivate var line: String { "\(key.npub)  \(role.name)" }

    fileprivate var json: String {
        var json = JSONWriter()
        json.beginObject()
        json.field("pubkey", key)
        json.field("npub", key.npub)
        json.field("role", role.name)
        json.field("since", since)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
