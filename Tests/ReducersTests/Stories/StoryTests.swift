import Foundation
import Testing

/// Runs every story in `Snapshots/`. When behaviour is meant to change, rewrite them and read the difference:
///
///     RINGDOWN_REWRITE_STORIES=1 swift test --filter Stories
@Suite struct Stories {
    @Test(arguments: StoryFile.all)
    func aStoryComesOutAsItIsWritten(path: String) throws {
        let story = try StoryFile(path: path)
        let world = StoryWorld()
        if ProcessInfo.processInfo.environment["RINGDOWN_REWRITE_STORIES"] != nil {
            try story.rewritten { try world.run($0) }.write(toFile: path, atomically: true, encoding: .utf8)
            return
        }
        for case .command(let command, let line, let expected) in story.parts {
            let actual = try world.run(command)
            guard actual != expected else { continue }
            let (written, told) = (expected.joined(separator: "\n"), actual.joined(separator: "\n"))
            Issue.record("\(story.name):\(line): \(command[0])\nthe story says:\n\(written)\nit comes to:\n\(told)")
        }
        if let directory = StoryLog.directory { try StoryLog.write(world, of: story, under: directory) }
    }

    @Test func thereAreStories() {
        #expect(StoryFile.all.count >= 10)
    }
}
