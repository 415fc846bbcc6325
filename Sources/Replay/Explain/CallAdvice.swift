import Nostr
import Reducers

/// What to do about one connect request, in plain words for the person whose two machines did not pair.
struct CallAdvice {
    let situation: Situation
    let steps: [Explanation.Step]
    /// What became of the requester's half and of the target's.
    let rings: [Ring]

    private var position: Position { situation.position }

    /// What to do about a refusal; `nil` where the refusal itself says it all.
    func text(_ refusal: Refusal) -> String? {
        switch refusal {
        case .notAuthenticated: unauthenticated
        case .authorMismatch: wrongKey
        case .requestNotFresh(let window): clock(window)
        case .requestReplayed: replayed
        case .requestRate(let limit):
            """
            wait a second and ask again: the requester may ask \(limit) times in one, and refused attempts count too, so a \
            client that retries at once keeps itself out; let it wait longer after each failure
            """
        case .targetRate(let limit):
            "wait a second and ask again: everybody together may call the target \(limit) times in one"
        case .requesterDelegated: requester
        case .targetNotMember: target
        case .requestMalformed(let reason):
            """
            the client has to be repaired or updated: \(Printable.text(Text(reason))); the content needs self_endpoint_addr, \
            peer_endpoint_addr and attempt_id, all non-empty strings
            """
        default: nil
        }
    }

    private var unauthenticated: String {
        let how =
            switch steps.last?.ending {
            case .closed(let at, let reason)?:
                "its connection was closed \(ago(at))" + (reason.isEmpty ? "" : " (\(Printable.text(Text(reason))))")
            case .restarted(let at)?: "the relay was restarted \(ago(at))"
            case .removed(let at, _)?: "its key was removed from the membership \(ago(at)), which ends its connections"
            default: "it never authenticated"
            }
        return "\(how): the requester has to connect and authenticate (NIP-42) again, subscribe, and send a new request"
    }

    private var wrongKey: String {
        let key = situation.requester.presence.key.shortNpub
        let keys = situation.sessionKeys.map(\.shortNpub).joined(separator: ", ")
        return """
            the request is signed by \(key), but its connection authenticated as \(keys.isEmpty ? "nobody" : keys): sign \
            with the key that authenticated, or authenticate with \(key) on the same connection first (NIP-42 allows \
            several); look whether two identities are mixed up on that machine
            """
    }

    private func clock(_ window: Int64) -> String {
        let fact = steps.last?.fact ?? "created_at is off"
        let subject = fact.split(separator: "created_at is ", maxSplits: 1).last.map(String.init) ?? fact
        if let skew = situation.skewAtOpening, abs(skew) < window / 2 {
            return """
                send a new request instead of an old one: this one's created_at is \(subject), but the machine's clock was \
                right when it connected (\(abs(skew)) s off), so it was signed long before it was sent, or the clock \
                jumped since; if that repeats, set the clock by NTP
                """
        }
        return """
            set the requester's clock by NTP and ask again: it is \(subject), and at most \(window) s either way are allowed
            """
    }

    private var replayed: String {
        guard let first = situation.first, let decision = first.decision else {
            return "sign a new request: each signed event is decided once, and this one was decided before"
        }
        return """
            sign a new request: this very event was decided \(ago(first.position)) already, in entry \(first.leaf.seq) \
            (\(decision.outcome.rawValue)); each signed event is decided once, so a client that repeats what it sent gets \
            nowhere: look at `why \(decision.request)` for what became of the first
            """
    }

    private var requester: String {
        if let owner = situation.requester.presence.owner {
            return """
                the requester connected with a delegated key of \(owner.shortNpub), and only direct members may ask for a \
                connection: ask with the member's own key, or let an admin add this key as a member
                """
        }
        return membership(of: "the requester", situation.requester)
    }

    private var target: String {
        guard let end = situation.target else { return "the request has to name its target" }
        if let owner = end.presence.owner {
            return """
                the target is connected with a delegated key of \(owner.shortNpub), and only direct members can be called: \
                call the member's own key, or let an admin add this key as a member
                """
        }
        return membership(of: "the target", end)
    }

    private func membership(of who: String, _ end: Situation.End) -> String {
        if let seq = end.presence.banned {
            return "an admin has to lift the ban on \(who) first (entry \(seq); NIP-86 unbanpubkey), and add it again"
        }
        switch steps.last?.ending {
        case .removed(let at, _)?:
            return """
                \(who) has to be a direct member at that moment, and was removed by entry \(at.seq), \(ago(at)): an admin \
                adds it again (kind 9030), and the requester asks again; `blame member` shows who removed it
                """
        default:
            return """
                \(who) has to be a direct member at that moment, and never was one in this log: compare the key with the \
                one on that machine (a typing error, or another identity of the same person?), then an admin adds it \
                (kind 9030)
                """
        }
    }

    func ago(_ at: Position) -> String { "\(Span.text(position.time &- at.time)) before" }
}
