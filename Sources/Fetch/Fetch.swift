import Foundation
import FoundationNetworking
import Synchronization

/// A request over HTTP.
public struct FetchRequest: Sendable {
    /// `GET`, `POST`.
    public var method: String
    /// An `http://` or `https://` address.
    public var url: String
    /// Header fields by name.
    public var headers: [String: String]
    /// The body; empty for none.
    public var body: [UInt8]

    /// A request with these parts.
    public init(method: String = "GET", url: String, headers: [String: String] = [:], body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// What a request was answered with, whatever the status.
public struct FetchAnswer: Sendable {
    /// The status code.
    public var status: Int
    /// Header fields by name in lower case.
    public var headers: [String: String]
    /// The whole body.
    public var body: [UInt8]

    /// The body as text; `nil` if it is no UTF-8.
    public var text: String? { String(validating: body, as: UTF8.self) }
}

/// Why there is no answer. The text is for whoever waits for it.
public struct FetchError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The message.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Asks other servers over HTTP: witnesses, and logs that are watched. Waits for the answer; not for event loops.
public enum Fetch {
    /// Sends a request and waits for the whole answer.
    ///
    /// Redirects are followed for `GET` only, and only to `http` and `https`. Certificates are checked against the
    /// system's authorities.
    ///
    /// - Parameters:
    ///   - timeoutSeconds: for the whole exchange.
    ///   - maximumBytes: of the answer's body; with more the transfer is broken off.
    /// - Throws: `FetchError` when there is no answer, or one that is too large.
    public static func send(
        _ request: FetchRequest, timeoutSeconds: Double = 10, maximumBytes: Int = 1 << 20
    ) throws(FetchError) -> FetchAnswer {
        guard let url = URL(string: request.url), let scheme = url.scheme?.lowercased(), url.host != nil,
            scheme == "http" || scheme == "https"
        else { throw FetchError("\(request.url) is no http:// or https:// address") }
        var wanted = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: timeoutSeconds)
        wanted.httpMethod = request.method
        for (name, value) in request.headers { wanted.setValue(value, forHTTPHeaderField: name) }
        if !request.body.isEmpty { wanted.httpBody = Data(request.body) }
        let settings = URLSessionConfiguration.ephemeral
        settings.timeoutIntervalForResource = timeoutSeconds
        settings.httpCookieStorage = nil
        settings.urlCache = nil
        let exchange = Exchange(maximumBytes: maximumBytes, followsRedirects: request.method == "GET")
        let session = URLSession(configuration: settings, delegate: exchange, delegateQueue: nil)
        session.dataTask(with: wanted).resume()
        session.finishTasksAndInvalidate()
        let result = exchange.wait(seconds: timeoutSeconds + 1)
        if result == nil { session.invalidateAndCancel() }
        switch result {
        case .success(let answer): return answer
        case .failure(let error): throw FetchError("\(request.url): \(error.description)")
        case nil: throw FetchError("\(request.url): no answer within \(Int(timeoutSeconds)) s")
        }
    }
}

/// One exchange: gathers the answer as it comes in.
private final class Exchange: NSObject, URLSessionDataDelegate, Sendable {
    private struct State {
        var body: [UInt8] = []
        var status = 0
        var headers: [String: String] = [:]
        var isTooLarge = false
        var result: Result<FetchAnswer, FetchError>?
    }

    private let state = Mutex(State())
    private let done = DispatchSemaphore(value: 0)
    private let maximumBytes: Int
    private let followsRedirects: Bool

    init(maximumBytes: Int, followsRedirects: Bool) {
        self.maximumBytes = maximumBytes
        self.followsRedirects = followsRedirects
    }

    func wait(seconds: Double) -> Result<FetchAnswer, FetchError>? {
        _ = done.wait(timeout: .now() + seconds)
        return state.withLock { $0.result }
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        state.withLock { state in
            guard let response = response as? HTTPURLResponse else { return }
            state.status = response.statusCode
            for (name, value) in response.allHeaderFields {
                state.headers["\(name)".lowercased()] = "\(value)"
            }
        }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isTooLarge = state.withLock { state in
            if state.body.count + data.count > maximumBytes { state.isTooLarge = true } else { state.body += data }
            return state.isTooLarge
        }
        if isTooLarge { dataTask.cancel() }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        let scheme = request.url?.scheme?.lowercased()
        completionHandler(followsRedirects && (scheme == "https" || scheme == "http") ? request : nil)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        state.withLock { state in
            if state.isTooLarge {
                state.result = .failure(FetchError("the answer has more than \(maximumBytes) bytes"))
            } else if let error {
                let reason = (error as NSError).userInfo[NSLocalizedDescriptionKey] as? String
                state.result = .failure(FetchError(reason ?? "\(error)"))
            } else {
                state.result = .success(
                    FetchAnswer(status: state.status, headers: state.headers, body: state.body))
            }
        }
        done.signal()
    }
}
