import Log
import Nostr
import Reducers

/// A session with the debugger: takes commands, one a line, and prints what they come to.
final class StepSession {
    private let debugger: Debugger
    private let console: Console
    private let names: KeyNames
    private let printsJSON: Bool
    private let isInterrupted: () -> Bool
    private let colours: Bool
    private var breakpoints: [(text: String, condition: Condition)] = []
    private var repeatable: String?
    /// Commands that could not be done.
    private(set) var failures = 0

    init(
        _ debugger: Debugger, _ console: Console, names: KeyNames, printsJSON: Bool, colours: Bool,
        isInterrupted: @escaping () -> Bool
    ) {
        self.debugger = debugger
        self.console = console
        self.names = names
        self.printsJSON = printsJSON
        self.colours = colours
        self.isInterrupted = isInterrupted
    }

    /// Where it stands: what comes before a command on a terminal.
    func prompt() throws -> String {
        let leaf = debugger.step.input.leaf
        return "[\(leaf.seq)/\(try debugger.size() - 1) \(Timestamp.text(leaf.time).dropFirst(11).dropLast())] "
    }

    /// Does one command; `false` to leave.
    func run(_ line: String) throws -> Bool {
        let words = line.split(separator: " ").map(String.init)
        let typed = words.isEmpty ? repeatable?.split(separator: " ").map(String.init) ?? [] : words
        guard let verb = typed.first else { return true }
        repeatable = ["n", "b", "s", "sb", "c", "cb"].contains(verb) ? typed.joined(separator: " ") : nil
        if ["q", "quit", "exit"].contains(verb) { return false }
        do {
            try perform(verb, Array(typed.dropFirst()))
        } catch let error as ReplayFailure where error.status == .negative {
            try fail(error.message)
        } catch let error as TextError {
            try fail(error.description)
        }
        return true
    }

    private func fail(_ message: String) throws {
        failures += 1
        if printsJSON {
            var json = JSONWriter()
            json.beginObject()
            json.field("error", message)
            json.endObject()
            try console.output.line(utf8: json.bytes)
        } else {
            try console.output.line("error: \(message)")
        }
    }

    private func perform(_ verb: String, _ words: [String]) throws {
        switch verb {
        case "n", "next": try move(words, "the log ends here") { try self.debugger.next() }
        case "b", "back": try move(words, "the log begins here") { try self.debugger.back() }
        case "s", "decision": try decision(words, backwards: false)
        case "sb": try decision(words, backwards: true)
        case "c", "continue": try goOn(backwards: false)
        case "cb": try goOn(backwards: true)
        case "g", "go": try go(words)
        case "d", "diff": try diff(words)
        case "bp", "break": try breakpoint(words)
        case "p", "print": try inspect(words)
        case "why": try why()
        case "l", "here": try show(changes: nil)
        case "?", "h", "help": for line in StepHelp.lines { try console.output.line(line) }
        default: throw TextError(description: "there is no command \(verb); ? lists them")
        }
    }

    // MARK: Moving

    private func move(_ words: [String], _ end: String, _ once: () throws -> Bool) throws {
        let count = try count(words)
        let before = debugger.state
        let start = debugger.step.input.leaf.seq
        for _ in 0..<count {
            guard !isInterrupted() else { break }
            guard try once() else {
                try note(end)
                break
            }
        }
        let isForward = debugger.step.input.leaf.seq > start
        try show(changes: isForward ? StateChange.all(from: before, to: debugger.state) : nil)
    }

    private func count(_ words: [String]) throws -> Int {
        guard let word = words.first else { return 1 }
        guard let count = Int(word), (1...1_000_000).contains(count) else {
            throw TextError(description: "\(word) is no number of steps; expected 1 to 1000000")
        }
        return count
    }

    private func decision(_ words: [String], backwards: Bool) throws {
        let key = try words.first.map(StepSession.key)
        try run(backwards: backwards, what: "decision" + (key.map { " of \(names($0))" } ?? "")) { scene in
            guard let decision = scene.step.decision else { return false }
            return key == nil || decision.author == key || decision.target == key
        }
    }

    private func goOn(backwards: Bool) throws {
        guard !breakpoints.isEmpty else {
            throw TextError(description: "there is no breakpoint to stop at; set one, such as bp outcome == refused")
        }
        let conditions = breakpoints.map(\.condition)
        try run(backwards: backwards, what: "step at which a breakpoint holds") { scene in
            conditions.contains { $0.holds(in: scene) }
        }
    }

    private func run(backwards: Bool, what: String, until isWanted: (Scene) -> Bool) throws {
        let found =
            backwards
            ? try debugger.runBack(isInterrupted: isInterrupted, until: isWanted)
            : try debugger.run(isInterrupted: isInterrupted, until: isWanted)
        if !found {
            try note(
                isInterrupted()
                    ? "interrupted" : "no \(what) \(backwards ? "before this" : "after this: the log ends here")")
            StopSignal.install()
        }
        let before = try debugger.stateBefore()
        try show(changes: StateChange.all(from: before, to: debugger.state))
    }

    private func go(_ words: [String]) throws {
        try debugger.go(before: try end(of: words))
        try show(changes: nil)
    }

    /// The first position that is not part of a point.
    private func end(of words: [String]) throws -> UInt64 {
        guard let word = words.first else {
            throw TextError(description: "where to? Give a position, a time or an event")
        }
        let point = try LogPoint(parsing: word)
        return try debugger.log.read { reader in
            try Lookup.end(of: point, now: console.now, in: reader, progress: console.progress.update)
        }
    }

    // MARK: Looking

    private func note(_ text: String) throws {
        if !printsJSON { try console.output.line(text) }
    }

    private func show(changes: [StateChange]?) throws {
        let words = EntryWords(names: names, sessions: debugger.sessions)
        let text = EntryText(words: words)
        let step = debugger.step
        if printsJSON {
            var json = JSONWriter()
            json.beginObject()
            json.field("position", step.input.leaf.seq)
            json.field("time", Timestamp.text(step.input.leaf.time, .microseconds))
            json.field("type", EntryWords.type(step.input))
            json.field("text", words.text(step.input))
            json.field("outcome", StepResult(step).outcome)
            json.field("code", step.decision?.code)
            json.list("changes", changes ?? []) { change, json in ChangeText(names: names).write(change, to: &json) }
            json.endObject()
            return try console.output.line(utf8: json.bytes)
        }
        try console.output.line(text.line(step.input))
        for output in step.outputs { try console.output.line(coloured(text.line(output), output)) }
        try print(changes ?? [])
    }

    private func coloured(_ line: String, _ entry: RecordedEntry) -> String {
        guard colours, let outcome = entry.decision?.outcome else { return line }
        return outcome == .refused ? Colour.red(line) : Colour.green(line)
    }

    private func print(_ changes: [StateChange]) throws {
        let text = ChangeText(names: names)
        for change in changes {
            let line = "           \(Column.padded(change.area.rawValue, to: 8)) \(text.line(change))"
            try console.output.line(colours ? Colour.faint(line) : line)
        }
    }

    /// What this step changed, or everything since a point.
    private func diff(_ words: [String]) throws {
        let changes: [StateChange]
        if words.isEmpty {
            changes = StateChange.all(from: try debugger.stateBefore(), to: debugger.state)
        } else {
            let end = try end(of: words)
            let there = try debugger.log.read { reader in try Replayer.state(of: reader, before: end) }
            let isEarlier = end <= debugger.step.input.leaf.seq
            changes =
                isEarlier
                ? StateChange.all(from: there, to: debugger.state) : StateChange.all(from: debugger.state, to: there)
        }
        if printsJSON {
            for change in changes {
                var json = JSONWriter()
                json.beginObject()
                ChangeText(names: names).write(change, to: &json)
                json.endObject()
                try console.output.line(utf8: json.bytes)
            }
        } else if changes.isEmpty {
            try console.output.line("nothing differs")
        } else {
            try print(changes)
        }
    }

    private func breakpoint(_ words: [String]) throws {
        if words.first == "clear" {
            guard let word = words.dropFirst().first else { return breakpoints.removeAll() }
            guard let number = Int(word), breakpoints.indices.contains(number - 1) else {
                throw TextError(description: "there is no breakpoint \(word); bp lists them")
            }
            breakpoints.remove(at: number - 1)
        } else if !words.isEmpty {
            let text = words.joined(separator: " ")
            breakpoints.append((text, try ConditionParser.parse(text)))
        }
        for (index, breakpoint) in breakpoints.enumerated() { try note("\(index + 1)  \(breakpoint.text)") }
        if breakpoints.isEmpty { try note("no breakpoints; set one, such as bp kind == 24621 and outcome == refused") }
    }

    private func inspect(_ words: [String]) throws {
        let printer = StatePart(state: debugger.state, names: names)
        if printsJSON { return try console.output.line(utf8: StateText(state: debugger.state, names: names).json) }
        for line in try printer.lines(words) { try console.output.line(line) }
    }

    private func why() throws {
        try debugger.log.read { reader in
            let explanation = try Explainer.explain(debugger.step.input.leaf.seq, in: reader, progress: { _, _ in })
            for entry in explanation.entries { try debugger.sessions.learn(from: entry, in: reader) }
            let text = ExplanationText(
                explanation: explanation, words: EntryWords(names: names, sessions: debugger.sessions),
                directory: debugger.log.directory)
            try console.output.answer(text, asJSON: printsJSON)
        }
    }

    static func key(_ text: String) throws(TextError) -> PublicKey {
        do { return try PublicKey(parsing: text) } catch { throw TextError(description: error.message) }
    }
}
