import CLMDB
import Glibc

/// A refusal of LMDB or of the system below it: the code, and what was being done.
struct LMDBError: Error, Equatable, CustomStringConvertible {
    /// LMDB's own code (negative) or an errno.
    let code: Int32
    /// What was being done, as in "could not …".
    let action: String

    /// LMDB's or the system's text for the code.
    var reason: String { String(cString: mdb_strerror(code)) }

    var description: String { "could not \(action): \(reason)" }

    /// Whether the map is too small for what is being written. Nothing is lost: abort, grow, repeat.
    var isMapFull: Bool { code == MDB_MAP_FULL }
    /// Whether another process has made the map larger than ours.
    var isMapResized: Bool { code == MDB_MAP_RESIZED }

    /// Codes that say that the file is not as LMDB wrote it.
    static let ofDamage = [MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_CURSOR_FULL, MDB_INVALID]

    /// Throws unless `code` is success.
    @inline(__always)
    static func check(_ code: Int32, _ action: @autoclosure () -> String) throws(LMDBError) {
        if code != MDB_SUCCESS { throw LMDBError(code: code, action: action()) }
    }
}
