import CSecp256k1
import Synchronization

/// Points of the curve that were computed from their x coordinates before: a square root, and a tenth of what a signature
/// check takes. The same few keys sign nearly everything.
///
/// A fixed number of places, each with a lock that nobody waits for: whoever finds it taken computes the point again.
final class KnownPoints: Sendable {
    /// Places; a key's own bytes pick one. About 150 KB in all.
    static let places = 1_024

    private final class Place: Sendable {
        let entry = Mutex<Entry?>(nil)
    }

    private struct Entry: @unchecked Sendable {
        // The C struct is 64 bytes of plain data.
        var key: PublicKey
        var point: secp256k1_xonly_pubkey
    }

    private let slots = (0..<KnownPoints.places).map { _ in Place() }

    /// The points that this process has met.
    static let shared = KnownPoints()

    /// The point of a key, or `nil` when there is none.
    func point(of key: PublicKey) -> secp256k1_xonly_pubkey? {
        let place = slots[Int(truncatingIfNeeded: key.word3) & (KnownPoints.places - 1)]
        let known = place.entry.withLockIfAvailable { entry in
            entry.flatMap { $0.key == key ? $0.point : nil }
        }
        if let known, let known { return known }
        guard let point = Signatures.point(of: key) else { return nil }
        _ = place.entry.withLockIfAvailable { $0 = Entry(key: key, point: point) }
        return point
    }
}
