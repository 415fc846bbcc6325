import Nostr
import Reducers

/// Reads a condition such as `kind == 24621 and outcome == refused`.
struct ConditionParser {
    /// Deepest nesting of parentheses and `not`.
    private static let maximumDepth = 32

    private var tokens: [String] = []
    private var place = 0
    private var depth = 0

    /// - Throws: `TextError` that says what was expected where.
    static func parse(_ text: String) throws(TextError) -> Condition {
        var parser = ConditionParser()
        parser.tokens = split(text)
        let condition = try parser.either()
        if let rest = parser.peek {
            throw TextError(description: "\(rest) is not expected there; expected and, or, or the end")
        }
        return condition
    }

    /// Words, operators and parentheses.
    private static func split(_ text: String) -> [String] {
        var tokens: [String] = []
        var word = ""
        func isOperator(_ character: Character) -> Bool { "=!<>&|".contains(character) }
        for character in text {
            let joins = word.last.map { isOperator($0) == isOperator(character) } ?? true
            if character.isWhitespace || character == "(" || character == ")" || !joins {
                if !word.isEmpty { tokens.append(word) }
                word = ""
            }
            if character == "(" || character == ")" {
                tokens.append(String(character))
            } else if !character.isWhitespace {
                word.append(character)
            }
        }
        return word.isEmpty ? tokens : tokens + [word]
    }

    private var peek: String? { place < tokens.count ? tokens[place] : nil }

    private mutating func skip(_ words: String...) -> Bool {
        guard let next = peek, words.contains(next) else { return false }
        place += 1
        return true
    }

    private mutating func either() throws(TextError) -> Condition {
        var condition = try both()
        while skip("or", "||") { condition = .or(condition, try both()) }
        return condition
    }

    private mutating func both() throws(TextError) -> Condition {
        var condition = try single()
        while skip("and", "&&") { condition = .and(condition, try single()) }
        return condition
    }

    private mutating func single() throws(TextError) -> Condition {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ConditionParser.maximumDepth else {
            throw TextError(description: "the condition is nested too deep")
        }
        if skip("not", "!") { return .not(try single()) }
        if skip("(") {
            let condition = try either()
            guard skip(")") else { throw TextError(description: "a parenthesis is not closed; expected )") }
            return condition
        }
        let field = try field()
        guard let next = peek, !["and", "or", "&&", "||", ")"].contains(next) else { return .present(field) }
        place += 1
        guard let comparison = Condition.Comparison(rawValue: next == "=" ? "==" : next) else {
            let all = Condition.Comparison.allCases.map(\.rawValue).joined(separator: " ")
            throw TextError(description: "\(next) is no comparison; expected one of \(all)")
        }
        guard let value = peek, value != ")", value != "(" else {
            throw TextError(description: "a value is missing after \(next)")
        }
        place += 1
        let literal = ConditionParser.literal(value)
        if comparison != .equal, comparison != .unequal {
            guard case .number = literal else {
                throw TextError(description: "\(value) is no number; \(next) compares numbers")
            }
        }
        try ConditionParser.check(literal, value, of: field)
        return .compare(field, comparison, literal)
    }

    private mutating func field() throws(TextError) -> Condition.Field {
        guard let name = peek else { throw TextError(description: "a condition is missing; such as kind == 24621") }
        place += 1
        if let known = Condition.Field.Name(rawValue: name) { return .named(known) }
        let names = PolicyOverrides.settings(of: Policy()).map(\.name)
        if name.hasPrefix("policy."), names.contains(String(name.dropFirst(7))) {
            return .policy(String(name.dropFirst(7)))
        }
        let fields = Condition.Field.Name.allCases.map(\.rawValue).joined(separator: ", ")
        throw TextError(
            description: name.hasPrefix("policy.")
                ? "\(name.dropFirst(7)) is no setting of a policy; there are \(names.joined(separator: ", "))"
                : "there is no \(name) to look at; there are \(fields), and policy.NAME")
    }

    private static func literal(_ text: String) -> Condition.Literal {
        if let number = Int64(text) { return .number(number) }
        if let key = try? PublicKey(parsing: text) { return .key(key) }
        return .word(text)
    }

    /// A value that the field can never have is a mistake, and no condition that is never true.
    private static func check(_ literal: Condition.Literal, _ text: String, of field: Condition.Field) throws(TextError)
    {
        guard case .named(let name) = field else { return }
        switch name {
        case .author, .target, .key, .member:
            guard case .key = literal else {
                throw TextError(description: "\(text) is no key; expected an npub or hex")
            }
        case .position, .kind, .session, .members, .notes, .sessions, .granted, .refused:
            guard case .number = literal else {
                throw TextError(description: "\(text) is no number, which \(name.rawValue) is")
            }
        case .outcome:
            let all = ["granted", "applied", "unchanged", "refused", "accepted"]
            guard all.contains(text) else {
                throw TextError(description: "\(text) is no outcome; expected one of \(all.joined(separator: ", "))")
            }
        case .type, .code, .event: break
        }
    }
}
