import Nostr
import Reducers

extension CallAdvice {
    /// What to do after a granted call that did not lead to a connection.
    var afterGrant: String? {
        guard let target = situation.target else { return nil }
        switch (situation.requester.presence.listeningSince != nil, target.presence.listeningSince != nil) {
        case (true, false): return "\(silence(target, "the target")): start its mesh node again, then ask again"
        case (false, true):
            return """
                \(silence(situation.requester, "the requester")): it has to subscribe before it asks, or it never learns \
                where to dial
                """
        case (false, false):
            return """
                neither end had a live subscription to call-me-nows (kind 24622 with its own key as #p): both have to \
                subscribe before either asks
                """
        case (true, true): return delivery ?? afterRinging(target)
        }
    }

    /// Why an end could not be rung.
    private func silence(_ end: Situation.End, _ who: String) -> String {
        let what = "\(who) had no live subscription to call-me-nows (kind 24622 with its own key as #p)"
        let sessions = end.presence.sessions.map { String($0.id) }.joined(separator: ", ")
        if !sessions.isEmpty {
            return """
                \(what), although it is connected (session \(sessions)): its client is connected for something else, or it \
                \(stopped(end) ?? "never subscribed")
                """
        }
        let note =
            switch end.presence.offer {
            case .none: "discovery knows no note of it"
            case .empty, .stale: "its mesh status is stale: the latest report came \(report(end))"
            case .fresh: "its mesh status is still offered, of a report \(report(end)), so its node is gone since"
            }
        return "\(what) and no connection; \(stopped(end) ?? "it never subscribed in this log"), and \(note)"
    }

    private func report(_ end: Situation.End) -> String {
        guard let note = end.presence.offer.note else { return "never" }
        return "\(Span.text(situation.position.time &- note.reportedAt)) before"
    }

    private func stopped(_ end: Situation.End) -> String? {
        switch end.stopped {
        case .closed(let at, let reason)?:
            "its connection was closed \(ago(at)) (entry \(at.seq))"
                + (reason.isEmpty ? "" : ": \(Printable.text(Text(reason)))")
        case .unsubscribed(let at)?: "gave its subscription up \(ago(at)) (entry \(at.seq))"
        case .restarted(let at)?: "the relay was restarted \(ago(at)) (entry \(at.seq)), and it did not come back"
        case .removed(let at, _)?: "it was removed from the membership \(ago(at)) (entry \(at.seq))"
        case .never?, nil: nil
        }
    }

    /// What to do where both listened but a call did not arrive.
    private var delivery: String? {
        for (ring, who) in zip(rings, ["requester", "target"]) where !ring.isRung {
            guard ring.dropped.isEmpty else {
                return """
                    the \(who) did not read what was sent to it, so its call-me-now was dropped: look at its network and at \
                    the load of that machine, then ask again
                    """
            }
            return """
                the \(who) listened, but the log has no record that its call-me-now was written: its subscription may not \
                match (a `since` in the future, another author), or the relay stopped in between; ask again
                """
        }
        return nil
    }

    /// Both were rung: what the log still shows.
    private func afterRinging(_ target: Situation.End) -> String {
        if let trace = situation.dialect {
            return """
                make both clients speak one dialect: the relay speaks \(situation.speaks.dialect.rawValue), but \
                \(trace.key.shortNpub) wrote \(trace.spelling) in entry \(trace.position.seq), so its client speaks \
                \(trace.dialect.rawValue) and ignores a call-me-now of type \(situation.speaks.dialect.callMeNowType); change \
                the client, or the policy's `dialect`
                """
        }
        if case .stale = target.presence.offer { return stale(target) }
        if case .empty = target.presence.offer { return stale(target) }
        if situation.dialsOfferedAddress == false {
            return """
                both ends were rung, but the requester dialled an address that the target's mesh status does not offer (any \
                more): it has to discover anew (kind 30621) before it asks again
                """
        }
        var text = "both ends were rung, so the relay did its part"
        if let next = situation.next {
            text += """
                , and yet they asked again \(Span.text(next.at.time &- situation.position.time)) later (entry \
                \(next.at.seq))
                """
        }
        return """
            \(text): if they did not connect, look at the two machines' own network (UDP, firewalls, NAT) and at whether \
            both clients expect a call-me-now of type \(situation.speaks.dialect.callMeNowType)
            """
    }

    private func stale(_ target: Situation.End) -> String {
        """
        both ends were rung, but the target's mesh status is stale: its latest report came \(report(target)), so the \
        address that the requester dialled may be an old one; look whether the target's mesh node still runs and reports
        """
    }
}
