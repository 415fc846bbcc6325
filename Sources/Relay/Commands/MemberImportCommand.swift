import ArgumentParser
import Foundation
import Nostr
import Reducers

/// `ringdown-relay member import`.
struct MemberImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Add many members: from a membership list of a relay (kind 13534), or from a CSV file.",
        discussion: """
            A CSV file has a line a member: the key as hex or npub, and, after a comma, a role (member or admin); a first line
            that begins with "pubkey" is a heading. A membership list is the event's JSON, as any relay with NIP-43 serves it;
            its owner becomes an admin here. Nothing is done when a line is wrong. Whoever is a member already stays as they are.

              ringdown-relay member import --data /var/lib/ringdown members.csv
              ringdown-relay member import --data /var/lib/ringdown - < roster.json
            """)

    /// Bytes of a file that is read.
    private static let maximumFileBytes = 64 << 20

    @OptionGroup var directory: DirectoryOption
    @Argument(help: "The file, or - for standard input.") var file: String
    @Flag(help: "One JSON object: added, already.") var json = false

    func run() async throws {
        do {
            let bytes = try InputFile.read(file, limit: MemberImportCommand.maximumFileBytes)
            let members = try MemberImportCommand.members(in: bytes)
            let operation = try Operation(directory.data)
            let before = try Operation.state(directory.data).membership.members.count
            let progress = CommandProgress("members", total: members.count)
            for start in stride(from: 0, to: members.count, by: OperatorCommand.maximumNewMembers) {
                let part = Array(members[start..<min(start + OperatorCommand.maximumNewMembers, members.count)])
                _ = try operation.insist(.command(.addMembers(part)))
                progress.report(start + part.count)
            }
            let added = try Operation.state(directory.data).membership.members.count - before
            let already = members.count - added
            print(
                json ? #"{"added":\#(added),"already":\#(already)}"# : "\(added) added, \(already) were members already"
            )
        } catch {
            throw Failure.report(error)
        }
    }

    /// Reads either form.
    static func members(in bytes: [UInt8]) throws(SettingsError) -> [NewMember] {
        let first = bytes.first { !" \t\r\n".utf8.contains($0) }
        return first == UInt8(ascii: "{") ? try roster(bytes) : try table(bytes)
    }

    private static func roster(_ bytes: [UInt8]) throws(SettingsError) -> [NewMember] {
        let event: Event
        do throws(EventError) {
            event = try Event.parse(bytes, limits: .stored)
            try event.verify()
        } catch {
            throw SettingsError(description: "the file is no signed event: \(error.message)")
        }
        guard event.kind == .membershipList else {
            throw SettingsError(description: "the event is of kind \(event.kind), not a membership list (13534)")
        }
        var members: [NewMember] = []
        for tag in event.tags where tag.isNamed("member") {
            guard let value = tag.value, let key = PublicKey(hex: value.string) else {
                throw SettingsError(description: "the list names something that is no key")
            }
            let role = tag.count > 2 ? Role(name: tag[2].string) : .member
            members.append(NewMember(key: key, role: role.map { $0 == .member ? .member : .admin } ?? .member))
        }
        return members
    }

    private static func table(_ bytes: [UInt8]) throws(SettingsError) -> [NewMember] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsError(description: "the file is not UTF-8")
        }
        var members: [NewMember] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: CharacterSet(charactersIn: " \t\r\"\u{feff}"))
            }
            guard let key = fields.first, !key.isEmpty else { continue }
            if number == 0, ["pubkey", "npub", "key"].contains(key.lowercased()) { continue }
            guard let pubkey = try? PublicKey(parsing: key) else {
                throw SettingsError(
                    description: "line \(number + 1): \"\(key.prefix(80))\" is no public key (hex or npub)")
            }
            switch fields.count > 1 ? fields[1] : "" {
            case "", "member": members.append(NewMember(key: pubkey, role: .member))
            case "admin": members.append(NewMember(key: pubkey, role: .admin))
            case let other:
                throw SettingsError(
                    description: "line \(number + 1): role \"\(other.prefix(40))\", expected member or admin")
            }
        }
        return members
    }
}
