import Foundation

/// A story: a script of commands, each followed by `----` and exactly what comes of it, in the manner of etcd's raft
/// testdata. Lines that begin with `#` and blank lines tell the reader what is going on.
struct StoryFile {
    enum Part {
        case prose(String)
        /// One command, which may take several lines, and the number of its first one.
        case command([String], line: Int, expected: [String])
    }

    let path: String
    let parts: [Part]

    var name: String { URL(fileURLWithPath: path).lastPathComponent }

    init(path: String) throws {
        self.path = path
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var lines = text.components(separatedBy: "\n")[...]
        if lines.last == "" { lines.removeLast() }
        var parts: [Part] = []
        while let line = lines.first {
            guard !line.isEmpty, !line.hasPrefix("#") else {
                parts.append(.prose(lines.removeFirst()))
                continue
            }
            let number = lines.startIndex + 1
            let command = StoryFile.takeBlock(from: &lines)
            var expected: [String] = []
            if lines.first == "----" {
                lines.removeFirst()
                expected = StoryFile.takeBlock(from: &lines)
            }
            parts.append(.command(command, line: number, expected: expected))
        }
        self.parts = parts
    }

    private static func takeBlock(from lines: inout ArraySlice<String>) -> [String] {
        var block: [String] = []
        while let line = lines.first, !line.isEmpty, line != "----" { block.append(lines.removeFirst()) }
        return block
    }

    /// The story again, with what its commands really come to.
    func rewritten(_ run: ([String]) throws -> [String]) rethrows -> String {
        var text = ""
        for part in parts {
            switch part {
            case .prose(let line): text += line + "\n"
            case .command(let command, _, _):
                text += (command + ["----"] + (try run(command))).joined(separator: "\n") + "\n"
            }
        }
        return text
    }

    /// Every story of the repository.
    static var all: [String] {
        let directory = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../Snapshots").standardized
            .path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasSuffix(".txt") }.sorted().map { directory + "/" + $0 }
    }
}
