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
    /// Under which names, with their ports, the relay is known by its settings.
    private let authorities: Set<String>

    init(
        information: RelayInformation, readiness: Readiness, facts: LiveFacts, metrics: Metrics, settings: Settings,
        relay: PublicKey, doors: DoorContext
    ) {
        self.information = information
        self.readiness = readiness
        self.facts = facts
        self.metrics = metrics
        self.settings = settings
        self.relay = relay
        self.doors = doors
        authorities = Set(settings.urls.compactMap { HTTPAddress($0)?.authority })
    }

    /// Methods by path, for a request whose method is another.
    private static let paths: [String: String] = [
        "/": "GET, HEAD, POST, OPTIONS", "/info": "GET, HEAD, OPTIONS", "/health": "GET, HEAD, OPTIONS",
        "/ready": "GET, HEAD, OPTIONS", "/metrics": "GET, HEAD, OPTIONS", "/events": "POST, OPTIONS",
        "/query": "POST, OPTIONS", "/count": "POST, OPTIONS",
    ]

    /// Bytes of a body that the request may have.
    var maximumBodyBytes: Int { settings.limits.maximumMessageBytes }

    /// Answers a request, now or later, on the same event loop.
    func answer(_ request: HTTPRequest, on channel: any Channel, _ answer: @escaping (HTTPAnswer) -> Void) {
        let label = HTTPRouter.paths[request.path] == nil ? "other" : request.path
        let counted: (HTTPAnswer) -> Void = { [metrics] reply in
            metrics.requests.add("path=\"\(label)\",status=\"\(reply.status.code)\"")
            answer(reply)
        }
        if isBlocked(request.client) {
            return counted(.failure("blocked: this address is blocked"))
        }
        switch request.head.method {
        case .OPTIONS: counted(HTTPAnswer(.noContent, type: "text/plain", body: []))
        case .GET, .HEAD: counted(read(request))
        case .POST: post(request, on: channel, counted)
        default: counted(notAllowed(request))
        }
    }

    /// Whether connections from that address are refused (NIP-86, `blockip`).
    func isBlocked(_ client: ClientAddress) -> Bool {
        guard let address = client.address else { return false }
        return facts.current.blocked.contains { $0.contains(address) }
    }

    // MARK: Reading

    private func read(_ request: HTTPRequest) -> HTTPAnswer {
        let wantsInformation = request.head.headers["accept"].contains { $0.contains("application/nostr+json") }
        switch request.path {
        case "/health": return .text(.ok, "ok")
        case "/ready":
            return readiness.isReady ? .text(.ok, "ready") : .text(.serviceUnavailable, "draining")
        case "/info": return document
        case "/" where wantsInformation: return document
        case "/": return page(request)
        case "/metrics": return figures(request)
        default: return notAllowed(request)
        }
    }

    private var document: HTTPAnswer {
        HTTPAnswer(.ok, type: "application/nostr+json", body: information.json(facts.current, facts.presentation))
    }

    private func page(_ request: HTTPRequest) -> HTTPAnswer {
        let presentation = facts.presentation
        let host = request.head.headers.first(name: "host") ?? ""
        var page = HTTPAnswer(
            .ok, type: "text/html; charset=utf-8",
            body: WelcomePage.html(
                name: presentation.name, about: presentation.about, relay: relay,
                address: settings.urls.first ?? "ws://\(host)", isOpen: !facts.current.policy.requireMembership))
        page.headers.append(("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"))
        return page
    }

    private func figures(_ request: HTTPRequest) -> HTTPAnswer {
        switch settings.metrics {
        case .off: return notAllowed(request)
        case .local where !request.client.isLocal:
            return .failure("restricted: metrics are for this machine only; see the setting `metrics`")
        case .local, .all:
            let text = MetricsText(
                metrics: metrics, facts: facts.current, storage: try? doors.log.storage(), isReady: readiness.isReady)
            return HTTPAnswer(.ok, type: MetricsText.type, body: text.bytes)
        }
    }

    private func notAllowed(_ request: HTTPRequest) -> HTTPAnswer {
        guard let methods = HTTPRouter.paths[request.path], request.path != "/metrics" || settings.metrics != .off
        else { return .text(.notFound, "nothing here") }
        var answer = HTTPAnswer.text(.methodNotAllowed, "this address answers \(methods)")
        answer.headers.append(("allow", methods))
        return answer
    }

    // MARK: Posting

    private func post(_ request: HTTPRequest, on channel: any Channel, _ answer: @escaping (HTTPAnswer) -> Void) {
        guard readiness.isReady else { return answer(.failure("error: the relay is restarting, try again")) }
        let doors = PostDoors(
            context: doors, eventLoop: channel.eventLoop, authorities: names(of: channel, request.client),
            answer: answer)
        let type = request.head.headers.first(name: "content-type")?.lowercased() ?? ""
        if type.hasPrefix(PostDoors.managementType), request.path == "/" { return doors.management(request) }
        switch request.path {
        case "/events": doors.events(request)
        case "/query": doors.query(request)
        case "/count": doors.count(request)
        default: answer(notAllowed(request))
        }
    }

    /// The names of the relay on this connection: those of its settings, the address that was reached, and what a trusted
    /// proxy says was asked for.
    private func names(of channel: any Channel, _ client: ClientAddress) -> Set<String> {
        var names = authorities
        if let local = channel.localAddress, let address = local.ipAddress, let port = local.port {
            let host = address.contains(":") ? "[\(address)]" : address
            if let name = HTTPAddress.authority("\(host):\(port)", standardPort: "80") { names.insert(name) }
        }
        if let listen = settings.listen?.description, let name = HTTPAddress.authority(listen, standardPort: "80") {
            names.insert(name)
        }
        if let host = client.host {
            for port in ["80", "443"] {
                if let name = HTTPAddress.authority(host, standardPort: port) { names.insert(name) }
            }
        }
        return names
    }
}
