import Foundation
import Testing

@testable import Relay

@Suite struct SettingsTests {
    private func load(
        _ flags: [String: String] = [:], _ environment: [String: String] = [:], file: String? = nil
    ) throws -> Settings {
        try SettingsLoader.load(flags: flags, environment: environment, file: file).settings
    }

    private func write(_ text: String, _ ending: String) throws -> String {
        let path = NSTemporaryDirectory() + "ringdown-\(UUID().uuidString).\(ending)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func flagsWinOverVariablesAndVariablesOverTheFile() throws {
        let file = try write("name = \"file\"\ndescription = \"file\"\nlisten = \"[::1]:1\"", "toml")
        defer { try? FileManager.default.removeItem(atPath: file) }
        let settings = try load(
            ["name": "flag"], ["RINGDOWN_NAME": "variable", "RINGDOWN_DESCRIPTION": "variable"], file: file)
        #expect(settings.name == "flag")
        #expect(settings.about == "variable")
        #expect(settings.listen?.host == "::1" && settings.listen?.port == 1)
    }

    @Test func aFileMayBeJSON() throws {
        let file = try write(#"{"open":true,"url":["wss://a.example","wss://b.example/mesh"],"threads":3}"#, "json")
        defer { try? FileManager.default.removeItem(atPath: file) }
        let settings = try load(file: file)
        #expect(!settings.policy.requireMembership)
        #expect(settings.urls == ["wss://a.example", "wss://b.example/mesh"])
        #expect(settings.limits.threads == 3)
    }

    @Test(
        arguments: [
            ("listen", "7447", "HOST:PORT"), ("listen", "host:99999", "HOST:PORT"), ("owner", "me", "npub"),
            ("url", "http://x", "ws://"), ("dialect", "french", "sprout or buzz"), ("open", "maybe", "true or false"),
            ("staleness_seconds", "0", "from 1"), ("staleness_seconds", "soon", "whole number"),
            ("maximum_limit", "-1", "from 1"), ("note_lifetime_seconds", "60", "more than"),
            ("origin", "with space", "without a scheme"), ("log_level", "loud", "trace"),
        ])
    func aWrongValueIsRefusedWithItsNameAndWhatWasExpected(name: String, value: String, expected: String) {
        #expect {
            try load([name: value])
        } throws: { error in
            "\(error)".contains(name) && "\(error)".contains(expected)
        }
    }

    @Test func whatIsNoSettingIsRefused() {
        #expect(throws: SettingsError.self) { try load(["colour": "red"]) }
        #expect(throws: SettingsError.self) { try load([:], ["RINGDOWN_COLOUR": "red"]) }
        #expect(throws: SettingsError.self) { try load(file: "/nonexistent/ringdown.toml") }
    }

    @Test func anErrorNeverRepeatsASecretKey() {
        #expect {
            try load(["owner": "nsec1secret"])
        } throws: { error in
            !"\(error)".contains("nsec1secret")
        }
    }

    @Test(
        arguments: [
            ("ws://127.0.0.1:7447", "localhost"), ("WSS://Relay.Example.com/", "relay.example.com"),
            ("ws://[::1]:80/path", "localhost"), ("wss://relay.example.com:8443/mesh/", "relay.example.com"),
        ])
    func theHostOfARelayAddress(text: String, host: String) {
        #expect(RelayURL(text)?.host == host)
    }

    @Test(arguments: ["", "ws://", "http://relay.example.com", "ws://user@host", "relay.example.com", "ws://[::1"])
    func whatIsNoRelayAddress(text: String) {
        #expect(RelayURL(text) == nil)
    }

    @Test func everySettingSaysWhatItMeans() {
        for setting in Setting.all {
            #expect(setting.summary != setting.name && setting.summary.contains(" "), "\(setting.name) has no summary")
            #expect(!setting.expected.isEmpty)
        }
        #expect(Set(Setting.all.map(\.name)).count == Setting.all.count, "a name is there twice")
    }
}
