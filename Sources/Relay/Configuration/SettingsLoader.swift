import Configuration
import Foundation
import Nostr
import TOMLKit

/// A setting that cannot be used: refused at the start, with its name and what was expected.
public struct SettingsError: Error, Equatable, CustomStringConvertible {
    /// The message for the operator.
    public var description: String
}

/// Settings, and where each that was given comes from: the command line, the environment, or a file's path.
struct LoadedSettings: Sendable {
    var settings: Settings
    /// By name; what is not here has its default.
    var origins: [String: String]
}

extension Settings {
    /// What no single setting can say by itself.
    func checkTogether() throws(SettingsError) {
        guard policy.noteLifetimeSeconds > policy.stalenessSeconds else {
            throw SettingsError(
                description: "note_lifetime_seconds is \(policy.noteLifetimeSeconds), expected more than "
                    + "staleness_seconds (\(policy.stalenessSeconds))")
        }
    }
}

/// Reads the settings: flags first, then environment variables, then a file, then the defaults.
enum SettingsLoader {
    /// The largest configuration file that is read.
    private static let maximumFileBytes = 1_048_576

    /// - Parameters:
    ///   - flags: settings given on the command line, by name.
    ///   - environment: the process's environment; variables that begin with `RINGDOWN_` count.
    ///   - file: the path of a TOML or JSON file.
    static func load(flags: [String: String], environment: [String: String], file: String?) throws -> LoadedSettings {
        try refuseUnknown(flags.keys, in: "the command line")
        let variables = environment.filter { $0.key.hasPrefix("RINGDOWN_") }
        let known = Set(Setting.all.map(\.environmentVariable) + ["RINGDOWN_CONFIG"])
        for variable in variables.keys.sorted() where !known.contains(variable) {
            throw SettingsError(
                description: "environment variable \(variable) names no setting; see `ringdown-relay run --help`")
        }
        var sources: [(name: String, provider: any ConfigProvider)] = [
            ("command line", provider(flags, name: "command line")),
            ("environment", EnvironmentVariablesProvider(environmentVariables: variables)),
        ]
        if let path = file ?? variables["RINGDOWN_CONFIG"] {
            let values = try read(path)
            try refuseUnknown(values.keys, in: path)
            sources.append((path, provider(values, name: path)))
        }
        return try settings(from: sources)
    }

    private static func settings(
        from sources: [(name: String, provider: any ConfigProvider)]
    ) throws -> LoadedSettings {
        var settings = Settings()
        var origins: [String: String] = [:]
        for setting in Setting.all {
            for (source, provider) in sources {
                let reader = ConfigReader(provider: provider)
                // Environment names are derived by the provider: ringdown.log_level is RINGDOWN_LOG_LEVEL.
                guard let text = reader.string(forKey: ConfigKey(["ringdown", setting.name])) else { continue }
                guard setting.apply(text, &settings) else {
                    throw SettingsError(
                        description: "\(setting.name) (\(source)) is \(shown(text)), expected \(setting.expected)")
                }
                origins[setting.name] = source
                break
            }
        }
        try settings.checkTogether()
        return LoadedSettings(settings: settings, origins: origins)
    }

    /// The value as an error may repeat it: a secret key given by mistake must not end in a log file.
    private static func shown(_ text: String) -> String {
        text.lowercased().contains("nsec1") ? "a secret key" : "\"\(text)\""
    }

    private static func provider(_ values: [String: String], name: String) -> InMemoryProvider {
        InMemoryProvider(
            name: name,
            values: Dictionary(
                uniqueKeysWithValues: values.map {
                    (AbsoluteConfigKey(["ringdown", $0.key]), ConfigValue(.string($0.value), isSecret: false))
                }))
    }

    private static func refuseUnknown(_ names: some Collection<String>, in source: String) throws {
        guard let unknown = names.sorted().first(where: { Setting.named($0) == nil }) else { return }
        throw SettingsError(
            description: "\(source) sets \"\(unknown)\", which is no setting; see `ringdown-relay run --help`")
    }

    /// Reads a file of settings: one table of names and plain values, or lists of them.
    private static func read(_ path: String) throws -> [String: String] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw SettingsError(
                description: "config file \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { try? handle.close() }
        let data = try handle.read(upToCount: maximumFileBytes + 1) ?? Data()
        guard data.count <= maximumFileBytes else {
            throw SettingsError(description: "config file \(path) is larger than \(maximumFileBytes) bytes")
        }
        return path.hasSuffix(".json") ? try readJSON([UInt8](data), path) : try readTOML(data, path)
    }

    private static func readJSON(_ bytes: [UInt8], _ path: String) throws -> [String: String] {
        let value: JSONValue
        do {
            value = try JSONValue.parse(bytes)
        } catch {
            throw SettingsError(description: "config file \(path) is not JSON: \(error)")
        }
        guard case .object(let object) = value else {
            throw SettingsError(description: "config file \(path) is not a JSON object")
        }
        var values: [String: String] = [:]
        for member in object.members {
            values[member.key.string] = try text(of: member.value, name: member.key.string, path)
        }
        return values
    }

    private static func text(of value: JSONValue, name: String, _ path: String) throws -> String {
        switch value {
        case .string(let text), .number(let text): text.string
        case .bool(let flag): String(flag)
        case .array(let elements): try elements.map { try text(of: $0, name: name, path) }.joined(separator: ",")
        case .object, .null:
            throw SettingsError(description: "\(name) (\(path)) is no plain value")
        }
    }

    private static func readTOML(_ data: Data, _ path: String) throws -> [String: String] {
        let table: TOMLTable
        do {
            table = try TOMLTable(string: String(decoding: data, as: UTF8.self))
        } catch let error as TOMLParseError {
            throw SettingsError(description: "config file \(path) is not TOML: \(error.debugDescription)")
        }
        var values: [String: String] = [:]
        for (name, value) in table { values[name] = try text(of: value, name: name, path) }
        return values
    }

    private static func text(of value: any TOMLValueConvertible, name: String, _ path: String) throws -> String {
        if let text = value.string { return text }
        if let number = value.int { return String(number) }
        if let flag = value.bool { return String(flag) }
        if let array = value.array {
            return try array.map { try text(of: $0, name: name, path) }.joined(separator: ",")
        }
        throw SettingsError(description: "\(name) (\(path)) is no plain value")
    }
}
