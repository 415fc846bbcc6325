import Foundation

/// What a process keeps in memory, in bytes (`/proc/<pid>/smaps_rollup`).
struct Memory {
    /// Pages that are in memory, the log's file among them.
    var resident = 0
    /// Pages that belong to no file: the heap, the stacks.
    var anonymous = 0

    init(of process: Int32) throws {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/smaps_rollup", encoding: .utf8) else {
            throw BenchmarkError("the relay's memory cannot be read")
        }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 1, let kilobytes = Int(words[1]) else { continue }
            switch words[0] {
            case "Rss:": resident = kilobytes * 1024
            case "Anonymous:": anonymous = kilobytes * 1024
            default: break
            }
        }
    }
}

/// Bytes of the kernel's own objects on this machine that cannot be given back: sockets and open files among them.
func kernelBytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
        let line = text.split(separator: "\n").first(where: { $0.hasPrefix("SUnreclaim:") }),
        let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return 0 }
    return kilobytes * 1024
}

/// Lets this program, and what it starts, open as many files as the system permits.
func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}
