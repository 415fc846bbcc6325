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
        subcommands: [Add.self, Remove.self, ChangeRole.self, MemberImportCommand.self, List.self])

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
    /// Carries a change out, and says what was done.
    static func carryOut(_ change: MembershipChange, _ directory: String) throws {
        do {
            let answer = try Operation(directory).insist(.command(.membership(change)))
            print(answer.message.isEmpty ? change.done : answer.message)
        } catch {
            throw Failure.report(error)
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
