import Glibc

/// Texts that most payloads contain, each stored as one byte: the names of an event's fields as JSON libraries write
/// them one after the other, and the parts that the relay's own payloads are made of.
///
/// Part of the format: a phrase's code is its index plus `firstCode`. Phrases can be added at the end, in a new version
/// of the format; none may ever change.
enum Codebook {
    /// The code of the first phrase.
    static let firstCode: UInt8 = 0x10
    /// Codes from here on mean something else.
    static let endCode: UInt8 = 0x80
    /// Every phrase but the last has at least this many bytes; they tell where to look.
    private static let headBytes = 5
    /// What payloads with an event end in.
    private static let tail: StaticString = #""}}"#

    static let phrases: [StaticString] = [
        // An event's fields, at the beginning, after a string, after tags, after a number.
        #"{"id":""#, #"","id":""#, #"],"id":""#, #","id":""#,
        #"{"pubkey":""#, #"","pubkey":""#, #"],"pubkey":""#, #","pubkey":""#,
        #"{"created_at":"#, #"","created_at":"#, #"],"created_at":"#, #","created_at":"#,
        #"{"kind":"#, #"","kind":"#, #"],"kind":"#, #","kind":"#,
        #"{"tags":["#, #"","tags":["#, #","tags":["#,
        #"{"content":""#, #"","content":""#, #"],"content":""#, #","content":""#,
        #"{"sig":""#, #"","sig":""#, #"],"sig":""#, #","sig":""#,
        // The same with a space after colons and commas.
        #"{"id": ""#, #"", "id": ""#, #"], "id": ""#, #", "id": ""#,
        #"{"pubkey": ""#, #"", "pubkey": ""#, #"], "pubkey": ""#, #", "pubkey": ""#,
        #"{"created_at": "#, #"", "created_at": "#, #"], "created_at": "#, #", "created_at": "#,
        #"{"kind": "#, #"", "kind": "#, #"], "kind": "#, #", "kind": "#,
        #"{"tags": ["#, #"", "tags": ["#, #", "tags": ["#,
        #"{"content": ""#, #"", "content": ""#, #"], "content": ""#, #", "content": ""#,
        #"{"sig": ""#, #"", "sig": ""#, #"], "sig": ""#, #", "sig": ""#,
        // Tags, and what stands between them and the content.
        #"["p",""#, #"["e",""#, #""],["p",""#, #""],["e",""#, #""]],"content":""#, #""]], "content": ""#,
        #","tags":[],"content":""#, #","tags":[["p",""#, #","tags":[["e",""#, #","kind":24620,"tags":[],"content":""#,
        // The relay's own payloads.
        #"{"door":"ws","session":"#, #"{"door":"http","session":"#, #"{"cause":"#, #"{"did":"authenticated""#,
        #","event":{"id":""#, #"","event":{"id":""#, #","event":{"kind":"#, #"{"request":"#, #","author":""#,
        #"","target":""#, #"","outcome":"granted","code":""#, #"","outcome":"refused","code":""#,
        #","basis":{"policy":"#,
        #","requester":"#, #","target":"#, #"},"expires_at":"#, #"{"mark":""#,
        // The relay's own events (WIRE.md), in both dialects.
        #"["-"],["p",""#, #"["-"],["member",""#, #"","member"],["member",""#, #"","member"]],"content":""#,
        #"["-"],["d","sprout-relay-mesh:"#, #"["-"],["d","buzz-relay-mesh:"#, #""],["k","sprout-mesh-status"]"#,
        #""],["k","buzz-mesh-status"]"#, #"{\"v\":1,\"type\":\"sprout-mesh-status\",\"updatedAt\":"#,
        #"{\"v\":1,\"type\":\"buzz-mesh-status\",\"updatedAt\":"#,
        #"{\"v\":1,\"type\":\"sprout-iroh-call-me-now\",\"peer_endpoint_addr\":\""#,
        #"{\"v\":1,\"type\":\"buzz-iroh-call-me-now\",\"peer_endpoint_addr\":\""#, #"",\"attempt_id\":\""#,
        #"",\"expires_at\":"#, #",\"peer_pubkey\":\""#, #"\"}","sig":""#, tail,
    ]

    /// The phrase that stands at the beginning of `text`, the longest if there are several: its code and its length.
    @inline(__always)
    static func match(_ text: UnsafeRawBufferPointer) -> (code: UInt8, count: Int)? {
        let table = table
        guard text.count >= headBytes else {
            return table.last.matches(text) ? (table.last.code, table.last.text.count) : nil
        }
        let slot = slot(of: text)
        var index = Int(table.starts[slot])
        let end = Int(table.starts[slot &+ 1])
        while index < end {
            let candidate = table.candidates[index]
            if candidate.matches(text) { return (candidate.code, candidate.text.count) }
            index &+= 1
        }
        return nil
    }

    /// The text that a code stands for, or `nil`.
    @inline(__always)
    static func text(_ code: UInt8) -> UnsafeRawBufferPointer? {
        let index = Int(code) &- Int(firstCode)
        let texts = table.texts
        return index >= 0 && index < texts.count ? texts[index] : nil
    }

    // MARK: - Lookup

    private static let table = Table()
    private static let slots = 256

    private struct Candidate: @unchecked Sendable {
        let code: UInt8
        /// Points to a literal, which lives as long as the program: hence `@unchecked Sendable`.
        let text: UnsafeRawBufferPointer

        @inline(__always)
        func matches(_ other: UnsafeRawBufferPointer) -> Bool {
            guard other.count >= text.count, let left = text.baseAddress, let right = other.baseAddress else {
                return false
            }
            return memcmp(left, right, text.count) == 0
        }
    }

    /// The phrases by the slot of their first bytes. Points to literals only: hence `@unchecked Sendable`.
    private struct Table: @unchecked Sendable {
        let texts: [UnsafeRawBufferPointer]
        /// Those of one slot stand together, long ones first.
        let candidates: [Candidate]
        /// Where in `candidates` each slot begins.
        let starts: [UInt16]
        let last: Candidate

        init() {
            texts = phrases.map { UnsafeRawBufferPointer(start: $0.utf8Start, count: $0.utf8CodeUnitCount) }
            let all = texts.enumerated().map { Candidate(code: firstCode + UInt8($0.offset), text: $0.element) }
            let long = all.filter { $0.text.count >= headBytes }
                .sorted { (slot(of: $0.text), -$0.text.count) < (slot(of: $1.text), -$1.text.count) }
            candidates = long
            starts = (0...slots).map { slot in UInt16(long.count { Codebook.slot(of: $0.text) < slot }) }
            last = all[all.count - 1]
        }
    }

    @inline(__always)
    private static func slot(of text: UnsafeRawBufferPointer) -> Int {
        let head = UInt32(littleEndian: text.loadUnaligned(as: UInt32.self)) &* 0x9e37_79b1
        return Int((head ^ UInt32(text[4]) &* 0x85eb_ca6b) &>> 24)
    }
}
