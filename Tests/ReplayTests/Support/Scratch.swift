import Foundation

/// A directory for what a test makes; it goes away with the test.
final class Scratch {
    let directory: String

    init() throws {
        directory = NSTemporaryDirectory() + "ringdown-replay-scratch-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    /// What is in it.
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: directory).sorted() }
}
