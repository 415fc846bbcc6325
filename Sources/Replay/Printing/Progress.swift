/// Says how far a long reading has come: nothing for the first two seconds, then at most every two seconds, or four
/// times a second on a terminal, where one line is rewritten.
final class Progress {
    /// How it is shown.
    enum Style {
        case hidden
        /// One line each time: for a file or a pipe.
        case lines
        /// One line that is rewritten: for a terminal.
        case rewritten
    }

    private static let patience = Duration.seconds(2)

    private let style: Style
    private let write: (String) -> Void
    private let elapsed: () -> Duration
    private var label = ""
    private var begun = Duration.zero
    private var shown: Duration?
    /// Whether an unfinished line is on the terminal.
    private var isVisible = false

    /// - Parameter elapsed: the time since any fixed moment.
    init(_ style: Style, elapsed: @escaping () -> Duration, write: @escaping (String) -> Void) {
        self.style = style
        self.elapsed = elapsed
        self.write = write
    }

    /// Begins a reading.
    func begin(_ label: String) {
        clear()
        self.label = label
        begun = elapsed()
        shown = nil
    }

    /// So many entries are done, of so many.
    func update(_ done: UInt64, of total: UInt64) {
        guard style != .hidden else { return }
        let now = elapsed()
        let pause = style == .rewritten ? .milliseconds(250) : Progress.patience
        guard now - begun >= Progress.patience, shown.map({ now - $0 >= pause }) ?? true else { return }
        shown = now
        let percent = total == 0 ? 100 : done * 100 / total
        let text = "\(label): \(done.grouped) of \(total.grouped) entries (\(percent) %)"
        if style == .rewritten {
            write("\r\u{1b}[K\(text)")
            isVisible = true
        } else {
            write("\(text)\n")
        }
    }

    /// Takes the line off the terminal.
    func clear() {
        guard isVisible else { return }
        write("\r\u{1b}[K")
        isVisible = false
    }
}

extension FixedWidthInteger {
    /// With a comma between thousands.
    var grouped: String {
        let digits = String(magnitude)
        var text = self < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }
}
