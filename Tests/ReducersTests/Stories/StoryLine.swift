/// A command of a story: words, and options of the form `name=value`. A word that begins with `{` goes to the end.
struct StoryLine {
    let words: [String]
    let options: [(name: String, value: String)]
    /// The JSON at the end, if there is any.
    let json: String?

    init(_ line: String) throws {
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

    /// A number of seconds such as `+5s` or `-30s`.
    func seconds(_ index: Int) -> Int64 {
        Int64(self[index].replacing("s", with: "").replacing("+", with: "")) ?? 0
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}
