/// Why an `auth` tag vouches for nobody.
public struct OwnerAttestationError: Error, Equatable {
    /// The reason, in words.
    public let message: String
}

/// A member's word for another key (NIP-OA): the owner's signature over the other key and some conditions.
public struct OwnerAttestation: Equatable, Sendable {
    /// Who vouches.
    public let owner: PublicKey

    /// Bytes of the conditions that are looked at.
    public static let maximumConditionBytes = 1_024

    /// The attestation in an event's tags; `nil` when the event has no `auth` tag.
    ///
    /// The event's own id and signature are the caller's to check.
    ///
    /// - Throws: for a tag that is malformed, whose conditions the event does not meet, or whose signature is not the
    ///   owner's.
    public static func verified(in event: Event) throws(OwnerAttestationError) -> OwnerAttestation? {
        let tags = event.tags.filter { $0.isNamed("auth") }
        guard let tag = tags.first else { return nil }
        guard tags.count == 1 else { throw OwnerAttestationError(message: "there is more than one auth tag") }
        guard tag.count == 4 else { throw OwnerAttestationError(message: "it does not have four elements") }
        guard let owner = PublicKey(hex: tag[1].string) else {
            throw OwnerAttestationError(message: "its owner is no public key of 64 lower-case hex characters")
        }
        guard owner != event.pubkey else { throw OwnerAttestationError(message: "its owner is the event's author") }
        guard let signature = Signature(hex: tag[3].string) else {
            throw OwnerAttestationError(message: "its signature is not 128 lower-case hex characters")
        }
        try check(conditions: tag[2], of: event)
        let preimage = Array("nostr:agent-auth:\(event.pubkey.hex):".utf8) + tag[2].utf8
        guard Signatures.verify(signature, message: SHA256.hash(preimage), key: owner) else {
            throw OwnerAttestationError(message: "its signature is not the owner's")
        }
        return OwnerAttestation(owner: owner)
    }

    /// Every clause counts, and one that is not understood is met by nothing.
    private static func check(conditions: Text, of event: Event) throws(OwnerAttestationError) {
        guard !conditions.isEmpty else { return }
        guard conditions.utf8.count <= maximumConditionBytes else {
            throw OwnerAttestationError(message: "its conditions have more than \(maximumConditionBytes) bytes")
        }
        for clause in conditions.string.split(separator: "&", omittingEmptySubsequences: false) {
            let isMet: Bool
            if let kind = number(clause, after: "kind=", atMost: 65_535) {
                isMet = UInt64(event.kind.rawValue) == kind
            } else if let time = number(clause, after: "created_at<", atMost: UInt64(UInt32.max)) {
                isMet = event.createdAt < Int64(time)
            } else if let time = number(clause, after: "created_at>", atMost: UInt64(UInt32.max)) {
                isMet = event.createdAt > Int64(time)
            } else {
                throw OwnerAttestationError(message: "its conditions are not understood")
            }
            guard isMet else { throw OwnerAttestationError(message: "the event does not meet its condition \(clause)") }
        }
    }

    /// The number behind a clause's name, in canonical decimal digits.
    private static func number(_ clause: Substring, after name: String, atMost most: UInt64) -> UInt64? {
        guard clause.hasPrefix(name) else { return nil }
        let digits = clause.dropFirst(name.count)
        guard let value = UInt64(digits), String(value) == digits, value <= most else { return nil }
        return value
    }
}
