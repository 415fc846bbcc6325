import Foundation
import Log
import Nostr
import Reducers
import Testing

@testable import Replay

struct ProveTests {
    private func prove(_ story: Story, _ position: UInt64, note: SignedNote? = nil) throws -> [UInt8] {
        let path = try story.write((note ?? story.note()).text, as: "note")
        let tool = Tool.run("prove", "--data", story.directory, "\(position)", "--checkpoint", path)
        try #require(tool.status == 0, "\(tool.complaint)")
        return Array(tool.output.utf8)
    }

    private func check(_ story: Story, _ file: [UInt8], _ options: [String] = []) throws -> Tool {
        let path = try story.write(String(decoding: file, as: UTF8.self), as: "proof")
        return Tool.run(["check", path, "--vkey", story.verifierKey.text] + options)
    }

    /// The positions of the decisions of a log.
    private func decisions(_ story: Story) throws -> [(seq: UInt64, decision: Decision)] {
        var found: [(seq: UInt64, decision: Decision)] = []
        try story.log.read { reader in
            try reader.forEachEntry { entry in
                if let decision = try RecordedEntry(entry).decision { found.append((entry.leaf.seq, decision)) }
                return true
            }
        }
        return found
    }

    @Test func everyEntryOfADayIsProven() throws {
        let story = try Story.day()
        let size = try story.log.read { $0.size }
        for position in 0..<size {
            let tool = try check(story, prove(story, position))
            #expect(tool.status == 0, "entry \(position): \(tool.output)\(tool.complaint)")
            #expect(tool.lines.first == "PROVEN")
        }
    }

    @Test func aPairingIsProvenWithBothHalvesAndBothMemberships() throws {
        let story = try Story.day()
        let granted = try #require(try decisions(story).first { $0.decision.outcome == .granted })
        let file = try prove(story, granted.seq)
        let object = try #require(try check(story, file, ["--json"]).objects().first)
        #expect(object["proven"]?.boolValue == true)
        #expect(object["subject"]?.stringValue?.string == "pairing")
        #expect(object["positions"]?.arrayValue?.count == 6)
        let text = try check(story, file).output
        #expect(text.contains("signed the two calls that the request gives"))
        for name in ["alice", "bob"] {
            #expect(text.contains("\(Story.key(name).publicKey.hex) was a direct member then: member since entry"))
        }
        #expect(text.contains("no witness's word was asked for"))
        #expect(text.contains("That the calls were delivered"))
    }

    @Test func aRefusalForWantOfMembershipShowsTheAbsence() throws {
        let story = try Story.day()
        let refused = try #require(try decisions(story).first { $0.decision.code == "target_not_member" })
        let text = try check(story, prove(story, refused.seq)).output
        #expect(text.contains("\(Story.key("bob").publicKey.hex) was no direct member then."))
        #expect(text.contains("target_not_member"))
    }

    @Test func whatItProvesStandsAtItsTop() throws {
        let story = try Story.day()
        let granted = try #require(try decisions(story).first { $0.decision.outcome == .granted })
        let file = try JSONValue.parse(prove(story, granted.seq))
        #expect(file.objectValue?.members.prefix(2).map(\.key) == ["proof", "about"])
        let about = file["about"]?.arrayValue?.compactMap { $0.stringValue?.string } ?? []
        #expect(about.contains { $0.contains("asked to be connected to") })
    }

    @Test func theTlogProofsInsideStandByThemselves() throws {
        let story = try Story.day()
        let bundle = try ProofBundle(parsing: prove(story, 20))
        for entry in bundle.entries {
            let tool = try check(story, Array(entry.statement.text.utf8))
            #expect(tool.status == 0, "\(tool.output)")
            #expect(tool.output.contains("a bare proof has no payload"))
        }
    }

    @Test func erasedPayloadsAreToldApartFromOthers() throws {
        let story = try Story.day()
        let granted = try #require(try decisions(story).first { $0.decision.outcome == .granted })
        let call = granted.seq + 1
        let batch = try story.log.beginBatch()
        _ = try batch.erase([call])
        try batch.commit()
        let tool = try check(story, prove(story, granted.seq))
        #expect(tool.status == 0, "\(tool.output)")
        #expect(tool.output.contains("What was in entry \(call): erased"))
    }

    @Test func aCheckpointThatDoesNotCoverTheEntryIsRefused() throws {
        let story = try Story.day()
        let path = try story.write(story.note(at: 10).text, as: "note")
        let tool = Tool.run("prove", "--data", story.directory, "12", "--checkpoint", path)
        #expect(tool.status == 1)
        #expect(tool.complaint.contains("ringdown-relay checkpoint"))
        // The whole of a decision has to be covered.
        let granted = try #require(try decisions(story).first { $0.decision.outcome == .granted })
        let short = try story.write(story.note(at: granted.seq + 1).text, as: "note")
        #expect(Tool.run("prove", "--data", story.directory, "\(granted.seq)", "--checkpoint", short).status == 1)
    }

    @Test func aCheckpointOfAnotherHistoryOrKeyIsRefused() throws {
        let story = try Story.day()
        let forged = SignedNote.sign(Checkpoint(origin: Story.origin, size: 30, root: .zero), story.logKey)
        for note in [forged, try story.note(key: .generate()), try story.note(origin: "other.example/1")] {
            let path = try story.write(note.text, as: "note")
            let tool = Tool.run("prove", "--data", story.directory, "12", "--checkpoint", path)
            #expect(tool.status == 1, "\(tool.output)")
        }
    }

    @Test func aLogWithoutCheckpointsSaysHowToGetOne() throws {
        let story = try Story.day()
        let tool = Tool.run("prove", "--data", story.directory, "12")
        #expect(tool.status == 1)
        #expect(tool.complaint.contains("ringdown-relay checkpoint"))
    }

    @Test func anotherKeyProvesNothing() throws {
        let story = try Story.day()
        let path = try story.write(String(decoding: prove(story, 12), as: UTF8.self), as: "proof")
        let stranger = VerifierKey(origin: Story.origin, publicKey: LogKey.generate().publicKey)
        let tool = Tool.run("check", path, "--vkey", stranger.text)
        #expect(tool.status == 1)
        #expect(tool.output.hasPrefix("NOT PROVEN: the note is not signed by"))
        #expect(Tool.run("check", path, "--vkey", "nonsense").status == 64)
    }

    @Test func aPolicyAsksForItsWitnesses() throws {
        let story = try Story.day()
        let witness = LogKey.generate()
        let vkey = WitnessKey(name: "w.example", publicKey: witness.publicKey)
        let policy = try story.write("witness W \(vkey.text)\nquorum W\n", as: "policy")
        let note = try story.note()
        let alone = try check(story, prove(story, 12, note: note), ["--policy", policy])
        #expect(alone.status == 1)
        #expect(alone.output.contains("lacks the witnesses that the policy asks for"))
        let cosigned = try note.adding(
            [Cosignature.sign(note, name: "w.example", key: witness, time: 1_767_323_100)])
        let tool = try check(story, prove(story, 12, note: cosigned), ["--policy", policy])
        #expect(tool.status == 0, "\(tool.output)")
        #expect(tool.output.contains("The witness W saw this checkpoint at 2026-01-02T03:05:00"))
        let broken = try story.write("witness W \(vkey.text)\nquorum V\n", as: "policy")
        let refused = try check(story, prove(story, 12), ["--policy", broken])
        #expect(refused.status == 1)
        #expect(refused.complaint.contains("line 2 of the policy"))
    }
}

/// Proofs that somebody altered.
struct MutatedProofTests {
    private let story: Story
    private let file: [UInt8]
    private let signatures: NoteCheck

    init() throws {
        story = try Story.day()
        signatures = try NoteCheck(vkey: story.verifierKey, policyPath: nil)
        var request: UInt64 = 0
        try story.log.read { reader in
            try reader.forEachEntry { entry in
                if let decision = try RecordedEntry(entry).decision, decision.outcome == .granted {
                    request = decision.request
                }
                return true
            }
        }
        let position = request
        let (directory, note) = (story.directory, try story.note())
        let log = try EventLog.open(directory: directory, mode: .readOnly)
        file = try log.read { try BundleMaker.bundle(of: position, under: note, in: $0).file }
    }

    private func holds(_ file: [UInt8]) -> Bool {
        do {
            _ = try CheckCommand.check(file, signatures)
            return true
        } catch {
            return false
        }
    }

    @Test func noAlteredBundleHolds() throws {
        #expect(holds(file))
        var generator = SeededGenerator(state: 4)
        var kinds: Set<UInt8> = []
        for _ in 0..<1_000 {
            var altered = file
            let place = Int.random(in: 0..<altered.count, using: &generator)
            kinds.insert(altered[place])
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: altered[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: altered[place] = altered[place] &+ UInt8.random(in: 1...255, using: &generator)
            case 2: altered.remove(at: place)
            case 3: altered.insert(altered[place], at: place)
            default:
                altered.removeSubrange(place..<min(altered.count, place + Int.random(in: 1..<200, using: &generator)))
            }
            #expect(altered == file || !holds(altered), "at byte \(place)")
        }
        #expect(kinds.count > 50)
    }

    /// What somebody would do who knows the format: each part replaced by another that is good in itself.
    @Test func noBundleOfPartsThatDoNotBelongTogetherHolds() throws {
        let bundle = try ProofBundle(parsing: file)
        func expectRefused(_ what: String, _ change: (inout ProofBundle) throws -> Void) rethrows {
            var altered = bundle
            try change(&altered)
            // Words that fit the altered entries, so that they are not what is noticed.
            if let note = try? Checkpoint(parsing: bundle.entries[0].statement.note.body),
                let findings = try? BundleCheck.describe(altered, note: note)
            {
                altered.about = findings.about
            }
            #expect(!holds(altered.file), "\(what)")
        }
        for index in bundle.entries.indices {
            expectRefused("without entry \(index)") { $0.entries.remove(at: index) }
            expectRefused("entry \(index) twice") { $0.entries.insert($0.entries[index], at: index) }
            expectRefused("another salt in \(index)") { $0.entries[index].body?.salt = .zero }
            expectRefused("another payload in \(index)") { $0.entries[index].body?.payload.append(0x20) }
        }
        for index in bundle.memberships.indices {
            expectRefused("without membership \(index)") { $0.memberships.remove(at: index) }
            expectRefused("another key in membership \(index)") {
                $0.memberships[index].key = Story.key("owner").publicKey
            }
        }
        expectRefused("memberships the other way round") { $0.memberships.reverse() }
        expectRefused("entries the other way round") { $0.entries.reverse() }
        var wordless = bundle
        wordless.about = []
        #expect(!holds(wordless.file))
        let other = try story.note(at: 40)
        expectRefused("a second checkpoint") { altered in
            let log = try? EventLog.open(directory: story.directory, mode: .readOnly)
            let entry = altered.entries[1]
            guard let path = try? log?.read({ try $0.inclusionProof(of: entry.statement.index, inTreeOf: 40) }),
                let leaf = try? Leaf(decoding: entry.statement.leaf)
            else {
                Issue.record("no other proof")
                return
            }
            altered.entries[1].statement = InclusionStatement(leaf: leaf, path: path, note: other)
        }
    }

    @Test func noAlteredNoteHolds() throws {
        let note = try story.note()
        for offset in note.text.utf8.indices {
            var altered = Array(note.text.utf8)
            let place = note.text.utf8.distance(from: note.text.utf8.startIndex, to: offset)
            for flip in [1, 0x20, 0x80] as [UInt8] {
                altered[place] ^= flip
                let parsed = String(validating: altered, as: UTF8.self).flatMap { try? SignedNote(parsing: $0) }
                #expect(parsed.flatMap { try? signatures.check($0) } == nil, "byte \(place)")
                altered[place] ^= flip
            }
        }
    }
}

private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
