import ArgumentParser
import Foundation

/// How settings are given on a command line: the same for everything that needs them.
struct SettingsOptions: ParsableArguments {
    @Option(help: "The directory that holds the log and the keys; made when missing.")
    var data: String?

    @Option(help: "Where to listen: HOST:PORT.")
    var listen: String?

    @Option(help: "The public key that owns the relay: hex or npub.")
    var owner: String?

    @Option(help: ArgumentHelp("A public address of the relay; may be given several times.", valueName: "ws://name"))
    var url: [String] = []

    @Flag(help: "Require no membership: every authenticated key passes the gate.")
    var open = false

    @Option(help: "Which product's spelling the mesh events use: sprout or buzz.")
    var dialect: String?

    @Option(
        help: ArgumentHelp(
            "A witness that cosigns checkpoints (C2SP tlog-witness); may be given several times.",
            valueName: "https://name"))
    var witness: [String] = []

    @Option(help: "Whose cosignatures a checkpoint needs: a file (C2SP tlog-policy).")
    var witnessPolicy: String?

    @Option(help: "A TOML or JSON file with settings.")
    var config: String?

    @Option(help: ArgumentHelp("Any setting; may be given several times.", valueName: "name=value"))
    var set: [String] = []

    private func flags() throws -> [String: String] {
        var flags: [String: String] = [:]
        for pair in set {
            guard let equals = pair.firstIndex(of: "=") else {
                throw SettingsError(description: "--set \(pair): expected NAME=VALUE")
            }
            flags[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        if let data { flags["data"] = data }
        if let listen { flags["listen"] = listen }
        if let owner { flags["owner"] = owner }
        if !url.isEmpty { flags["url"] = url.joined(separator: ",") }
        if !witness.isEmpty { flags["witness"] = witness.joined(separator: ",") }
        if let witnessPolicy { flags["witness_policy"] = witnessPolicy }
        if open { flags["open"] = "true" }
        if let dialect { flags["dialect"] = dialect }
        return flags
    }

    /// Reads all of them. Asked again, it reads file and environment anew.
    func load() throws -> LoadedSettings {
        try SettingsLoader.load(
            flags: try flags(), environment: ProcessInfo.processInfo.environment, file: config)
    }
}
