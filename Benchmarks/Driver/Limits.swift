import Foundation
import Nostr
import Synchronization

/// What this machine can do at most, in the same run as everything else.
enum Limits {
    /// Keys of the signatures that are checked: more than anybody remembers, so that each is parsed anew.
    private static let keys = 4_096

    /// BIP-340 checks a second of one thread, key parsing included.
    static func verify() -> Double {
        let message = SHA256.hash([1])
        let signed = (0..<keys).map { index in
            let key = Workload.key("limit \(index)")
            return (key.publicKey, key.sign(message))
        }
        return rate {
            for (key, signature) in signed {
                guard Signatures.verify(signature, message: message, key: key) else { return 0 }
            }
            return signed.count
        }
    }

    /// The same on all cores at once.
    static func verifyOnAllCores() -> Double {
        let rates = Mutex([Double]())
        DispatchQueue.concurrentPerform(iterations: ProcessInfo.processInfo.activeProcessorCount) { _ in
            let rate = verify()
            rates.withLock { $0.append(rate) }
        }
        return rates.withLock { $0.reduce(0, +) }
    }

    /// BIP-340 signatures a second of one thread.
    static func sign() -> Double {
        let key = SecretKey.generate()
        let message = Randomness.bytes32()
        return rate {
            for _ in 0..<256 { _ = key.sign(message) }
            return 256
        }
    }

    /// Median seconds of one write and fdatasync of 4 KiB.
    static func sync(in directory: String) -> Double {
        let path = directory + "/sync.tmp"
        let descriptor = open(path, O_RDWR | O_CREAT, 0o600)
        defer {
            close(descriptor)
            unlink(path)
        }
        let page = [UInt8](repeating: 1, count: 4096)
        let samples = (0..<200).map { index in
            seconds {
                pwrite(descriptor, page, page.count, off_t(index % 64) * 4096)
                fdatasync(descriptor)
            }
        }
        return quantile(samples, 0.5)
    }
}
