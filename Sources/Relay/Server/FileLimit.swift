import Foundation
import Logging

/// How many files the process may have open: every connection is one.
enum FileLimit {
    /// Raises the soft limit, which is often 1024, to what the system permits, and says so when that is too little.
    static func raise(forConnections connections: Int, logger: Logger) {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        guard limit.rlim_max < UInt64(connections) else { return }
        logger.warning(
            "the limit of open files is below the limit of connections",
            metadata: ["files": "\(limit.rlim_max)", "connections": "\(connections)"])
    }
}
