import ArgumentParser
import Foundation
import Log
import Nostr
import Reducers

/// `ringdown-relay key`.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make and show keys.", subcommands: [Generate.self, Show.self])

    struct Generate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "generate",
            abstract: "Make the keys of a new relay, or, without --data, a key pair for a person or a machine.",
            discussion: """
                With --data the relay's key and the log's key are made in that directory, mode 0600; keys that are there
                already are never overwritten. Without --data nothing is stored: the pair is printed once.

                  ringdown-relay key generate --data /var/lib/ringdown
                  ringdown-relay key generate --json
                """)

        @Option(help: "The relay's data directory.") var data: String?
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            do {
                if let data { try makeRelayKeys(data) } else { printPair() }
            } catch {
                throw Failure.report(error)
            }
        }

        private func makeRelayKeys(_ directory: String) throws {
            guard try Identity.load(directory) == nil else {
                throw SettingsError(
                    description: "\(directory) has its keys already; `ringdown-relay key show` prints them")
            }
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            Show.show(try Identity.create(directory), origin: nil, owner: nil, json: json)
        }

        private func printPair() {
            let key = SecretKey.generate()
            KeyPrinter.print(
                [("pubkey", key.publicKey.hex), ("npub", key.publicKey.npub), ("nsec", key.nsec)], json: json)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show the public keys of a relay: its own, its log's, its owner's.")

        @OptionGroup var directory: DirectoryOption
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            do {
                guard let identity = try Identity.load(directory.data) else {
                    throw SettingsError(
                        description:
                            "\(directory.data) holds no keys; `ringdown-relay key generate --data` or `run` makes them")
                }
                let log = try? EventLog.open(directory: directory.data, mode: .readOnly)
                let state = try log?.read { try Replayer.state(of: $0) }
                Show.show(identity, origin: state?.origin, owner: state?.membership.owner?.key, json: json)
            } catch {
                throw Failure.report(error)
            }
        }

        static func show(_ identity: Identity, origin: String?, owner: PublicKey?, json: Bool) {
            var fields = [("pubkey", identity.relay.publicKey.hex), ("npub", identity.relay.publicKey.npub)]
            if let origin { fields.append(("vkey", identity.log.verifierKey(origin: origin))) }
            if let owner { fields.append(("owner", owner.npub)) }
            KeyPrinter.print(fields, json: json)
        }
    }
}

/// Prints names and values: one a line, or one JSON object.
private enum KeyPrinter {
    static func print(_ fields: [(name: String, value: String)], json isJSON: Bool) {
        guard isJSON else {
            for field in fields { Swift.print("\(field.name): \(field.value)") }
            return
        }
        var json = JSONWriter()
        json.beginObject()
        for field in fields {
            json.key(field.name)
            json.string(field.value)
        }
        json.endObject()
        Swift.print(String(decoding: json.bytes, as: UTF8.self))
    }
}
