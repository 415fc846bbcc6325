import Nostr

@testable import Log

/// Few enough authors, kinds, tags and times for everything to collide with everything.
struct World {
    let authors: [PublicKey]
    let kinds: [UInt16] = [1, 1, 2, 0, 3, 10_002, 30_621, 30_622, 24_620]

    init(seed: UInt64) { authors = (0..<4).map { Samples.author(seed * 10 + $0) } }

    func event(_ generator: inout SeededGenerator) throws -> Event {
        var tags: [[Text]] = []
        for letter in ["d", "p", "t", "name"] where Bool.random(using: &generator) {
            for _ in 0..<Int.random(in: 1...2, using: &generator) {
                tags.append([Text(letter), Text("\(Int.random(in: 0..<3, using: &generator))")])
            }
        }
        if Int.random(in: 0..<5, using: &generator) == 0 {
            tags.append(["expiration", Text("\(Int.random(in: 0..<40, using: &generator))")])
        }
        // Sometimes an id that shares all but its last byte with others.
        var id = generator.bytes32()
        if Int.random(in: 0..<4, using: &generator) == 0 {
            let bytes = [UInt8](repeating: 9, count: 31) + [UInt8.random(in: 0...255, using: &generator)]
            id = bytes.withUnsafeBytes { Bytes32($0) }
        }
        return try Samples.event(
            id: id, author: authors.randomElement(using: &generator) ?? authors[0],
            createdAt: Int64.random(in: 0..<20, using: &generator),
            kind: Kind(kinds.randomElement(using: &generator) ?? 1), tags: tags)
    }

    /// A deletion that names some of these events by their ids, and some by their addresses.
    func deletion(of events: [Event], _ generator: inout SeededGenerator) throws -> Event {
        let author = authors.randomElement(using: &generator) ?? authors[0]
        var tags: [[Text]] = [["e"], ["a", "1:\(author.hex):"], ["e", "no id"]].map { $0.map { Text($0) } }
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            guard let event = events.randomElement(using: &generator) else { continue }
            let name = event.tags.firstValue(of: "d")?.string ?? ""
            switch Int.random(in: 0..<3, using: &generator) {
            case 0 where event.kind.isAddressable:
                tags.append(["a", Text("\(event.kind):\(event.pubkey.hex):\(name)")])
            case 0 where event.kind.isReplaceable: tags.append(["a", Text("\(event.kind):\(event.pubkey.hex):")])
            default: tags.append(["e", Text(event.id.hex)])
            }
        }
        return try Samples.event(
            id: generator.bytes32(), author: author, createdAt: Int64.random(in: 0..<20, using: &generator),
            kind: .deletion, tags: tags)
    }

    /// Events with deletions of some of them among them, before and behind them; most of them served, some twice.
    func drafts(_ count: Int, deletions: Int, _ generator: inout SeededGenerator) throws -> [Draft] {
        var events = try (0..<count).map { _ in try event(&generator) }
        for _ in 0..<deletions { events.append(try deletion(of: events, &generator)) }
        for _ in 0..<count / 10 { events.append(events.randomElement(using: &generator) ?? events[0]) }
        events.shuffle(using: &generator)
        return events.map { event in
            var draft = Samples.draft(event, served: Int.random(in: 0..<9, using: &generator) > 0)
            // As though the relay had signed it.
            if event.kind == .deletion, Int.random(in: 0..<4, using: &generator) == 0 { draft.type = .relayEvent }
            draft.flags = LeafFlags.erasable
            return draft
        }
    }

    func filter(_ generator: inout SeededGenerator, _ events: [Event]) -> Filter {
        func maybe<T>(_ value: @autoclosure () -> T) -> T? {
            Int.random(in: 0..<3, using: &generator) == 0 ? value() : nil
        }
        var conditions: [TagCondition] = []
        for letter in "dpt".utf8 where Int.random(in: 0..<4, using: &generator) == 0 {
            let values = (0..<Int.random(in: 0...2, using: &generator)).map { _ in
                Text("\(Int.random(in: 0..<4, using: &generator))")
            }
            conditions.append(TagCondition(letter: letter, values: values))
        }
        let someKinds = (0..<Int.random(in: 0...3, using: &generator)).compactMap { _ in
            kinds.randomElement(using: &generator)
        }
        let someAuthors = (0..<Int.random(in: 0...3, using: &generator)).compactMap { _ in
            authors.randomElement(using: &generator)
        }
        let someIDs = (0..<Int.random(in: 0...5, using: &generator)).compactMap { _ in
            events.randomElement(using: &generator)?.id
        }
        return Filter(
            ids: Int.random(in: 0..<6, using: &generator) == 0 ? someIDs : nil, authors: maybe(someAuthors),
            kinds: maybe(someKinds.map { Kind($0) }), tags: conditions,
            since: maybe(Int64.random(in: 0..<20, using: &generator)),
            until: maybe(Int64.random(in: 0..<20, using: &generator)),
            limit: maybe(Int.random(in: 0..<8, using: &generator)))
    }
}
