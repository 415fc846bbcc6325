import Dispatch

/// Applies entries on a thread of its own while the next are read.
///
/// Whoever hands it entries waits until the last ones are done, so only one of the two touches the state at a time, which
/// is the argument for `@unchecked Sendable`.
final class ReplayWorker: @unchecked Sendable {
    private let queue = DispatchQueue(label: "replay", qos: .userInitiated)
    private let group = DispatchGroup()
    private var replay: StateReplay
    private var failure: ReplayError?

    init(_ state: RelayState) { replay = StateReplay(state) }

    /// Begins to apply these, and returns whether to go on.
    func take(_ steps: [ReplayStep]) -> Bool {
        group.wait()
        guard failure == nil else { return false }
        queue.async(group: group) { self.apply(steps) }
        return true
    }

    /// The state after everything that was taken.
    func finish() throws(ReplayError) -> RelayState {
        group.wait()
        if let failure { throw failure }
        return replay.state
    }

    private func apply(_ steps: [ReplayStep]) {
        do throws(ReplayError) {
            for index in steps.indices { try replay.apply(steps[index]) }
        } catch {
            failure = error
        }
    }
}
