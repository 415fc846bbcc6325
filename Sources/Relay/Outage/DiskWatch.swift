import Glibc

/// Why nothing may be written, although no write has failed.
enum DiskTrouble: Error, Equatable, CustomStringConvertible {
    /// Less room is left than the reserve.
    case low(free: UInt64, reserve: UInt64, directory: String)
    /// The file system takes no writes any more.
    case readOnly(directory: String)
    /// The log's file is not where it was: what is written to it would be gone with the process.
    case vanished(path: String)
    /// Another file is in its place.
    case replaced(path: String)

    /// The label in the metrics.
    var code: String {
        switch self {
        case .low: "disk_low"
        case .readOnly: "read_only"
        case .vanished: "vanished"
        case .replaced: "replaced"
        }
    }

    var description: String {
        switch self {
        case .low(let free, let reserve, let directory):
            "\(free) bytes are free on the disk of \(directory), less than disk_reserve_bytes (\(reserve)); make room"
        case .readOnly(let directory): "the file system of \(directory) is read-only; mount it for writing"
        case .vanished(let path): "\(path) is gone; put the directory back as it was"
        case .replaced(let path): "\(path) was replaced by another file; start the relay again to use it"
        }
    }
}

/// Looks, before anything is written, whether the log's file is still there and its disk has room: a disk that fills up is
/// noticed while the log is whole and there is room for whoever repairs it.
struct DiskWatch {
    private struct File: Equatable {
        let device: UInt64
        let number: UInt64
    }

    private let directory: String
    private let reserve: UInt64
    private let file: File?

    /// - Parameter reserve: bytes that have to stay free; 0 to look for none.
    init(directory: String, reserve: Int) {
        self.directory = directory
        self.reserve = UInt64(reserve)
        file = DiskWatch.file(directory + "/data.mdb")
    }

    private static func file(_ path: String) -> File? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return File(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    }

    /// Bytes that this user may still write there; `nil` when nobody can tell.
    static func freeBytes(_ directory: String) -> UInt64? {
        var figures = statvfs()
        guard statvfs(directory, &figures) == 0 else { return nil }
        return UInt64(figures.f_bavail) * UInt64(figures.f_frsize)
    }

    /// - Throws: why nothing may be written now.
    func check() throws(DiskTrouble) {
        let path = directory + "/data.mdb"
        guard let found = DiskWatch.file(path) else { throw .vanished(path: path) }
        guard found == file else { throw .replaced(path: path) }
        var figures = statvfs()
        guard statvfs(directory, &figures) == 0 else { throw .vanished(path: path) }
        guard figures.f_flag & DiskWatch.readOnlyFlag == 0 else { throw .readOnly(directory: directory) }
        let free = UInt64(figures.f_bavail) * UInt64(figures.f_frsize)
        guard free >= reserve else { throw .low(free: free, reserve: reserve, directory: directory) }
    }

    /// `ST_RDONLY` of statvfs(3), which is not imported.
    private static let readOnlyFlag: UInt = 1
}
