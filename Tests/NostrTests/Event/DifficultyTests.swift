import Testing

@testable import Nostr

@Suite("Proof of work (NIP-13)")
struct DifficultyTests {
    func event(id: String, tags: [[Text]] = []) throws -> Event {
        let text = EventText(Samples.event(tags: tags)).replacing("id", "\"\(id)\"").text
        return try Event.parse(Array(text.utf8))
    }

    @Test(
        "Leading zero bits of the id, those of its first digit counted",
        arguments: [
            // The two examples of the specification.
            ("000000000e9d97a1ab09fc381030b346cdd7a142ad57e6df0b46dc9bef6c7e2d", 36),
            ("002f" + String(repeating: "f", count: 60), 10),
            (String(repeating: "0", count: 64), 256), ("8" + String(repeating: "0", count: 63), 0),
            ("7" + String(repeating: "f", count: 63), 1), (String(repeating: "0", count: 63) + "1", 255),
        ])
    func zeroBits(id: String, bits: Int) throws {
        #expect(try event(id: id).difficulty == bits)
    }

    @Test("The event of the specification has the 21 bits that its id shows, and the 20 that it committed to")
    func specification() throws {
        let text = """
            {"id":"000006d8c378af1779d2feebc7603a125d99eca0ccf1085959b307f64e5dd358",\
            "pubkey":"a48380f4cfcc1ad5378294fcac36439770f9c878dd880ffa94bb74ea54a6f243","created_at":1651794653,\
            "kind":1,"tags":[["nonce","776797","20"]],"content":"It's just me mining my own business",\
            "sig":"284622fc0a3f4f1303455d5175f7ba962a3300d136085b9566801bc2e0699de0\
            c7e31e44c81fb40ad9049173742e904713c3594a1da0fc5d2382a25c11aba977"}
            """
        let event = try Event.parse(Array(text.utf8))
        try event.verify()
        #expect(event.difficulty == 21)
        #expect(event.committedDifficulty == 20)
    }

    @Test(
        "A commitment counts as far as the id keeps it, and none counts for nothing",
        arguments: [
            ([["nonce", "1", "8"]], 8), ([["nonce", "1", "30"]], 10), ([["nonce", "1"]], 0), ([], 0),
            ([["nonce", "1", "x"]], 0), ([["nonce", "1", "-5"]], 0), ([["nonce", "1", "99999999999999999999"]], 0),
            ([["nonce", "1", "2"], ["nonce", "1", "9"]], 2),
        ] as [([[Text]], Int)])
    func commitment(tags: [[Text]], bits: Int) throws {
        #expect(try event(id: "002f" + String(repeating: "0", count: 60), tags: tags).committedDifficulty == bits)
    }
}
