/// What a command found out, for people and for programs.
protocol Answer {
    /// One JSON object, as UTF-8 without an end of line.
    var json: [UInt8] { get }
    /// The same in words.
    var lines: [String] { get }
}

extension Output {
    /// Writes what a command found out, in the form that was asked for.
    func answer(_ answer: some Answer, asJSON: Bool) throws {
        if asJSON { return try line(utf8: answer.json) }
        for line in answer.lines { try self.line(line) }
    }
}
