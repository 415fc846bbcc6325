import Foundation
import Synchronization

/// What the process itself uses.
final class ProcessFigures: Sendable {
    /// How long a count of open files is good, in seconds: with ten thousand connections counting takes milliseconds of an
    /// event loop's time.
    private static let descriptorSeconds: Int64 = 5

    private let descriptors = Mutex((count: 0, countedAt: Int64.min))

    /// Resident memory in bytes.
    var residentBytes: UInt64 {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (UInt64(fields[1]) ?? 0) * UInt64(sysconf(Int32(_SC_PAGESIZE))) : 0
    }

    /// Open file descriptors, counted some seconds ago at most.
    var openDescriptors: Int {
        let now = Clock.seconds()
        return descriptors.withLock { known in
            guard now < known.countedAt || now - ProcessFigures.descriptorSeconds >= known.countedAt else {
                return known.count
            }
            known = (ProcessFigures.countDescriptors(), now)
            return known.count
        }
    }

    private static func countDescriptors() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Without the entries "." and "..", and without the directory that is being read.
        return max(0, count - 3)
    }

    /// Processor time so far, in seconds.
    var processorSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }
}
