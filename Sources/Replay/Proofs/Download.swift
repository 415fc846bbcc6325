import Foundation
import FoundationNetworking
import Synchronization

/// A GET over HTTP or HTTPS, waited for.
enum Download {
    /// Seconds after which an answer is not waited for any more.
    private static let timeoutSeconds: TimeInterval = 20

    private struct Answer: Sendable {
        var status = 0
        var body: [UInt8] = []
        var reason: String?
    }

    /// The body of the answer; `nil` for 404.
    ///
    /// - Throws: `ReplayFailure` for any other answer than 200, one that is too long, or none.
    static func get(_ address: String, maximumBytes: Int) throws -> [UInt8]? {
        guard let url = URL(string: address), ["http", "https"].contains(url.scheme), url.host != nil else {
            throw ReplayFailure(.negative, "\(address) is no http or https address")
        }
        var request = URLRequest(url: url, timeoutInterval: timeoutSeconds)
        request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
        let done = DispatchSemaphore(value: 0)
        let session = URLSession(configuration: .ephemeral)
        defer { session.invalidateAndCancel() }
        let shared = Shared()
        let task = session.dataTask(with: request) { data, response, error in
            shared.set(
                Answer(
                    status: (response as? HTTPURLResponse)?.statusCode ?? 0, body: data.map { Array($0) } ?? [],
                    reason: error?.localizedDescription))
            done.signal()
        }
        task.resume()
        done.wait()
        let got = shared.get()
        if let reason = got.reason { throw ReplayFailure(.noLog, "\(address) does not answer: \(reason)") }
        if got.status == 404 { return nil }
        guard got.status == 200, got.body.count <= maximumBytes else {
            throw ReplayFailure(.noLog, "\(address) answers \(got.status) with \(got.body.count) bytes")
        }
        return got.body
    }

    /// What two threads hand each other.
    private final class Shared: Sendable {
        private let answer = Mutex(Answer())

        func set(_ value: Answer) { answer.withLock { $0 = value } }

        func get() -> Answer { answer.withLock { $0 } }
    }
}
