import Log
import Nostr
import Reducers
import Testing

@testable import Replay

@Suite struct AttemptCommandTests {
    private let alice = Story.key("alice").publicKey
    private let bob = Story.key("bob").publicKey

    /// Both ends ask under the same id; the first call is dropped for the target, the second arrives.
    private func twice() throws -> (story: Story, first: Step, second: Step) {
        let story = try Story()
        try story.begin(members: ["alice", "bob"])
        let alice = try story.connect("alice", listening: true)
        let bob = try story.connect("bob", listening: true)
        let first = try story.append(
            .event(story.request(from: "alice", to: "bob", attempt: "attempt-one"), session: alice))
        try story.append(.delivered(Delivery(output: first.events[0].seq, written: [alice], dropped: [])))
        try story.append(.delivered(Delivery(output: first.events[1].seq, written: [], dropped: [bob])))
        story.clock += 1_500_000
        let second = try story.append(
            .event(story.request(from: "bob", to: "alice", attempt: "attempt-one"), session: bob))
        try story.append(.delivered(Delivery(output: second.events[0].seq, written: [bob], dropped: [])))
        story.clock += 5_000
        try story.append(.delivered(Delivery(output: second.events[1].seq, written: [alice], dropped: [])))
        story.clock += 20_000_000
        try story.append(.event(story.request(from: "alice", to: "bob", attempt: "attempt-two"), session: alice))
        return (story, first, second)
    }

    private func attempt(_ story: Story, _ id: String) throws -> JSONValue {
        try #require(Tool.run("attempt", "--data", story.directory, "--json", id).objects().first)
    }

    @Test func bothMachinesRequestsStandTogetherWithWhatWasDelivered() throws {
        let (story, first, second) = try twice()
        let answer = try attempt(story, "attempt-one")
        let requests = answer["requests"]?.arrayValue ?? []
        #expect(requests.compactMap { $0["position"]?.unsignedInteger } == [first.position.seq, second.position.seq])
        #expect(requests[0]["target"]?["rung"]?.boolValue == false)
        #expect(requests[0]["target_deliveries"]?.arrayValue?.first?["dropped"]?.arrayValue?.count == 1)
        #expect(requests[1]["target_deliveries"]?.arrayValue?.first?["after_us"]?.integer == 7_000)
        #expect(requests[1]["target_end"]?["listening"]?.boolValue == true)
        #expect(answer["next_attempt"]?.unsignedInteger == second.position.seq + 6)
        let output = Tool.run("attempt", "--data", story.directory, "attempt-one").output
        #expect(output.contains("attempt attempt-one: 2 requests"))
        #expect(
            output.contains("written to session 10, 7.000 ms after the decision") || output.contains("7.000 ms after"))
        #expect(output.contains("20 s later, granted"))
    }

    @Test func itIsFoundByRequestByCallByPositionAndByItsBeginning() throws {
        let (story, first, _) = try twice()
        let entries = try Tool.run("log", "--data", story.directory, "--json").objects()
        let call = try #require(entries[Int(first.events[0].seq)]["event"]?.stringValue).string
        let request = try #require(entries[Int(first.position.seq)]["event"]?.stringValue).string
        for name in [request, call, "\(first.position.seq)", "\(first.events[1].seq)", "attempt-o"] {
            #expect(try attempt(story, name)["attempt_id"]?.stringValue == "attempt-one")
        }
    }

    @Test func aRefusalShowsHowBothEndsStoodAllTheSame() throws {
        let story = try Story.day()
        let answer = try attempt(story, "46")
        #expect(answer["attempt_id"]?.stringValue == "a3")
        let request = try #require(answer["requests"]?.arrayValue?.first)
        #expect(request["outcome"]?.stringValue == "refused")
        #expect(request["requester_end"]?["listening"]?.boolValue == true)
        #expect(request["target_end"]?["stopped_listening"]?["how"]?.stringValue == "removed")
    }

    @Test(arguments: [
        ("attempt-", "more than one attempt begins with attempt-"), ("nothing", "no attempt nothing in this log"),
        ("atte", "no attempt atte"), ("3", "is operator, not a connect request"), ("9999", "the log has no entry 9999"),
    ])
    func whatCannotBeToldIsRefused(_ id: String, _ message: String) throws {
        let (story, _, _) = try twice()
        for verb in ["attempt", "trace"] {
            let run = Tool.run(verb, "--data", story.directory, id)
            #expect(run.status == 1)
            #expect(run.output.isEmpty)
            #expect(run.complaint.contains(message), "\(run.complaint)")
        }
    }

    @Test func anEmptyLogHasNoAttempts() throws {
        let story = try Story()
        for verb in ["attempt", "trace"] {
            #expect(Tool.run(verb, "--data", story.directory, "x").complaint.contains("the log is empty"))
        }
    }

    @Test func anErasedRequestIsSaidToBeErased() throws {
        let (story, first, _) = try twice()
        let batch = try story.log.beginBatch()
        _ = try batch.erase([first.position.seq])
        try batch.commit()
        for verb in ["attempt", "trace", "why"] {
            let run = Tool.run(verb, "--data", story.directory, "\(first.position.seq)")
            #expect(run.status == 1)
            #expect(run.complaint.contains("its payload was erased"), "\(run.complaint)")
        }
    }

    @Test func theTraceHasALaneForEachEndAndFitsOnAHundredColumns() throws {
        let (story, first, second) = try twice()
        let run = Tool.run("trace", "--data", story.directory, "attempt-one")
        #expect(run.status == 0)
        #expect(run.lines.allSatisfy { $0.count <= 100 }, "\(run.lines.map(\.count).max() ?? 0)")
        let answer = try #require(
            Tool.run("trace", "--data", story.directory, "--json", "attempt-one").objects().first)
        let rows = answer["rows"]?.arrayValue ?? []
        func row(_ seq: UInt64) -> JSONValue? { rows.first { $0["position"]?.unsignedInteger == seq } }
        #expect(row(first.position.seq)?["offset_us"]?.integer == 0)
        #expect(row(first.position.seq)?["lane"]?.stringValue == "requester")
        #expect(row(first.position.seq + 1)?["what"]?.stringValue == "granted")
        #expect(row(first.events[1].seq)?["lane"]?.stringValue == "target")
        #expect(rows.first { $0["what"]?.stringValue == "dropped" }?["lane"]?.stringValue == "target")
        // The other machine asks: in this trace it is the target.
        #expect(row(second.position.seq)?["lane"]?.stringValue == "target")
        #expect(row(second.position.seq)?["offset_us"]?.integer == 1_503_000)
        #expect(rows.filter { $0["what"]?.stringValue == "listens" }.count == 2)
        #expect(rows.contains { ($0["text"]?.stringValue?.string ?? "").contains("attempt-two") } == false)
    }

    @Test func theTraceBeginsAndEndsWhereItIsTold() throws {
        let (story, _, _) = try twice()
        func whats(_ arguments: String...) throws -> [String] {
            let run = Tool.run(["trace", "--data", story.directory, "--json", "attempt-one"] + arguments)
            return try run.objects().first?["rows"]?.arrayValue?.compactMap { $0["what"]?.stringValue?.string } ?? []
        }
        #expect(try whats("--before", "0").first == "request")
        #expect(try whats("--after", "30").filter { $0 == "request" }.count == 3)
        #expect(Tool.run("trace", "--data", story.directory, "x", "--before", "99999").status == 64)
    }
}
