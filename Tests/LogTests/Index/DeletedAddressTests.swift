import Nostr
import Testing

@testable import Log

struct DeletedAddressTests {
    private let directory: TemporaryDirectory
    private let log: EventLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try EventLog.make(directory.path)
    }

    private func deletion(
        _ tags: [[Text]], author: PublicKey = Samples.author(1), createdAt: Int64 = 1_700_000_100
    ) throws -> Event {
        try Samples.event(author: author, createdAt: createdAt, kind: .deletion, tags: tags, content: "by accident")
    }

    private func note(_ createdAt: Int64, kind: Kind = .meshStatus, _ name: Text = "x") throws -> Event {
        try Samples.event(createdAt: createdAt, kind: kind, tags: [["d", name]])
    }

    private func address(_ event: Event) -> Text {
        Text("\(event.kind):\(event.pubkey.hex):\(event.tags.firstValue(of: "d")?.string ?? "")")
    }

    private func isSound() throws -> Bool { try log.read { try $0.checkIndexes() } == nil }

    @Test func nothingOlderComesBackAndSomethingNewerMay() throws {
        let events = try [10, 20].map { try note($0) }
        try log.append(events)
        try log.append([try deletion([["e", Text(events[1].id.hex)]])])
        #expect(try log.query(Filter(kinds: [.meshStatus])) == [])
        #expect(try log.append([try note(15)])[0].outcome == .superseded)
        #expect(try log.query(Filter(kinds: [.meshStatus])) == [])
        let newer = try note(21)
        #expect(try log.append([newer])[0].outcome == .served)
        #expect(try log.query(Filter(kinds: [.meshStatus])) == [newer.id])
        #expect(try isSound())
    }

    @Test func anAddressIsDeletedUpToTheTimeOfItsDeletion() throws {
        let other = try note(10, "y")
        let current = try note(20)
        try log.append([current, other])
        try log.append([try deletion([["a", address(current)]], createdAt: 19)])
        #expect(try log.query(Filter(kinds: [.meshStatus])) == [current.id, other.id])
        try log.append([try deletion([["a", address(current)]], createdAt: 20)])
        #expect(try log.query(Filter(kinds: [.meshStatus])) == [other.id])
        // An older deletion that comes later brings nothing back.
        try log.append([try deletion([["a", address(current)]], createdAt: 5)])
        #expect(try log.append([try note(20, "x")])[0].outcome == .duplicate)
        #expect(try log.append([try note(21)])[0].outcome == .served)
        #expect(try isSound())
    }

    @Test func replaceableKindsHaveAddressesToo() throws {
        let key = Samples.author(1).hex
        for (number, value) in ["0:\(key):", "0:\(key)"].enumerated() {
            let profile = try Samples.event(createdAt: 10 + Int64(number), kind: .metadata)
            try log.append([profile])
            #expect(try log.query(Filter(kinds: [.metadata])) == [profile.id])
            try log.append([try deletion([["a", Text(value)]], createdAt: 10 + Int64(number))])
            #expect(try log.query(Filter(kinds: [.metadata])) == [])
        }
        #expect(try isSound())
    }

    @Test func tagsThatNameNothingDeleteNothing() throws {
        let key = Samples.author(1).hex
        let event = try Samples.event(id: Samples.salt(1))
        let profile = try Samples.event(createdAt: 10, kind: .metadata)
        let status = try note(10)
        try log.append([event, profile, status])
        let id = Samples.salt(1).hex
        let values = [
            "", ":", "0", "0:", "0:\(key.dropLast())", "0:\(key)0", "0:\(key):x", "00000000:\(key):", "-0:\(key):",
            "65536:\(key):", "x:\(key):", "30621:\(key)", "30621:\(key.uppercased()):x", "30621:\(key):y", ":\(key):",
            "1:\(key):", "24620:\(key):", "30621:\(Samples.author(2).hex):x", "0 :\(key):",
        ]
        var tags: [[Text]] = values.map { ["a", Text($0)] }
        tags += [
            ["e"], ["e", ""], ["e", Text(id.uppercased())], ["e", Text(String(id.dropLast()))], ["E", Text(id)],
        ]
        tags += [["e", Text(id + "0")], ["a"], ["p", Text(id)], ["e", "x", Text(id)]]
        try log.append([try deletion(tags)])
        #expect(try log.query(Filter(kinds: [.textNote, .metadata, .meshStatus])).count == 3)
        #expect(try isSound())
    }
}
