import Log
import Nostr
import Reducers

/// What can be checked of an entry without knowing any other: its commitment, its payload's form, ids and signatures.
struct EntryCheck: Sendable {
    /// Whether signatures are checked, too.
    var signatures: Bool

    func check(
        _ row: Chunk.Row, payload: UnsafeRawBufferPointer, _ result: inout Chunk.Result, _ tally: inout Chunk.Tally
    ) {
        tally.leafHash = row.leaf.hash
        do throws(Divergence.Found) {
            guard row.payload != nil || row.leaf.flags & LeafFlags.erasable == 0 else {
                tally.isErased = true
                result.content = .erased
                return
            }
            try checkCommitment(row, payload)
            let content = try content(row, payload)
            result.content = content
            switch content {
            case .input(.event(let event, _, _)):
                try verify(event, &tally)
            case .input(.authenticated(let event, _)):
                guard event.kind == .clientAuthentication || event.kind == .httpAuthentication else {
                    throw Divergence.Found(
                        .payload, expected: "a proof of kind 22242 (NIP-42) or 27235 (NIP-98) behind an authentication",
                        found: "an event of kind \(event.kind)")
                }
                try verify(event, &tally)
            case .input(.management(let body, let authorization)):
                try checkAuthorization(of: body, authorization)
                try verify(authorization, &tally)
            case .input(.disclosed(_, let authorization)):
                guard authorization.kind == .httpAuthentication else {
                    throw Divergence.Found(
                        .payload, expected: "an authorization (NIP-98) behind entries that were read",
                        found: "an event of kind \(authorization.kind)")
                }
                try verify(authorization, &tally)
            case .signed(let event):
                tally.isRelayEvent = true
                try verify(event, &tally)
            default: break
            }
        } catch {
            result.divergence = error.at(row.leaf.seq)
        }
    }

    /// A call of the management API carries the hash of its body, so that nobody can put other words beside a signature.
    private func checkAuthorization(of body: [UInt8], _ authorization: Event) throws(Divergence.Found) {
        let stated = authorization.tags.firstValue(of: "payload")?.string
        guard authorization.kind == .httpAuthentication, stated == SHA256.hash(body).hex else {
            throw Divergence.Found(
                .payload, expected: "a call whose authorization (NIP-98) carries the hash of its body",
                found: "an event of kind \(authorization.kind) for payload \(Printable.text(Text(stated ?? "none")))")
        }
    }

    private func checkCommitment(_ row: Chunk.Row, _ payload: UnsafeRawBufferPointer) throws(Divergence.Found) {
        guard row.payload != nil, let salt = row.salt else {
            throw Divergence.Found(
                .payload, expected: "a payload",
                found: "none: it was taken out, and is not one that may be erased")
        }
        let commitment = Commitment.of(payload: payload, salt: salt)
        guard commitment == row.leaf.commitment else {
            throw Divergence.Found(
                .commitment, expected: "a payload that hashes to \(row.leaf.commitment)",
                found: "one that hashes to \(commitment): the payload, its salt or the header was changed")
        }
    }

    private func content(
        _ row: Chunk.Row, _ payload: UnsafeRawBufferPointer
    ) throws(Divergence.Found) -> Chunk.Result.Content {
        do throws(PayloadError) {
            switch row.leaf.type {
            case .relayEvent: return .signed(try Input.relayEvent(payload))
            case .decision, .membershipEffect: return .bytes
            default:
                guard let input = try Input(type: row.leaf.type, payload: payload) else { return .bytes }
                return .input(input)
            }
        } catch {
            throw Divergence.Found(.payload, expected: "a payload of its entry's type", found: error.description)
        }
    }

    private func verify(_ event: Event, _ tally: inout Chunk.Tally) throws(Divergence.Found) {
        guard signatures else { return }
        do throws(EventError) {
            try event.verify()
            tally.signatures = 1
        } catch {
            throw Divergence.Found(
                .signature, expected: "an event \(event.id.hex) signed by \(event.pubkey.hex)", found: error.message)
        }
    }
}

extension Divergence {
    /// A divergence whose entry is known to the caller.
    struct Found: Error {
        var aspect: Aspect
        var expected: String
        var found: String

        init(_ aspect: Aspect, expected: String, found: String) {
            self.aspect = aspect
            self.expected = expected
            self.found = found
        }

        func at(_ position: UInt64) -> Divergence {
            Divergence(position, aspect, expected: expected, found: found)
        }
    }
}
