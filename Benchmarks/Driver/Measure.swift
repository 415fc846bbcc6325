import Foundation

/// Seconds that `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    try body()
    return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
}

/// How often `body` runs in a second, over about `duration` seconds; `body` returns how many things it did.
func rate(for duration: Double = 1, _ body: () throws -> Int) rethrows -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    var done = 0
    while true {
        done += try body()
        let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
        if elapsed >= duration { return Double(done) / elapsed }
    }
}

/// The `fraction` quantile of some samples.
func quantile(_ samples: [Double], _ fraction: Double) -> Double {
    let sorted = samples.sorted()
    guard !sorted.isEmpty else { return .nan }
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * fraction))]
}

/// One row of the result: what was measured, the figure, the limit beside it, and their ratio.
func row(_ name: String, _ figure: String, limit: String = "", ratio: Double? = nil) {
    func pad(_ text: String, _ width: Int) -> String { text.padding(toLength: width, withPad: " ", startingAt: 0) }
    let share = ratio.map { String(format: "%.2f", $0) } ?? ""
    print("\(pad(name, 46)) \(pad(figure, 22)) \(pad(limit, 26)) \(share)")
}

func format(_ rate: Double, _ unit: String) -> String { "\(Int(rate.rounded())) \(unit)" }

/// Keeps this program, from here on, to the given cores, so that the relay has its own to itself.
func pin(to cores: ClosedRange<Int>) {
    let taskset = Process()
    taskset.executableURL = URL(fileURLWithPath: "/usr/bin/taskset")
    taskset.arguments = ["-a", "-p", "-c", "\(cores.lowerBound)-\(cores.upperBound)", "\(getpid())"]
    taskset.standardOutput = FileHandle.nullDevice
    try? taskset.run()
    taskset.waitUntilExit()
}
