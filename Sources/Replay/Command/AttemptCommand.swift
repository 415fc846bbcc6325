import ArgumentParser
import Log
import Reducers

/// `attempt`: one attempt with both its halves.
struct AttemptCommand: ReplaySubcommand {
    static let configuration = CommandConfiguration(
        commandName: "attempt",
        abstract: "What became of this attempt? Both halves, who was subscribed, what was delivered, what came next.",
        discussion: """
            ID is an attempt's id, as both machines' logs and every 24621 and 24622 have it (its beginning will do), or the \
            id or position of a request or call-me-now. Requests of the other machine under the same id are shown, too.

              ringdown-replay attempt --data DIR 8f14e45f-ceea
              ringdown-replay attempt --data DIR 29 --json
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("An attempt's id, an event's id, or a position.", valueName: "ID"))
    var id: String

    func validate() throws {
        guard !id.isEmpty else { throw ValidationError("an attempt's id is not empty") }
    }

    func execute(_ console: Console) throws -> Int32 {
        try common.open().read { reader in
            guard reader.size > 0 else { throw Lookup.beyond(0, 0) }
            console.progress.begin("looking for the attempt")
            let (id, requests) = try AttemptSearch.find(
                self.id, before: reader.size, in: reader, progress: console.progress.update)
            console.progress.begin("replaying")
            let story = try AttemptStory(id: id, requests: requests, in: reader, progress: console.progress.update)
            let text = AttemptStoryText(story: story, names: common.names)
            try console.output.answer(text, asJSON: common.printsJSON)
        }
        return 0
    }
}
