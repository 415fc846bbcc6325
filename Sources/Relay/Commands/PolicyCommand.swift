import ArgumentParser
import Foundation
import Nostr
import Reducers

/// `ringdown-relay policy`.
struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Show and change the settings that decisions depend on.",
        discussion: """
            They are entries in the log, so that every decision can be judged by the settings of its day. A change takes effect at
            once. The configuration has its say again at the next start or reload (SIGHUP): put a change that is to last there,
            too. Example:

              ringdown-relay policy set --data /var/lib/ringdown requests_per_second=40 invites=member
            """,
        subcommands: [Show.self, Set.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show the policy in force, as the log has it.")

        @OptionGroup var directory: DirectoryOption
        @Flag(help: "One JSON object.") var json = false

        func run() async throws {
            do {
                var settings = Settings()
                settings.policy = try Operation.state(directory.data).policy
                guard json else {
                    for setting in Setting.policy { print("\(setting.name) = \(setting.show(settings))") }
                    return
                }
                var object = JSONWriter()
                object.beginObject()
                for setting in Setting.policy {
                    object.key(setting.name)
                    object.string(setting.show(settings))
                }
                object.endObject()
                print(String(decoding: object.bytes, as: UTF8.self))
            } catch {
                throw Failure.report(error)
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Put new values in force.")

        @OptionGroup var directory: DirectoryOption
        @Argument(help: "NAME=VALUE …") var values: [String]

        func run() async throws {
            do {
                var parsed: [String: String] = [:]
                for pair in values {
                    guard let equals = pair.firstIndex(of: "=") else {
                        throw SettingsError(description: "\(pair): expected NAME=VALUE")
                    }
                    parsed[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
                }
                let operation = try Operation(directory.data)
                let before = try Operation.state(directory.data).policy
                // Read here first, so that a wrong value is told with the same words whether a relay runs or not.
                let after = try PolicyChange(parsed).applied(to: before)
                let answer = try operation.insist(.policy(parsed))
                for change in PolicyChange.differences(before, after) {
                    print("\(change.name): \(change.old.isEmpty ? "(none)" : change.old) → \(change.new)")
                }
                if !answer.message.isEmpty { print(answer.message) }
            } catch {
                throw Failure.report(error)
            }
        }
    }
}
