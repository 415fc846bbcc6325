import Testing

@testable import Nostr

@Suite("Tags")
struct TagTests {
    let event = Samples.event(tags: [
        ["e", "one", "wss://relay"], [], ["p"], ["p", "first"], ["p", "second"], ["", "nameless"], ["role", "admin"],
        ["e\n", "x"], ["q", "a\nb\u{1}é"], ["Z", ""], ["1", "digit"], ["é", "accent"],
    ])

    @Test("They are a collection of collections of texts")
    func collection() {
        #expect(event.tags.count == 12)
        #expect(event.tags[0].count == 3)
        #expect(event.tags[0].map(\.string) == ["e", "one", "wss://relay"])
        #expect(event.tags[1].isEmpty)
        #expect(event.tags[8][1] == "a\nb\u{1}é")
        #expect(event.tags.last?.name == "é")
        #expect(Samples.event().tags.isEmpty)
    }

    @Test("Name and value are the first two strings, if they are there")
    func nameAndValue() {
        #expect(event.tags[0].name == "e")
        #expect(event.tags[0].value == "one")
        #expect(event.tags[1].name == nil)
        #expect(event.tags[1].value == nil)
        #expect(event.tags[2].name == "p")
        #expect(event.tags[2].value == nil)
        #expect(event.tags[0].element(2, equals: "wss://relay"))
        #expect(!event.tags[0].element(2, equals: "wss://relay/"))
        #expect(event.tags[8].withElement(1) { $0.count } == 6)
    }

    @Test("The first tag of a name counts, with or without a value")
    func firstValue() {
        #expect(event.tags.firstValue(of: "p") == nil)
        #expect(event.tags.values(of: "p") == ["first", "second"])
        #expect(event.tags.firstValue(of: "e") == "one")
        #expect(event.tags.firstValue(of: "role") == "admin")
        #expect(event.tags.firstValue(of: "rol") == nil)
        #expect(event.tags.firstValue(of: "") == "nameless")
        #expect(event.tags.first(named: "role")?.value == "admin")
        #expect(event.tags.first(named: "nobody") == nil)
        #expect(event.tags[7].isNamed("e\n"))
    }

    @Test("Filters can ask for tags with a name of one letter and a value")
    func singleLetters() {
        var found: [String] = []
        event.tags.forEachSingleLetter { letter, value in
            found.append("\(Character(UnicodeScalar(letter))):\(String(decoding: value, as: UTF8.self))")
        }
        #expect(found == ["e:one", "p:first", "p:second", "q:a\nb\u{1}é", "Z:"])
    }

    @Test("A name written with escapes is the same name")
    func escapedName() throws {
        let text = EventText().replacing("tags", #"[["\u0070","\u0061\/b"]]"#).text
        let tags = try Event.parse(Array(text.utf8)).tags
        #expect(tags.firstValue(of: "p") == "a/b")
        #expect(tags[0].isNamed("p"))
        var letters: [UInt8] = []
        tags.forEachSingleLetter { letter, _ in letters.append(letter) }
        #expect(letters == [UInt8(ascii: "p")])
    }
}
