import Testing

@testable import Nostr

@Suite("NIP-19")
struct NIP19Tests {
    private let npub = "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg"
    private let npubHex = "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e"
    private let nsec = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"
    private let nsecHex = "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa"

    @Test("NIP-19's examples, both ways")
    func examples() throws {
        #expect(try PublicKey(parsing: npub).hex == npubHex)
        #expect(try PublicKey(parsing: npubHex).npub == npub)
        #expect(
            try PublicKey(parsing: "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6").hex
                == "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d")
        let secret = try SecretKey(parsing: nsec)
        #expect(Hex.encode(secret.secretBytes) == nsecHex)
        #expect(secret.nsec == nsec)
    }

    @Test("Hex of either case is a key; the value is the same")
    func hex() throws {
        #expect(try PublicKey(parsing: npubHex.uppercased()).hex == npubHex)
        #expect(try PublicKey(parsing: npub.uppercased()).hex == npubHex)
    }

    @Test("The short spelling has the first twelve letters and the last four")
    func shortSpelling() throws {
        #expect(try PublicKey(parsing: npub).shortNpub == "npub10elfcs4…jptg")
    }

    @Test("A secret key where a public one belongs is named, and not repeated")
    func secretByMistake() {
        let error = #expect(throws: KeyError.self) { try PublicKey(parsing: nsec) }
        #expect(error?.message.hasPrefix("this is a secret key (nsec)") == true)
        #expect(error?.message.contains(nsec) == false)
    }

    @Test("Another NIP-19 thing is named")
    func otherForms() {
        let note = Bech32.encode("note", [UInt8](repeating: 5, count: 32))
        #expect(throws: KeyError.wrongForm(expected: .publicKey, found: "note")) { try PublicKey(parsing: note) }
    }

    @Test("Each single wrong letter is noticed")
    func typingErrors() {
        let letters = Array(npub)
        for position in letters.indices {
            for other in "qpzry9x8gf2tvdw0s3jn54khce6mua7l1" where other != letters[position] {
                var changed = letters
                changed[position] = other
                #expect(throws: KeyError.self) { try PublicKey(parsing: String(changed)) }
            }
        }
        #expect(throws: KeyError.mistyped(expected: .publicKey)) {
            try PublicKey(parsing: npub.replacingLast(with: "q"))
        }
    }

    @Test(
        "What is not the spelling of a key is refused",
        arguments: [
            "", "npub1", "npub", "1", "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjpt",
            "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptgq",
            // mixed case
            "Npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg",
            "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptG",
            "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg ",
            "nostr:npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg",
            "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4",
            "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e0",
            "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4g",
            "0x7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e",
        ])
    func refusals(text: String) {
        #expect(throws: KeyError.self) { try PublicKey(parsing: text) }
    }

    @Test("BIP-173's own strings: good ones are read")
    func goodStrings() throws {
        for text in ["A12UEL5L", "a12uel5l", "?1ezyfcl", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"] {
            guard case .success(let decoded) = Bech32.decode(text) else {
                Issue.record("\(text) was refused")
                continue
            }
            #expect(Bech32.encode(decoded.prefix, decoded.bytes) == text.lowercased())
        }
    }

    @Test(
        "BIP-173's own strings: bad ones are refused",
        arguments: [
            "\u{20}1nwldj5", "\u{7f}1axkwrx", "\u{80}1eym55h", "pzry9x0s0muk", "1pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3",
            "de1lg7wt\u{ff}", "A1G7SGD8", "10a06t8", "1qzzfhee",
            "an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx",
        ])
    func badStrings(text: String) {
        if case .success = Bech32.decode(text) { Issue.record("was accepted") }
    }

    @Test("Bech32m, the later checksum, is not accepted")
    func bech32m() {
        for text in ["A1LQFN3A", "a1lqfn3a", "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx"] {
            if case .success = Bech32.decode(text) { Issue.record("\(text) was accepted") }
        }
    }

    @Test("Any number of bytes comes back, and left-over bits must be zero")
    func padding() {
        for count in 0...40 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 91 &+ 5) }
            guard case .success(let decoded) = Bech32.decode(Bech32.encode("x", bytes)) else {
                Issue.record("\(count) bytes")
                continue
            }
            #expect(decoded.bytes == bytes)
            #expect(decoded.prefix == "x")
        }
    }
}

extension String {
    fileprivate func replacingLast(with letter: Character) -> String { String(dropLast()) + String(letter) }
}
