import Nostr
import Testing

@testable import Log

struct CosignatureTests {
    private let logKey = LogKey.generate()
    private let witnessKey = LogKey.generate()
    private let checkpoint = Checkpoint(origin: "relay.example.com/mesh/1", size: 17, root: Samples.salt(1))
    private var note: SignedNote { SignedNote.sign(checkpoint, logKey) }
    private var witness: WitnessKey { WitnessKey(name: "witness.example/w1", publicKey: witnessKey.publicKey) }

    private func line(_ note: SignedNote, time: UInt64 = 1_700_000_000, name: String = "witness.example/w1") -> String {
        Cosignature.sign(note, name: name, key: witnessKey, time: time).line
    }

    @Test func aCosignatureVerifiesAndTellsItsTime() throws {
        let cosigned = try note.adding(answer: line(note), of: witness)
        #expect(cosigned.signatures.count == 2)
        #expect(try cosigned.cosignature(by: witness)?.time == 1_700_000_000)
        #expect(try SignedNote(parsing: cosigned.text) == cosigned)
        let log = VerifierKey(origin: checkpoint.origin, publicKey: logKey.publicKey)
        #expect(try cosigned.verified(by: log) == checkpoint)
    }

    @Test func witnessKeysComeBackAndAreNotThoseOfLogs() throws {
        #expect(try WitnessKey(parsing: witness.text) == witness)
        #expect(throws: ProofError.self) { try WitnessKey(parsing: logKey.verifierKey(origin: "a")) }
        #expect(throws: ProofError.self) { try VerifierKey(parsing: witness.text) }
        #expect(witness.keyID != VerifierKey(origin: witness.name, publicKey: witness.publicKey).keyID)
    }

    @Test func aCosignatureOfAnotherCheckpointTimeOrKeyIsRefused() throws {
        var other = checkpoint
        other.size = 18
        #expect(throws: ProofError.self) { try note.adding(answer: line(SignedNote.sign(other, logKey)), of: witness) }
        var bytes = Cosignature.sign(note, name: witness.name, key: witnessKey, time: 5).bytes
        bytes[7] ^= 1
        let altered = SignedNote.Signature(name: witness.name, keyID: witness.keyID, bytes: bytes)
        let wrong = try note.adding([altered])
        #expect(throws: ProofError.self) { try wrong.cosignature(by: witness) }
        let stranger = WitnessKey(name: witness.name, publicKey: LogKey.generate().publicKey)
        #expect(throws: ProofError.self) { try note.adding(answer: line(note), of: stranger) }
        #expect(try note.adding(answer: line(note), of: witness).cosignature(by: stranger) == nil)
    }

    @Test func theSameLineIsNotAddedTwice() throws {
        let cosigned = try note.adding(answer: line(note), of: witness)
        #expect(throws: ProofError.self) { try cosigned.adding(answer: line(note), of: witness) }
    }

    @Test(arguments: ["", "\n", "nothing\n", "\u{2014} witness.example/w1 AAAA\n", "\u{2014} a AAAAAAAA"])
    func anAnswerThatIsNoSignatureIsRefused(_ answer: String) {
        #expect(throws: ProofError.self) { try note.adding(answer: answer, of: witness) }
    }

    @Test func aTimeBeyondTheSpecificationIsNoCosignature() throws {
        let line = Cosignature.sign(note, name: witness.name, key: witnessKey, time: UInt64(Int64.max) + 1)
        #expect(throws: ProofError.self) { try note.adding([line]).cosignature(by: witness) }
    }
}

struct PolicyTests {
    private let keys = (0..<6).map { _ in LogKey.generate() }
    private let logKey = LogKey.generate()
    private var note: SignedNote {
        SignedNote.sign(Checkpoint(origin: "log.example/1", size: 3, root: Samples.salt(2)), logKey)
    }

    private func vkey(_ index: Int) -> String {
        WitnessKey(name: "w\(index).example", publicKey: keys[index].publicKey).text
    }

    private func note(cosignedBy indexes: [Int]) throws -> SignedNote {
        try note.adding(
            indexes.map { Cosignature.sign(note, name: "w\($0).example", key: keys[$0], time: UInt64(100 + $0)) })
    }

    private var twoGroups: String {
        """
        # Two of X and one of Y.
        log \(logKey.verifierKey(origin: "log.example/1")) https://log.example/1

        witness X1 \(vkey(0)) https://w0.example/
        witness\tX2 \(vkey(1))
          witness X3 \(vkey(2))
        group X-witnesses 2 X1 X2 X3
        witness Y1 \(vkey(3))
        witness Y2 \(vkey(4))
        group Y-witnesses any Y1 Y2
        group X-and-Y all X-witnesses Y-witnesses
        quorum X-and-Y

        """
    }

    @Test func theExampleOfTheSpecificationIsRead() throws {
        let policy = try WitnessPolicy(parsing: twoGroups)
        #expect(policy.logs.map(\.key.text) == [logKey.verifierKey(origin: "log.example/1")])
        #expect(policy.logs.map(\.url) == ["https://log.example/1"])
        #expect(policy.witnesses.map(\.name) == ["X1", "X2", "X3", "Y1", "Y2"])
        #expect(policy.witnesses.first?.url == "https://w0.example/")
    }

    @Test(arguments: [
        ([], false), ([0], false), ([0, 1], false), ([3, 4], false), ([0, 3], false), ([0, 1, 3], true),
        ([1, 2, 4], true), ([0, 1, 2, 3, 4], true), ([0, 1, 5], false),
    ])
    func theQuorumDecides(_ cosigned: [Int], _ isSatisfied: Bool) throws {
        let policy = try WitnessPolicy(parsing: twoGroups)
        let verdict = try policy.verdict(on: note(cosignedBy: cosigned))
        #expect(verdict.isSatisfied == isSatisfied)
        #expect(verdict.cosigned == cosigned.filter { $0 < 5 }.map { ["X1", "X2", "X3", "Y1", "Y2"][$0] })
        #expect(verdict.times == cosigned.filter { $0 < 5 }.map { UInt64(100 + $0) })
    }

    @Test func noQuorumAsksForNothing() throws {
        #expect(try WitnessPolicy(parsing: "quorum none\n").isSatisfied(by: note))
        #expect(try WitnessPolicy(parsing: "witness a \(vkey(0))\nquorum none\n").isSatisfied(by: note))
        let one = try WitnessPolicy(parsing: "witness a \(vkey(0))\nquorum a\n")
        #expect(try !one.isSatisfied(by: note))
        #expect(try one.isSatisfied(by: note(cosignedBy: [0])))
    }

    @Test func aWrongCosignatureOfAWitnessOfThePolicyIsAnError() throws {
        let policy = try WitnessPolicy(parsing: "witness a \(vkey(0))\nquorum none\n")
        let line = Cosignature.sign(note, name: "w0.example", key: keys[0], time: 5)
        var bytes = line.bytes
        bytes[20] ^= 1
        let wrong = try note.adding([.init(name: line.name, keyID: line.keyID, bytes: bytes)])
        #expect(throws: ProofError.self) { try policy.verdict(on: wrong) }
    }

    @Test func errorsNameTheLine() {
        let (a, b) = ("witness a \(vkey(0))\n", "witness b \(vkey(1))\n")
        let cases: [(String, String)] = [
            ("", "cut short"), ("quorum none", "cut short"), ("# nothing\n", "no quorum"),
            ("quorum none\nquorum none\n", "line 2"), ("\nlgo x\n", "line 2"), ("log\n", "line 1"),
            ("log x\n", "line 1"), ("log \(vkey(0))\n", "line 1"), ("witness a\n", "line 1"),
            ("witness a \(logKey.verifierKey(origin: "w"))\n", "line 1"),
            ("witness a \(vkey(0)) u v\n", "line 1"), (a + a, "line 2"), (a + "witness c \(vkey(0))\n", "line 2"),
            (a + "witness a \(vkey(1))\n", "line 2"), ("witness none \(vkey(0))\n", "line 1"),
            (a + "quorum b\n", "line 2"), ("quorum a\n" + a, "line 1"), (a + "group g 2 a\n", "line 2"),
            (a + "group g 0 a\n", "line 2"), (a + "group g 01 a\n", "line 2"), (a + "group g -1 a\n", "line 2"),
            (a + "group g all\n", "line 2"), (a + "group g all a a\n", "line 2"), (a + "group g all none\n", "line 2"),
            (a + "group a all a\n", "line 2"), (a + "group g all g\n", "line 2"), (a + "quorum\n", "line 2"),
            (a + "quorum a a\n", "line 2"), (a + b + "group g all a b\ngroup h any a\n", "line 4"),
            (a + "quorum\u{a0}a\n", "line 2"), (a + "quorum a\r\n", "line 2"), (a + "\u{0}\nquorum a\n", "line 2"),
        ]
        for (text, expected) in cases {
            do {
                _ = try WitnessPolicy(parsing: text)
                Issue.record("read \(text)")
            } catch {
                #expect("\(error)".contains(expected), "\(text): \(error)")
            }
        }
    }

    @Test func namesAreBytes() throws {
        // A Kelvin sign is no K, though Swift's strings are equal.
        let text = "witness K \(vkey(0))\nwitness \u{212a} \(vkey(1))\nquorum \u{212a}\n"
        let policy = try WitnessPolicy(parsing: text)
        #expect(try policy.isSatisfied(by: note(cosignedBy: [1])))
        #expect(try !policy.isSatisfied(by: note(cosignedBy: [0])))
    }
}
