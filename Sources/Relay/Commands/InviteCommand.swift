import ArgumentParser
import Foundation
import Nostr
import Reducers

/// `ringdown-relay invite`.
struct InviteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite",
        abstract: "Make, list and take back codes with which somebody may join (NIP-43).",
        discussion: """
            A code is printed once; the log keeps only its SHA-256. Whoever has it joins with a Nostr client that knows NIP-43.

              ringdown-relay invite create --data /var/lib/ringdown --uses 5 --lifetime 7d --label "spring meeting"
            """,
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "create", abstract: "Make a code and print it.")

        /// Random bytes of a code.
        private static let codeBytes = 16

        @OptionGroup var directory: DirectoryOption
        @Option(help: "How many may join with it.") var uses: Int64 = 1
        @Option(help: "How long it is good: 90s, 30m, 12h, 7d, 4w.") var lifetime: LifetimeArgument = .init(
            seconds: 604_800)
        @Option(help: "What those who join become: member or admin.") var role: RoleArgument = .member
        @Option(help: "A note beside it, for you.") var label = ""
        @Flag(help: "One JSON object: code, hash, uses, expires_at, role.") var json = false

        func run() async throws {
            do {
                let code = Hex.encode(Array(Randomness.bytes32().bytes.prefix(Create.codeBytes)))
                let hash = Invite.hash(of: Text(code))
                _ = try Operation(directory.data).insist(
                    .command(
                        .invite(
                            hash: hash, role: role.role, uses: uses, lifetimeSeconds: lifetime.seconds,
                            label: Text(label))))
                guard json else { return print(code) }
                var object = JSONWriter()
                object.beginObject()
                object.field("code", code)
                object.field("hash", hash)
                object.field("uses", uses)
                object.field("expires_at", Clock.seconds() + lifetime.seconds)
                object.field("role", role.role.name)
                object.endObject()
                print(String(decoding: object.bytes, as: UTF8.self))
            } catch {
                throw Failure.report(error)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the codes that are good: their hashes, not the codes.")

        @OptionGroup var directory: DirectoryOption
        @Flag(help: "One JSON object a line: hash, by, role, uses, expires_at, label.") var json = false

        func run() async throws {
            do {
                let now = Clock.seconds()
                let invites = try Operation.state(directory.data).invites.all.filter { $0.expiresAt > now }
                for invite in invites { print(json ? InviteCommand.object(invite) : InviteCommand.line(invite)) }
                if invites.isEmpty, !json { print("no codes are good now") }
            } catch {
                throw Failure.report(error)
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Take a code back.")

        @OptionGroup var directory: DirectoryOption
        @Argument(help: "The code, or the first eight or more digits of its hash.") var code: String

        func run() async throws {
            do {
                let known = try Operation.state(directory.data).invites.all
                let hash = Invite.hash(of: Text(code))
                let found = known.filter {
                    $0.hash == hash || code.count >= 8 && $0.hash.hex.hasPrefix(code.lowercased())
                }
                guard let invite = found.first, found.count == 1 else {
                    Failure.say("no code, or more than one, is meant by \(code); see `ringdown-relay invite list`")
                    throw ExitCode.failure
                }
                let answer = try Operation(directory.data).insist(.command(.revokeInvite(hash: invite.hash)))
                print(answer.message.isEmpty ? "took the code \(invite.hash.hex.prefix(8))… back" : answer.message)
            } catch {
                throw Failure.report(error)
            }
        }
    }

    private static func line(_ invite: Invite) -> String {
        let until = Date(timeIntervalSince1970: Double(invite.expiresAt)).ISO8601Format()
        let label = invite.label.isEmpty ? "" : "  \(invite.label.string.filter { !$0.isNewline })"
        return "\(invite.hash.hex.prefix(16))  \(invite.role.name)  \(invite.uses) left  until \(until)  "
            + "by \(invite.inviter?.npub ?? "the operator")\(label)"
    }

    private static func object(_ invite: Invite) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.field("hash", invite.hash)
        json.field("by", invite.inviter)
        json.field("role", invite.role.name)
        json.field("uses", invite.uses)
        json.field("expires_at", invite.expiresAt)
        json.field("label", invite.label)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

/// A length of time on the command line.
struct LifetimeArgument: ExpressibleByArgument {
    let seconds: Int64

    init(seconds: Int64) { self.seconds = seconds }

    init?(argument: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
        guard let unit = argument.last, let factor = units[unit], let number = Int64(argument.dropLast()),
            number > 0, number < 1_000_000
        else { return nil }
        seconds = number * factor
    }

    var defaultValueDescription: String { "\(seconds / 86_400)d" }
}
