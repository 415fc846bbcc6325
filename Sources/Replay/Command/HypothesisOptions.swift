import ArgumentParser
import Foundation
import Log
import Nostr
import Reducers

/// What is assumed to have been otherwise, as options.
struct HypothesisOptions: ParsableArguments {
    @Option(
        name: .customLong("policy"),
        help: ArgumentHelp("A setting of the policy that has another value; may be repeated.", valueName: "NAME=VALUE"))
    var policy: [String] = []

    @Option(help: ArgumentHelp("Another version of the rules; 0 is the wire contract's base.", valueName: "N"))
    var rules: UInt32?

    func validate() throws {
        _ = try overrides()
        _ = try version()
    }

    func overrides() throws -> PolicyOverrides? {
        do {
            return policy.isEmpty ? nil : try PolicyOverrides(policy)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    func version() throws -> RulesVersion? {
        guard let rules else { return nil }
        guard let version = RulesVersion(rawValue: rules) else {
            let known = RulesVersion.allCases.map { String($0.rawValue) }.joined(separator: ", ")
            throw ValidationError("there is no version \(rules) of the rules; there are \(known)")
        }
        return version
    }

    /// A hypothesis of both.
    func hypothesis() throws -> Assumptions { Assumptions(policy: try overrides(), rules: try version()) }
}

extension Parse {
    /// A key, or a key with its role: `npub1…:admin`.
    static func member(_ text: String) throws -> (key: PublicKey, role: Role) {
        guard let colon = text.lastIndex(of: ":") else { return (try key(text), .member) }
        switch text[text.index(after: colon)...] {
        case "member": return (try key(String(text[..<colon])), .member)
        case "admin": return (try key(String(text[..<colon])), .admin)
        case let other: throw ValidationError("\(other) is no role to give; expected member or admin")
        }
    }

    /// A signed event in a file.
    ///
    /// - Throws: `ReplayFailure` for a file that cannot be read, and for what is no event or not signed by its author.
    static func event(inFile path: String) throws -> Event {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ReplayFailure(.negative, "\(path) cannot be read; expected a file with one signed event as JSON")
        }
        do {
            let event = try Event.parse(Array(data), limits: .incoming)
            try event.verify()
            return event
        } catch {
            throw ReplayFailure(.negative, "\(path) is no signed event: \(error.message)")
        }
    }
}
