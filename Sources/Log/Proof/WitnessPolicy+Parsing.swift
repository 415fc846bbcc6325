import Nostr

extension WitnessPolicy {
    /// Most logs, witnesses or groups of one file.
    static let maximumItems = 64

    /// Reads a policy file.
    ///
    /// - Throws: `ProofError`, naming the line.
    public init(parsing text: String) throws(ProofError) { try self.init(parsing: Array(text.utf8)) }

    /// Reads a policy file.
    ///
    /// - Throws: `ProofError`, naming the line.
    public init(parsing bytes: [UInt8]) throws(ProofError) {
        var reader = PolicyReader()
        guard bytes.last == 0x0a else {
            throw ProofError("the policy is cut short: its last line has no line feed at its end")
        }
        for (number, line) in bytes.dropLast().split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
            do throws(ProofError) {
                try reader.read(line)
            } catch {
                throw ProofError("line \(number + 1) of the policy: \(error)")
            }
        }
        guard reader.hasQuorum else {
            throw ProofError("the policy has no quorum line; \"quorum none\" asks for no cosignatures")
        }
        self = reader.policy
    }
}

/// Reads a policy line by line. Names are sequences of bytes and compared as such.
private struct PolicyReader {
    var policy = WitnessPolicy()
    var hasQuorum = false
    private var rules: [[UInt8]: WitnessPolicy.Rule] = [:]
    private var groups = 0
    private static let none = Array("none".utf8)

    mutating func read(_ line: ArraySlice<UInt8>) throws(ProofError) {
        guard line.allSatisfy({ $0 == 0x09 || $0 >= 0x20 && $0 != 0x7f }) else {
            throw ProofError("it has a control character in it")
        }
        let items = line.split { $0 == 0x20 || $0 == 0x09 }.map { Array($0) }
        guard let first = items.first, first.first != UInt8(ascii: "#") else { return }
        let rest = Array(items.dropFirst())
        switch String(decoding: first, as: UTF8.self) {
        case "log": try readLog(rest)
        case "witness": try readWitness(rest)
        case "group": try readGroup(rest)
        case "quorum": try readQuorum(rest)
        case let word: throw ProofError("\"\(word)\" is no word of a policy; expected log, witness, group or quorum")
        }
    }

    private mutating func readLog(_ items: [[UInt8]]) throws(ProofError) {
        guard (1...2).contains(items.count) else { throw ProofError("expected \"log <vkey> [<url>]\"") }
        let key = try VerifierKey(parsing: PolicyReader.text(items[0]))
        guard !policy.logs.contains(where: { $0.key.publicKey == key.publicKey }) else {
            throw ProofError("this log's key stands in the policy already")
        }
        try PolicyReader.limit(policy.logs.count, "logs")
        policy.logs.append(.init(key: key, url: items.count > 1 ? PolicyReader.text(items[1]) : nil))
    }

    private mutating func readWitness(_ items: [[UInt8]]) throws(ProofError) {
        guard (2...3).contains(items.count) else { throw ProofError("expected \"witness <name> <vkey> [<url>]\"") }
        let key = try WitnessKey(parsing: PolicyReader.text(items[1]))
        guard !policy.witnesses.contains(where: { $0.key.publicKey == key.publicKey }) else {
            throw ProofError("this witness's key stands in the policy already")
        }
        try PolicyReader.limit(policy.witnesses.count, "witnesses")
        try define(items[0], .witness(policy.witnesses.count))
        policy.witnesses.append(
            .init(
                name: PolicyReader.text(items[0]), key: key, url: items.count > 2 ? PolicyReader.text(items[2]) : nil))
    }

    private mutating func readGroup(_ items: [[UInt8]]) throws(ProofError) {
        guard items.count >= 3 else { throw ProofError("expected \"group <name> all|any|<k> <name>…\"") }
        let names = Array(items.dropFirst(2))
        guard Set(names).count == names.count else { throw ProofError("a member is listed twice") }
        var members: [WitnessPolicy.Rule] = []
        for name in names { members.append(try member(name)) }
        let threshold: Int
        switch PolicyReader.text(items[1]) {
        case "all": threshold = members.count
        case "any": threshold = 1
        case let number:
            guard let count = Decimals.parse(number), count >= 1, count <= UInt64(members.count) else {
                throw ProofError("\"\(number)\" is no threshold; expected all, any or 1 to \(members.count)")
            }
            threshold = Int(count)
        }
        try PolicyReader.limit(groups, "groups")
        groups += 1
        try define(items[0], .group(threshold: threshold, members: members))
        // Each name in one group only, so that a witness counts once.
        for name in names { used.insert(name) }
    }

    private mutating func readQuorum(_ items: [[UInt8]]) throws(ProofError) {
        guard items.count == 1 else { throw ProofError("expected \"quorum <name>\" or \"quorum none\"") }
        guard !hasQuorum else { throw ProofError("there is a quorum line already") }
        if items[0] != PolicyReader.none { policy.quorum = try rule(items[0]) }
        hasQuorum = true
    }

    /// Names that are members of a group.
    private var used: Set<[UInt8]> = []

    private func member(_ name: [UInt8]) throws(ProofError) -> WitnessPolicy.Rule {
        guard !used.contains(name) else {
            throw ProofError("\(PolicyReader.text(name)) is a member of another group; it can be one of one only")
        }
        return try rule(name)
    }

    private func rule(_ name: [UInt8]) throws(ProofError) -> WitnessPolicy.Rule {
        guard let rule = rules[name] else {
            throw ProofError("\(PolicyReader.text(name)) is no witness or group of a line before")
        }
        return rule
    }

    private mutating func define(_ name: [UInt8], _ rule: WitnessPolicy.Rule) throws(ProofError) {
        guard name != PolicyReader.none else { throw ProofError("nothing can be named \"none\"") }
        guard rules.updateValue(rule, forKey: name) == nil else {
            throw ProofError("there is a witness or group named \(PolicyReader.text(name)) already")
        }
    }

    private static func limit(_ count: Int, _ what: String) throws(ProofError) {
        guard count < WitnessPolicy.maximumItems else {
            throw ProofError("there are more than \(WitnessPolicy.maximumItems) \(what)")
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
