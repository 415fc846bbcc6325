import Nostr
import Reducers

/// What would have had to be different, in plain words: the last line of `why`.
enum Advice {
    /// A sentence or two for a refusal, and for a granted call; `nil` when there is nothing to say.
    ///
    /// - Parameters:
    ///   - situation: how both ends of a connect request stood.
    ///   - rings: what became of the two call-me-nows, the requester's first.
    static func text(
        _ transition: Transition, steps: [Explanation.Step], event: Event?, situation: Situation? = nil,
        rings: [Ring] = []
    ) -> String? {
        if let situation {
            let calls = CallAdvice(situation: situation, steps: steps, rings: rings)
            guard let refusal = transition.refusal else { return calls.afterGrant }
            return calls.text(refusal) ?? text(refusal, steps: steps, event: event)
        }
        return transition.refusal.map { text($0, steps: steps, event: event) }
    }

    private static func text(_ refusal: Refusal, steps: [Explanation.Step], event: Event?) -> String {
        switch refusal {
        case .notAuthenticated: "the sender has to connect and authenticate (NIP-42) again, then send a new event"
        case .authorMismatch: "the event has to be signed by a key that its session authenticated with"
        case .invalidEvent: "the event's id and signature have to match its content"
        case .notMember: "the key has to be a member first: an admin adds it"
        case .relayOnlyKind: "nobody can publish this kind: the relay makes it itself"
        case .neverPublished: "it goes into an AUTH message or an HTTP header, not into an EVENT message"
        case .unsupportedKind: "this relay does not do this"
        case .deleted: "what was deleted does not come back: the author has to publish something new"
        case .authorizationUsed: "each NIP-98 event is good for one request: sign a new one"
        case .expired: "its NIP-40 expiration has passed: sign it again with a later one"
        case .kindNotTaken: "an admin has to allow the kind (NIP-86 allowkind)"
        case .tooEasy(_, let asked): "the author has to mine the event to difficulty \(asked) (NIP-13)"
        case .banned: "an admin has to lift the ban (NIP-86 unbanpubkey)"
        case .delegationInvalid(let reason):
            "\(Printable.text(Text(reason))): the owner has to sign a new auth tag (NIP-OA)"
        case .notImported: "commands, requests and the relay's own events are not imported"
        case .protectedEvent: "the author itself has to publish it, over a session authenticated with its key"
        case .tooFarInFuture(let seconds):
            "the author's clock has to be right: its created_at may be at most \(seconds) s ahead of the relay's clock"
        case .reporterDelegated: "the reporter itself has to be a direct member\(blame(steps)): an admin adds it"
        case .reportRate(let limit): "the reporter has to send at most \(limit) reports a second"
        case .reportNotJSON: "the content has to be the JSON object that the mesh node returns from GET /api/status"
        case .reportLimit: "the report has to be smaller, or the policy's limit larger"
        case .tooManyReporters, .overloaded: "it has to be sent again later: a limit of the relay was reached"
        case .requestRate(let limit):
            "the requester has to ask at most \(limit) times a second; every attempt counts, refused ones too"
        case .requestNotFresh(let window), .commandNotFresh(let window):
            """
            the author's clock has to be within \(window) s of the relay's\(skew(steps)): set both by NTP, and sign a new \
            event instead of sending an old one again
            """
        case .requestReplayed, .commandReplayed: "each signed event is decided once: asking again needs a new event"
        case .requestMalformed(let reason): "the content has to be well-formed: \(Printable.text(Text(reason)))"
        case .requestWithoutTarget: "the request has to name its target: [\"p\", <64 hex digits>]"
        case .requestTargetMalformed: "the p tag has to be a public key of 64 hex digits (not an npub)"
        case .requestToSelf: "the target has to be another key than the requester's"
        case .requesterDelegated:
            "the requester has to be a direct member at that moment\(blame(steps)): an admin adds it, and it asks again"
        case .targetNotMember:
            "the target has to be a direct member at that moment\(blame(steps)): an admin adds it, and the requester asks again"
        case .targetRate(let limit): "the target must not be called more than \(limit) times a second"
        case .commandMalformed(let reason): "the command's tags have to be right: \(Printable.text(Text(reason)))"
        case .permissionDenied(let permission): text(permission)
        case .commandRate(let limit): "the author has to send at most \(limit) commands a second"
        case .subjectBanned: "an admin has to lift the ban first (NIP-86 unbanpubkey)"
        case .joinMalformed(let reason): "the request has to be right: \(Printable.text(Text(reason)))"
        case .inviteInvalid: "the code has to be one that was not used up or taken back: ask for a new one"
        case .inviteExpired: "somebody who may invite has to make a new code"
        case .inviteNotAllowed: "the policy (`invites`) has to let this member invite"
        case .inviteRate(let limit): "at most \(limit) codes a day: wait, or ask somebody else"
        case .invitesFull, .listFull: "something has to be taken off the list first"
        case .leaveNeedsMember: "only a member can leave"
        case .managementMalformed(let reason): "the call has to be right: \(Printable.text(Text(reason)))"
        case .managementUnknown: "see the method supportedmethods"
        case .subjectNotMember: "the key in the p tag has to be a member\(blame(steps))"
        case .membershipFull: "somebody has to be removed first"
        case .ownerExists: "a relay has one owner for life; start a new relay with another owner"
        }
    }

    private static func text(_ permission: Refusal.Permission) -> String {
        switch permission {
        case .addNeedsAdmin, .removeNeedsAdmin: "the author has to be the owner or an admin"
        case .adminNeedsOwner, .roleNeedsOwner, .adminsByOwner: "the owner itself has to do this"
        case .removeSelf, .roleOfSelf: "somebody else has to do this: nobody removes itself or changes its own role"
        case .manageNeedsAdmin: "the author has to be the owner or an admin"
        case .ownerLeaves: "the owner stays for life; start a new relay with another owner"
        case .ownerStays: "nobody can remove or demote the owner"
        }
    }

    /// When and how the missing membership ended, where it did.
    private static func blame(_ steps: [Explanation.Step]) -> String {
        guard case .removed(let position, _)? = steps.last?.ending else { return "" }
        return ", and was removed by entry \(position.seq)"
    }

    /// How far off the clock was, in the words of the check.
    private static func skew(_ steps: [Explanation.Step]) -> String {
        guard let step = steps.last, step.name == Check.Name.freshness.rawValue else { return "" }
        return " (\(step.fact))"
    }
}
