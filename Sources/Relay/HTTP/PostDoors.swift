import Log
import NIOCore
import Nostr
import Reducers

/// What all doors for signed HTTP requests share.
struct DoorContext: Sendable {
    let log: EventLog
    let limits: ServerLimits
    let submit: @Sendable (Submission) -> Bool
    let used: UsedAuthorizations
    /// How many events each key may publish, over all doors.
    let rate: RateLimiter<PublicKey>
    let drops: Drops
    /// Between the slices of a query others get their turn.
    let turns: LoopTurns
    let metrics: Metrics
}

/// The doors for signed HTTP requests: `POST /events`, `/query`, `/count`, and the management API (NIP-86).
///
/// An instance answers one request, on the event loop of its connection.
struct PostDoors {
    let context: DoorContext
    let channel: any Channel
    /// Under which addresses the relay is known on this connection.
    let addresses: [HTTPAddress]
    let answer: (HTTPAnswer) -> Void

    /// The content type of a call of the management API.
    static let managementType = "application/nostr+json+rpc"

    func events(_ request: HTTPRequest) {
        guard let authorization = authorize(request, requiresPayload: false) else { return }
        guard context.rate.admits(authorization.pubkey, at: Clock.microseconds()) else {
            return refuse(
                "rate-limited: more than \(context.limits.eventsPerSecond) events a second, slow down", authorization,
                counted: "event_rate")
        }
        let event: Event
        do throws(EventError) {
            event = try Event.parse(request.body, limits: .incoming)
            if event.kind != .joinRequest { try event.verify() }
        } catch {
            return refuse("invalid: \(error.message)", authorization, counted: "invalid_event")
        }
        submit(.post(event, authorization: authorization), authorization) { outcome in
            guard outcome.accepted else { return refuse(outcome) }
            var json = JSONWriter()
            json.beginObject()
            json.field("event_id", event.id)
            json.field("accepted", true)
            json.field("message", outcome.message)
            json.endObject()
            answer(.json(json.bytes))
        }
    }

    func query(_ request: HTTPRequest) {
        read(request) { filters in
            StoredQuery.events(filters, on: channel, context, done: finish)
        }
    }

    func count(_ request: HTTPRequest) {
        read(request) { filters in
            StoredQuery.count(filters, on: channel, context, done: finish)
        }
    }

    func management(_ request: HTTPRequest) {
        guard let authorization = authorize(request, requiresPayload: true) else { return }
        submit(.management(body: request.body, authorization: authorization), authorization) { outcome in
            var json = JSONWriter()
            json.beginObject()
            if outcome.accepted {
                json.key("result")
                json.raw(outcome.result ?? Array("true".utf8))
            } else if outcome.message.hasPrefix("auth-required:") {
                return answer(.failure(outcome.message))
            } else {
                json.field("error", outcome.message)
            }
            json.endObject()
            var reply = HTTPAnswer.json(json.bytes)
            reply.type = PostDoors.managementType
            answer(reply)
        }
    }

    /// Entries of the log with their payloads.
    func entries(_ request: HTTPRequest) {
        guard let authorization = authorize(request, requiresPayload: false) else { return }
        guard let wanted = DisclosedEntries(target: request.head.uri) else {
            return refuse("invalid: expected from=POSITION and limit=COUNT", authorization, counted: "invalid_range")
        }
        guard let positions = try? wanted.positions(in: context.log) else {
            context.used.end(authorization.id, isKept: false, now: Clock.seconds())
            return answer(HTTPAnswer(.ok, type: DisclosedEntries.type, body: []))
        }
        submit(.disclosure(positions, authorization: authorization), authorization) { outcome in
            guard outcome.accepted else { return refuse(outcome) }
            guard let lines = try? DisclosedEntries.lines(positions, of: context.log) else {
                return answer(.failure("error: the log cannot be read"))
            }
            answer(HTTPAnswer(.ok, type: DisclosedEntries.type, body: lines))
        }
    }

    // MARK: What they share

    /// The event that authorizes the request; `nil` when there is none that is good, which was answered then.
    private func authorize(_ request: HTTPRequest, requiresPayload: Bool) -> Event? {
        let wanted = HTTPAuthorization.Request(
            method: request.head.method.rawValue, target: request.head.uri, addresses: addresses,
            body: request.body, requiresPayload: requiresPayload)
        let now = Clock.seconds()
        let event: Event
        do {
            event = try HTTPAuthorization(
                header: request.head.headers.first(name: "authorization"), for: wanted, now: now
            ).event
        } catch {
            drop("http_unauthorized")
            answer(.failure("auth-required: \(error.message)"))
            return nil
        }
        switch context.used.begin(event.id, now: now) {
        case .fresh: return event
        case .used:
            drop(Refusal.authorizationUsed.code)
            answer(.failure(Refusal.authorizationUsed.message))
        case .full:
            drop("authorizations_full")
            answer(.failure("error: too many authorized requests, try again in a minute"))
        }
        return nil
    }

    private func read(_ request: HTTPRequest, _ body: @escaping ([Filter]) -> Void) {
        guard let authorization = authorize(request, requiresPayload: false) else { return }
        let filters: [Filter]
        do {
            filters = try request.body.withUnsafeBytes {
                try Filter.parseList($0, maximumCount: context.limits.maximumFilters)
            }
        } catch {
            let message = (error as? FilterError)?.message ?? "invalid: unreadable filters"
            return refuse(message, authorization, counted: "invalid_filter")
        }
        submit(.admission(authorization), authorization) { outcome in
            outcome.accepted ? body(filters) : refuse(outcome)
        }
    }

    private func refuse(_ outcome: Transition.Answer) {
        answer(outcome.message == Refusal.notMember.message ? .membershipRequired : .failure(outcome.message))
    }

    /// Refuses a body that cannot be read: strangers learn only that they are strangers.
    private func refuse(_ message: String, _ authorization: Event, counted reason: String) {
        drop(reason)
        submit(.admission(authorization), authorization) { outcome in
            outcome.accepted ? answer(.failure(message)) : refuse(outcome)
        }
    }

    private func finish(_ outcome: StoredQuery.Outcome) {
        switch outcome {
        case .events(let bytes): answer(.json(bytes))
        case .count(let count):
            var json = JSONWriter()
            json.beginObject()
            json.field("count", UInt64(count))
            json.endObject()
            answer(.json(json.bytes))
        case .tooSlow:
            drop("slow_query")
            answer(.failure("error: the query took longer than \(context.limits.querySeconds) s; narrow its filters"))
        case .tooLarge:
            drop("answer_too_large")
            let most = StoredQuery.maximumBytes
            let error = "invalid: an answer has at most \(most) bytes; ask for less with limit, since or until"
            answer(.failure(.payloadTooLarge, error: error, message: nil))
        case .failed: answer(.failure("error: the log cannot be read"))
        }
    }

    private func drop(_ reason: String) {
        context.drops.count(reason)
    }

    /// Hands over a submission, and goes on with its answer on the connection's event loop.
    private func submit(
        _ content: Submission.Content, _ authorization: Event, _ then: @escaping (Transition.Answer) -> Void
    ) {
        let resume = NIOLoopBound(then, eventLoop: channel.eventLoop)
        let loop = channel.eventLoop
        let used = context.used
        let submission = Submission(
            content: content,
            sender: .caller { outcome in
                used.end(authorization.id, isKept: outcome.accepted, now: Clock.seconds())
                loop.execute { resume.value(outcome) }
            })
        guard !context.submit(submission) else { return }
        used.end(authorization.id, isKept: false, now: Clock.seconds())
        drop("overloaded")
        then(.overloaded)
    }
}
