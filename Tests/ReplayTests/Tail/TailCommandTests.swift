import Log
import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct TailCommandTests {
    @Test func theLatestEntriesAreThoseOfLog() throws {
        let story = try Story.day()
        let all = Tool.run("log", "--data", story.directory, "--json").lines
        #expect(Tool.run("tail", "--data", story.directory).lines == Array(all.suffix(10)))
        #expect(Tool.run("tail", "--data", story.directory, "-n", "3").lines == Array(all.suffix(3)))
        #expect(Tool.run("tail", "--data", story.directory, "-n", "0").output.isEmpty)
        #expect(Tool.run("tail", "--data", story.directory, "-n", "1000").lines == all)
        let text = Tool.run("log", "--data", story.directory).lines
        #expect(Tool.run("tail", "--data", story.directory, "--text", "-n", "5").lines == Array(text.suffix(5)))
    }

    @Test func theCountIsOfWhatIsAskedFor() throws {
        let story = try Story.day()
        let requests = Tool.run("log", "--data", story.directory, "--kind", "24621", "--json").lines
        #expect(
            Tool.run("tail", "--data", story.directory, "--kind", "24621", "-n", "4").lines == Array(requests.suffix(4))
        )
        let bob = Story.key("bob").publicKey
        let bobs = Tool.run("log", "--data", story.directory, "--key", bob.npub, "--json").lines
        #expect(Tool.run("tail", "--data", story.directory, "--key", bob.hex, "-n", "2").lines == Array(bobs.suffix(2)))
        #expect(Tool.run("tail", "--data", story.directory, "--kind", "24621", "-n", "100").lines == requests)
    }

    @Test func colourTellsHowADecisionEnded() throws {
        let story = try Story.day()
        let lines = Tool.run("tail", "--data", story.directory, "-n", "100", "--color", "always").lines
        #expect(lines.contains { $0.contains("\u{1b}[32mdecision  granted") })
        #expect(lines.contains { $0.contains("\u{1b}[31mdecision  refused") })
        #expect(lines.contains { $0.contains("\u{1b}[36msigned    24622 call-me-now") })
        #expect(lines.contains { $0.contains("\u{1b}[33meffect  ") })
        // No colour goes on behind its line.
        #expect(lines.allSatisfy { $0.split(separator: "\u{1b}").last?.hasPrefix("[0m") == true })
        #expect(!Tool.run("tail", "--data", story.directory, "--text").output.contains("\u{1b}"))
    }

    @Test func colourIsForTerminalsThatWantIt() {
        func environment(_ values: [String: String]) -> (String) -> String? { { values[$0] } }
        #expect(ColourChoice.auto.applies(toTerminal: true, environment: environment([:])))
        #expect(ColourChoice.auto.applies(toTerminal: true, environment: environment(["NO_COLOR": ""])))
        #expect(!ColourChoice.auto.applies(toTerminal: true, environment: environment(["NO_COLOR": "1"])))
        #expect(!ColourChoice.auto.applies(toTerminal: true, environment: environment(["TERM": "dumb"])))
        #expect(!ColourChoice.auto.applies(toTerminal: false, environment: environment([:])))
        #expect(ColourChoice.always.applies(toTerminal: false, environment: environment(["NO_COLOR": "1"])))
        #expect(!ColourChoice.never.applies(toTerminal: true, environment: environment([:])))
    }

    @Test func whatCannotBeIsRefused() throws {
        let story = try Story.day()
        #expect(Tool.run("tail", "--data", story.directory, "-n", "many").status == 64)
        #expect(Tool.run("tail", "--data", story.directory, "-n", "2000000").status == 64)
        #expect(Tool.run("tail", "--data", story.directory, "--text", "--json").status == 64)
        #expect(Tool.run("tail", "--data", story.directory, "--color", "blue").status == 64)
        #expect(Tool.run("tail", "--data", story.directory + "/none").status == 66)
    }
}
