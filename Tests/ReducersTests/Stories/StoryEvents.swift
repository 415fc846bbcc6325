import Foundation
import Nostr
import Testing

/// Makes the signed events that a story speaks of: `SESSION NAME does something`.
struct StoryEvents {
    let world: StoryWorld

    func event(_ words: StoryLine) throws -> Event {
        let author = world.key(words[1])
        let age = Int64(words.option("age") ?? "0") ?? 0
        let (kind, tags, content) = try parts(words)
        let event = UnsignedEvent(
            pubkey: author.publicKey, createdAt: world.now - age, kind: kind, tags: tags, content: Text(content))
        return event.signed(by: author)
    }

    private func parts(_ words: StoryLine) throws -> (Kind, [[Text]], String) {
        switch words[2] {
        case "reports": return (.meshStatusReport, [], try report(words))
        case "asks":
            return (.meshConnectRequest, target(words), words.option("content") ?? words.json ?? request(words))
        case "adds": return (.addMember, command(words), "")
        case "removes": return (.removeMember, command(words), "")
        case "roles": return (.changeRole, command(words), "")
        case "joins": return (.joinRequest, [["-"]] + (words.optional(3).map { [["claim", Text($0)]] } ?? []), "")
        case "leaves": return (.leaveRequest, [["-"]], "")
        case "publishes":
            return (Kind(try #require(UInt16(words[3]))), try tags(words), words[4])
        default: throw StoryError(description: "no such command: \(words.verb) \(words[1]) \(words[2])")
        }
    }

    private func report(_ words: StoryLine) throws -> String {
        guard words[3].hasPrefix("@") else { return words.json ?? words.text(from: 3) }
        let directory = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Fixtures/samples").standardized
        return try String(
            contentsOf: directory.appendingPathComponent(String(words[3].dropFirst())), encoding: .utf8)
    }

    /// `tags=[["p","@alice"],…]`, where a word after an `@` stands for a key; `protected=true` is short for `[["-"]]`.
    private func tags(_ words: StoryLine) throws -> [[Text]] {
        if words.option("protected") != nil { return [["-"]] }
        guard let json = words.option("tags") else { return [] }
        let tags = try JSONValue.parse(Array(json.utf8)).arrayValue
        return try #require(tags).map { tag in
            try #require(tag.arrayValue).map { element in
                let text = try #require(element.stringValue).string
                return Text(text.hasPrefix("@") ? world.key(String(text.dropFirst())).publicKey.hex : text)
            }
        }
    }

    private func target(_ words: StoryLine) -> [[Text]] {
        if let tag = words.option("p") { return tag == "none" ? [] : [["p", Text(tag)]] }
        let hex = world.key(words[3]).publicKey.hex
        return [["p", Text(words.option("case") == "upper" ? hex.uppercased() : hex)]]
    }

    private func request(_ words: StoryLine) -> String {
        let attempt = words.option("attempt") ?? "attempt-1"
        return #"{"self_endpoint_addr":"\#(words[1]):4001","peer_endpoint_addr":"\#(words[3]):4001","#
            + #""self_endpoint_id":"\#(words[1])-node","attempt_id":"\#(attempt)"}"#
    }

    private func command(_ words: StoryLine) -> [[Text]] {
        var tags: [[Text]] = [["p", Text(words.option("p") ?? world.key(words[3]).publicKey.hex)]]
        if let role = words.optional(4) { tags.append(["role", Text(role)]) }
        return tags
    }
}

/// Why a story cannot be told.
struct StoryError: Error, CustomStringConvertible {
    var description: String
}
