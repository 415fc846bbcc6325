/// A command of a story: words, and options of the form `name=value`. A word that begins with `{` goes to the end.
/// `(x*300)` stands for a text repeated so often, `%` in it being the number: nobody reads three hundred letters.
struct StoryLine {
    let words: [String]
    let options: [(name: String, value: String)]
    /// The JSON at the end, if there is any.
    let json: String?

    init(_ written: String) {
        let line = StoryLine.spelledOut(written)
        let brace = line.range(of: " {")
        json = brace.map { String(line[line.index(after: $0.lowerBound)...]) }
        let head = brace.map { line[..<$0.lowerBound] } ?? line[...]
        var words: [String] = []
        var options: [(String, String)] = []
        for word in head.split(separator: " ") {
            if let equals = word.firstIndex(of: "="), equals != word.startIndex {
                options.append((String(word[..<equals]), String(word[word.index(after: equals)...])))
            } else {
                words.append(String(word))
            }
        }
        self.words = words
        self.options = options
        source = line
    }

    private let source: String

    private static func spelledOut(_ line: String) -> String {
        line.replacing(/\(([^()*]+)\*([0-9]+)\)/) { match in
            (0..<(Int(match.2) ?? 0)).map { match.1.replacing("%", with: "\($0)") }.joined()
        }
    }

    var verb: String { words[0] }
    subscript(index: Int) -> String { index < words.count ? words[index] : "" }
    func optional(_ index: Int) -> String? { index < words.count ? words[index] : nil }
    func rest(from index: Int) -> [String] { Array(words.dropFirst(index)) }
    func option(_ name: String) -> String? { options.first { $0.name == name }?.value }

    /// Everything from a word on, as it is written.
    func text(from index: Int) -> String {
        var rest = source[...]
        for _ in 0..<index { rest = rest.drop { $0 != " " }.drop { $0 == " " } }
        return String(rest)
    }

    /// A time such as `+5s`, `-30s` or `+250ms`, in microseconds.
    func microseconds(_ index: Int) -> Int64 {
        let number = Int64(self[index].filter { $0.isNumber || $0 == "-" }) ?? 0
        return number * (self[index].hasSuffix("ms") ? 1_000 : 1_000_000)
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}
