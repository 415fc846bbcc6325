import Foundation
import Log

/// A story's entries as a log of their own, for tools that read logs:
///
///     RINGDOWN_STORY_LOGS=/tmp/stories swift test --filter Stories
///
/// makes `/tmp/stories/01-grant` and so on, each a data directory without keys. What a `table` tries is not in it.
enum StoryLog {
    /// Where the logs go; `nil` if nobody wants them.
    static var directory: String? { ProcessInfo.processInfo.environment["RINGDOWN_STORY_LOGS"] }

    static func write(_ world: StoryWorld, of story: StoryFile, under directory: String) throws {
        let path = "\(directory)/\(story.name.dropLast(".txt".count))"
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let log = try EventLog.open(directory: path, mode: .readWrite)
        let batch = try log.beginBatch()
        for entry in world.entries { _ = try batch.append(entry.draft, time: entry.time) }
        try batch.commit()
    }
}
