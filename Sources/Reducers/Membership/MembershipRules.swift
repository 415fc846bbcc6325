import Nostr

/// Who may change what: the permission matrix of WIRE.md, "Membership".
extension Membership {
    /// What a command that may be carried out comes to.
    enum Ruling: Equatable {
        case effect(MembershipEffect)
        /// It is already so: nothing changes and nothing is emitted.
        case unchanged(String)
    }

    /// Judges a signed command by its author's role.
    func judge<R: CheckRecorder>(
        _ change: MembershipChange, by author: PublicKey, recorder: inout R
    ) throws(Refusal) -> Ruling {
        let actor = self[author]
        let subject = self[change.key]
        func permit(_ allowed: Bool, _ refusal: Refusal, _ fact: @autoclosure () -> String) throws(Refusal) {
            try recorder.require(
                .permission, allowed, refusal, Fact(fact(), basis: actor?.since))
        }
        let relation = "author and subject \(change.key == author ? "are the same" : "differ")"
        let authorIs = "the author is \(actor.map { "\($0.role.name)" } ?? "not a member")"
        switch change {
        case .add(_, let role):
            try permit(actor.map { $0.role >= .admin } ?? false, .permissionDenied(.addNeedsAdmin), authorIs)
            try permit(role == .member || actor?.role == .owner, .permissionDenied(.adminNeedsOwner), authorIs)
        case .remove:
            try permit(actor.map { $0.role >= .admin } ?? false, .permissionDenied(.removeNeedsAdmin), authorIs)
            try permit(change.key != author, .permissionDenied(.removeSelf), relation)
        case .changeRole:
            try permit(actor?.role == .owner, .permissionDenied(.roleNeedsOwner), authorIs)
            try permit(change.key != author, .permissionDenied(.roleOfSelf), relation)
        }
        let subjectIs = Fact("the subject is \(subject?.role.name ?? "not a member")", basis: subject?.since)
        if case .remove = change, let subject {
            try recorder.require(.subject, subject.role != .owner, .permissionDenied(.ownerStays), subjectIs)
            try recorder.require(
                .subject, subject.role == .member || actor?.role == .owner, .permissionDenied(.adminsByOwner), subjectIs
            )
        }
        return try rule(change, recorder: &recorder)
    }

    /// Judges what a command would come to, whoever asks: the operator, who holds the machine, may do the rest.
    func rule<R: CheckRecorder>(_ change: MembershipChange, recorder: inout R) throws(Refusal) -> Ruling {
        let subject = self[change.key]
        let fact = Fact("the subject is \(subject?.role.name ?? "not a member")", basis: subject?.since)
        switch change {
        case .add(let key, let role):
            if subject != nil { return .unchanged("info: already a member") }
            try recorder.require(.subject, members.count < Membership.maximumMembers, .membershipFull, fact)
            return .effect(MembershipEffect(key: key, change: .add(role)))
        case .remove(let key):
            try recorder.require(.subject, subject != nil, .subjectNotMember, fact)
            try recorder.require(.subject, subject?.role != .owner, .permissionDenied(.ownerStays), fact)
            return .effect(MembershipEffect(key: key, change: .remove))
        case .changeRole(let key, let role):
            try recorder.require(.subject, subject != nil, .subjectNotMember, fact)
            try recorder.require(.subject, subject?.role != .owner, .permissionDenied(.ownerStays), fact)
            if subject?.role == role { return .unchanged("info: already \(role.name)") }
            return .effect(MembershipEffect(key: key, change: .change(role)))
        }
    }

    /// Judges making a key the owner: once, and from then on only the owner's key itself may ask for it again.
    func rule(owner key: PublicKey) throws(Refusal) -> Ruling {
        if let owner {
            guard owner.key == key else { throw .ownerExists }
            return .unchanged("info: already the owner")
        }
        return .effect(MembershipEffect(key: key, change: self[key] == nil ? .add(.owner) : .change(.owner)))
    }
}
