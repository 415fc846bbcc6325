/// What waits for slow readers on one event loop, over all its connections. Belongs to the event loop.
final class TotalBacklog {
    var bytes = 0
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    /// Whether no more should wait.
    var isFull: Bool { bytes > maximum }
}
