import Testing

@testable import Nostr

@Suite("Text")
struct TextTests {
    @Test("Two spellings of é are two texts, though one String")
    func bytesDecide() {
        let composed: Text = "\u{e9}"
        let decomposed: Text = "e\u{301}"
        #expect(composed.string == decomposed.string)
        #expect(composed != decomposed)
    }

    @Test("The order is that of the bytes, not of UTF-16")
    func order() {
        let texts: [Text] = ["\u{10000}", "\u{ffff}", "b", "a", "", "ab"]
        #expect(texts.sorted() == ["", "a", "ab", "b", "\u{ffff}", "\u{10000}"])
    }
}
