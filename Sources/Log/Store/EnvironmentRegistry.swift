import Glibc
import Synchronization

/// One environment for each directory in this process, however many logs are opened on it: LMDB's locks are the
/// process's, and closing one of two environments would drop those of the other.
enum EnvironmentRegistry {
    fileprivate struct Key: Hashable {
        let device: UInt64
        let file: UInt64
    }

    private struct Shared: Sendable {
        let environment: Environment
        var users: Int
    }

    private static let open = Mutex<[Key: Shared]>([:])

    /// A claim on an environment, which closes with the last one.
    final class Lease: Sendable {
        let environment: Environment
        private let key: Key

        fileprivate init(_ environment: Environment, _ key: Key) {
            self.environment = environment
            self.key = key
        }

        deinit { EnvironmentRegistry.release(key) }
    }

    /// The environment of a directory that exists: the one that is open already, or what `make` opens.
    static func lease(
        directory: String, isReadOnly: Bool, _ make: () throws(LogError) -> Environment
    ) throws(LogError) -> Lease {
        var status = stat()
        guard stat(directory, &status) == 0 else { throw .noSuchDirectory(directory) }
        let key = Key(device: UInt64(status.st_dev), file: UInt64(status.st_ino))
        return try open.withLock { open throws(LogError) in
            if let shared = open[key] {
                guard isReadOnly || !shared.environment.isReadOnly else {
                    throw .misuse("\(directory) is open for reading in this process; close that first")
                }
                open[key]?.users += 1
                return Lease(shared.environment, key)
            }
            let environment = try make()
            open[key] = Shared(environment: environment, users: 1)
            return Lease(environment, key)
        }
    }

    private static func release(_ key: Key) {
        // Closing happens under the lock, so that nobody opens the directory while it is being closed.
        open.withLock { open in
            guard let users = open[key]?.users else { return }
            if users > 1 { open[key]?.users = users - 1 } else { open[key] = nil }
        }
    }
}
