import Log
import NIOCore
import NIOHTTP1
import Nostr
import Reducers

/// Finds the answer to a request. Most are known at once; what was posted waits for its commit.
final class HTTPRouter: Sendable {
    private let information: RelayInformation
    private let readiness: Readiness
    private let facts: LiveFacts
    private let metrics: Metrics
    private let settings: Settings
    private let relay: PublicKey
    private let doors: DoorContext
    private let names: RelayNames
    private let gate: ConnectionGate
    private let files: LogFiles

    init(
        information: RelayInformation, readiness: Readiness, facts: LiveFacts, metrics: Metrics, settings: Settings,
        relay: PublicKey, doors: DoorContext, names: RelayNames, gate: ConnectionGate, files: LogFiles
    ) {
        self.files = files
        self.information = information
        self.readiness = readiness
        self.facts = facts
        self.metrics = metrics
        self.settings = settings
        self.relay = relay
        self.doors = doors
        self.names = names
        self.gate = gate
    }

    /// Methods by path, for a request whose method is another.
    private static let paths: [String: String] = [
        "/": "GET, HEAD, POST, OPTIONS", "/info": "GET, HEAD, OPTIONS", "/health": "GET, HEAD, OPTIONS",
        "/ready": "GET, HEAD, OPTIONS", "/metrics": "GET, HEAD, OPTIONS", "/events": "POST, OPTIONS",
        "/query": "POST, OPTIONS", "/count": "POST, OPTIONS",
        LogFiles.checkpointPath: LogFiles.methods, DisclosedEntries.path: "GET, OPTIONS",
    ]

    /// Bytes of a body that the request may have.
    var maximumBodyBytes: Int { settings.limits.maximumMessageBytes }

    /// Answers a request, now or later, on the same event loop.
    func answer(_ request: HTTPRequest, on channel: any Channel, _ answer: @escaping (HTTPAnswer) -> Void) {
        let path = path(of: request.head)
        let counted: (HTTPAnswer) -> Void = { [self] reply in
            count(reply.status, of: request.head)
            answer(reply)
        }
        if let refusal = request.refusal { return counted(refusal) }
        guard gate.admitRequest(request.client) else { return counted(.tooManyRequests) }
        if gate.isBlocked(request.client) { return counted(ConnectionGate.Refusal.blocked.answer) }
        switch request.head.method {
        case .OPTIONS: counted(.preflight)
        case .GET where path == DisclosedEntries.path: doors(for: request, on: channel, counted).entries(request)
        case .GET, .HEAD: counted(read(request, path))
        case .POST: post(request, path, on: channel, counted)
        default: counted(notAllowed(path))
        }
    }

    /// Counts an answer.
    func count(_ status: HTTPResponseStatus, of head: HTTPRequestHead) {
        let path = path(of: head)
        let label = path.hasPrefix(LogFiles.tilePrefix) ? "/tile" : HTTPRouter.paths[path] == nil ? "other" : path
        metrics.requests.add("path=\"\(label)\",status=\"\(status.code)\"")
    }

    /// The path without its query, and without the path under which the relay is known, which a proxy may have left.
    private func path(of head: HTTPRequestHead) -> String {
        let path = String(head.uri.prefix { $0 != "?" })
        guard HTTPRouter.paths[path] == nil, !LogFiles.isPath(path),
            let prefix = names.paths.first(where: { path == $0 || path.hasPrefix($0 + "/") })
        else { return path }
        let rest = String(path.dropFirst(prefix.count))
        return rest.isEmpty ? "/" : rest
    }

    // MARK: Reading

    private func read(_ request: HTTPRequest, _ path: String) -> HTTPAnswer {
        if LogFiles.isPath(path) { return files.answer(path) }
        let wantsInformation = request.head.headers["accept"].contains { $0.contains("application/nostr+json") }
        // Every other path takes a WebSocket, and so has the document (NIP-11).
        if wantsInformation, path == "/" || HTTPRouter.paths[path] == nil { return document }
        switch path {
        case "/health": return .text(.ok, "ok")
        case "/ready":
            guard readiness.isReady else { return .text(.serviceUnavailable, "draining") }
            let isWritable = metrics.isWritable.load(ordering: .relaxed)
            return isWritable ? .text(.ok, "ready") : .text(.serviceUnavailable, "the log cannot be written")
        case "/info": return document
        case "/": return page(request)
        case "/metrics": return figures(request)
        default: return notAllowed(path)
        }
    }

    private var document: HTTPAnswer {
        HTTPAnswer(
            .ok, type: "application/nostr+json",
            body: information.json(facts.current, facts.presentation, checkpoint: files.status()))
    }

    private func page(_ request: HTTPRequest) -> HTTPAnswer {
        let presentation = facts.presentation
        let host = request.head.headers.first(name: "host") ?? ""
        let scheme = request.client.isSecure || !settings.tlsCertificate.isEmpty ? "wss" : "ws"
        var page = HTTPAnswer(
            .ok, type: "text/html; charset=utf-8",
            body: WelcomePage.html(
                name: presentation.name, about: presentation.about, relay: relay,
                address: settings.urls.first ?? "\(scheme)://\(request.client.host ?? host)",
                isOpen: !facts.current.policy.requireMembership))
        page.headers.append(("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"))
        return page
    }

    private func figures(_ request: HTTPRequest) -> HTTPAnswer {
        switch settings.metrics {
        case .off: return notAllowed("/metrics")
        case .local where !request.client.isLocal:
            return .failure("restricted: metrics are for this machine only; see the setting `metrics`")
        case .local, .all:
            let text = MetricsText(
                metrics: metrics, facts: facts.current, storage: try? doors.log.storage(), isReady: readiness.isReady,
                directory: settings.data, checkpoint: files.status())
            return HTTPAnswer(.ok, type: MetricsText.type, body: text.bytes)
        }
    }

    private func notAllowed(_ path: String) -> HTTPAnswer {
        guard let methods = HTTPRouter.paths[path], path != "/metrics" || settings.metrics != .off else {
            return .text(.notFound, "nothing here")
        }
        var answer = HTTPAnswer.text(.methodNotAllowed, "this address answers \(methods)")
        answer.headers.append(("allow", methods))
        return answer
    }

    // MARK: Posting

    private func post(
        _ request: HTTPRequest, _ path: String, on channel: any Channel, _ answer: @escaping (HTTPAnswer) -> Void
    ) {
        guard readiness.isReady else { return answer(.failure("error: the relay is restarting, try again")) }
        let doors = doors(for: request, on: channel, answer)
        switch path {
        case "/events": doors.events(request)
        case "/query": doors.query(request)
        case "/count": doors.count(request)
        case "/": isManagement(request) ? doors.management(request) : answer(.managementOnly)
        case _ where HTTPRouter.paths[path] == nil && isManagement(request): doors.management(request)
        default: answer(notAllowed(path))
        }
    }

    private func doors(
        for request: HTTPRequest, on channel: any Channel, _ answer: @escaping (HTTPAnswer) -> Void
    ) -> PostDoors {
        PostDoors(
            context: doors, channel: channel, addresses: names.addresses(on: channel, for: request.client),
            answer: answer)
    }

    private func isManagement(_ request: HTTPRequest) -> Bool {
        let type = request.head.headers.first(name: "content-type") ?? ""
        return type.prefix { $0 != ";" && $0 != " " }.lowercased() == PostDoors.managementType
    }
}
