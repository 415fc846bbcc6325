import ArgumentParser
import Foundation
import Nostr

/// `ringdown-relay config`.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show every setting: its value, where it comes from, and what it means.",
        discussion: """
            Takes the same flags, environment and file as `run`, and starts nothing. Exit code 64 when something is wrong with
            them, so `ringdown-relay config --config FILE > /dev/null` checks a file before a reload. Examples:

              ringdown-relay config --config /etc/ringdown.toml
              ringdown-relay config --toml > ringdown.toml      # every setting, with its default, as a commented file
            """)

    @OptionGroup var options: SettingsOptions
    @Flag(help: "One JSON object a line: name, value, source, default, expected, summary.") var json = false
    @Flag(help: "Print a TOML file with every setting; what has its default is commented out.") var toml = false

    func run() async throws {
        do {
            let loaded = try options.load()
            for setting in Setting.all {
                if json {
                    print(object(setting, loaded))
                } else if toml {
                    print(tomlLines(setting, loaded))
                } else {
                    print(lines(setting, loaded))
                }
            }
        } catch {
            throw Failure.report(error)
        }
    }

    private func lines(_ setting: Setting, _ loaded: LoadedSettings) -> String {
        let value = setting.show(loaded.settings)
        let source = loaded.origins[setting.name] ?? "default"
        return "\(setting.name) = \(value.isEmpty ? "(none)" : value)  [\(source)]\n    \(setting.summary)"
    }

    private func tomlLines(_ setting: Setting, _ loaded: LoadedSettings) -> String {
        let isGiven = loaded.origins[setting.name] != nil
        let value = setting.show(loaded.settings)
        let isPlain = value == "true" || value == "false" || Int64(value) != nil
        let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let quoted = isPlain ? value : "\"\(escaped)\""
        return "# \(setting.summary): \(setting.expected)\n\(isGiven ? "" : "# ")\(setting.name) = \(quoted)\n"
    }

    private func object(_ setting: Setting, _ loaded: LoadedSettings) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.field("name", setting.name)
        json.field("value", setting.show(loaded.settings))
        json.field("source", loaded.origins[setting.name] ?? "default")
        json.field("default", setting.show(Settings()))
        json.field("expected", setting.expected)
        json.field("summary", setting.summary)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
