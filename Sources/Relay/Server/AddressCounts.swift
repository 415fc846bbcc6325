import Nostr
import Synchronization

/// Counts connections by address. Whoever has an IPv6 address has the 2^64 of its network, so these count together.
final class AddressCounts: Sendable {
    /// Bytes of an IPv6 address that tell one customer from another (RFC 6177).
    private static let networkBytes = 8

    private let counts = Mutex<[ArraySlice<UInt8>: Int]>([:])
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// What counts as one address.
    static func key(_ address: InternetAddress) -> ArraySlice<UInt8> {
        address.bytes.count == 4 ? address.bytes[...] : address.bytes.prefix(AddressCounts.networkBytes)
    }

    /// Takes a connection in; `false` when its address has too many.
    func begin(_ address: InternetAddress) -> Bool {
        counts.withLock { counts in
            let count = counts[AddressCounts.key(address), default: 0]
            guard count < limit else { return false }
            counts[AddressCounts.key(address)] = count + 1
            return true
        }
    }

    func end(_ address: InternetAddress) {
        counts.withLock { counts in
            let count = counts[AddressCounts.key(address), default: 1] - 1
            counts[AddressCounts.key(address)] = count > 0 ? count : nil
        }
    }
}
