import Testing

@testable import Nostr

@Suite("What filters match")
struct FilterMatchingTests {
    let event = Samples.event(
        at: 1_000, kind: 30_621,
        tags: [
            ["d", "x"], ["k", "one"], ["k", "two", "three"], ["p"], [], ["long", "z"], ["t", "a\n\u{1}"], ["e", ""],
        ])

    private func tag(_ letter: Character, _ values: [Text]) -> TagCondition {
        TagCondition(letter: letter.asciiValue ?? 0, values: values)
    }

    @Test("A filter without conditions matches everything")
    func everything() {
        #expect(Filter().matches(event))
    }

    @Test("Ids, authors and kinds: one of the list")
    func lists() {
        let other = Samples.event(content: "other")
        #expect(Filter(ids: [event.id]).matches(event))
        #expect(Filter(ids: [other.id, event.id]).matches(event))
        #expect(!Filter(ids: [other.id]).matches(event))
        #expect(Filter(authors: [Samples.bob.publicKey, Samples.alice.publicKey]).matches(event))
        #expect(!Filter(authors: [Samples.bob.publicKey]).matches(event))
        #expect(Filter(kinds: [.textNote, .meshStatus, .deletion]).matches(event))
        #expect(!Filter(kinds: [.textNote, .callMeNow]).matches(event))
    }

    @Test("Each member of a long list is found, and nothing beside it")
    func longLists() {
        for count in [1, 2, 3, 7, 8, 100] {
            let kinds = (0..<count).map { Kind(UInt16($0 * 2 + 1)) }
            for number in 0...(count * 2 + 1) {
                let event = Samples.unsigned(kind: UInt16(number), tags: [["t", Text("\(number)")]])
                    .signed(by: Samples.alice)
                #expect(Filter(kinds: kinds).matches(event) == (number < count * 2 && number % 2 == 1))
                let values = kinds.map { Text("\($0)") }
                #expect(Filter(tags: [tag("t", values)]).matches(event) == (number < count * 2 && number % 2 == 1))
            }
            if count == 8 { break }
        }
    }

    @Test("Since and until include their own second")
    func times() {
        #expect(Filter(since: 1_000).matches(event))
        #expect(!Filter(since: 1_001).matches(event))
        #expect(Filter(since: 999).matches(event))
        #expect(Filter(until: 1_000).matches(event))
        #expect(!Filter(until: 999).matches(event))
        #expect(Filter(until: 1_001).matches(event))
        #expect(Filter(since: 1_000, until: 1_000).matches(event))
        #expect(!Filter(since: 1_001, until: 999).matches(event))
        #expect(Filter(since: 0, until: .max).matches(event))
    }

    @Test("Tags: one of the values in one of the tags of that letter")
    func tags() {
        #expect(Filter(tags: [tag("k", ["one"])]).matches(event))
        #expect(Filter(tags: [tag("k", ["zero", "two"])]).matches(event))
        #expect(!Filter(tags: [tag("k", ["zero"])]).matches(event))
        #expect(!Filter(tags: [tag("k", ["on"])]).matches(event))
        #expect(!Filter(tags: [tag("k", ["one "])]).matches(event))
        #expect(!Filter(tags: [tag("K", ["one"])]).matches(event))
        #expect(!Filter(tags: [tag("x", ["one"])]).matches(event))
    }

    @Test("Only a tag's first value counts")
    func firstValue() {
        #expect(!Filter(tags: [tag("k", ["three"])]).matches(event))
    }

    @Test("A tag without a value and a tag with a longer name match nothing")
    func oddTags() {
        #expect(!Filter(tags: [tag("p", [""])]).matches(event))
        #expect(!Filter(tags: [tag("l", ["z"])]).matches(event))
        #expect(Filter(tags: [tag("e", [""])]).matches(event))
    }

    @Test("Values are compared with their escapes resolved, by bytes")
    func bytes() throws {
        #expect(Filter(tags: [tag("t", ["a\n\u{1}"])]).matches(event))
        let accents = Samples.event(tags: [["t", "\u{e9}"]])
        #expect(Filter(tags: [tag("t", ["\u{e9}"])]).matches(accents))
        #expect(!Filter(tags: [tag("t", ["e\u{301}"])]).matches(accents))
        let escaped = try Event.parse(Array(EventText().replacing("tags", #"[["\u0074","\u00e9"]]"#).text.utf8))
        #expect(Filter(tags: [tag("t", ["\u{e9}"])]).matches(escaped))
    }

    @Test("An empty list matches nothing")
    func emptyLists() {
        #expect(!Filter(ids: []).matches(event))
        #expect(!Filter(authors: []).matches(event))
        #expect(!Filter(kinds: []).matches(event))
        #expect(!Filter(tags: [tag("k", [])]).matches(event))
    }

    @Test("All conditions must hold: breaking any one of them is enough")
    func combinations() {
        func filter(_ broken: Int) -> Filter {
            Filter(
                ids: [broken == 0 ? .zero : event.id],
                authors: [broken == 1 ? Samples.bob.publicKey : Samples.alice.publicKey],
                kinds: [broken == 2 ? .textNote : .meshStatus],
                tags: [tag("k", [broken == 3 ? "zero" : "one"]), tag("d", [broken == 4 ? "y" : "x"])],
                since: broken == 5 ? 1_001 : 1_000, until: broken == 6 ? 999 : 1_000)
        }
        #expect(filter(-1).matches(event))
        for broken in 0...6 { #expect(!filter(broken).matches(event), "condition \(broken)") }
    }

    @Test("Two conditions on one letter must both hold")
    func sameLetterTwice() {
        #expect(Filter(tags: [tag("k", ["one"]), tag("k", ["two"])]).matches(event))
        #expect(!Filter(tags: [tag("k", ["one"]), tag("k", ["zero"])]).matches(event))
    }

    @Test("The limit says nothing about whether an event matches")
    func limit() {
        #expect(Filter(limit: 0).matches(event))
    }
}
