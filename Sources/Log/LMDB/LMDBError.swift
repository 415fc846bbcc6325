import CLMDB

/// A failed LMDB call: its code, its message and what was being done.
public struct LMDBError: Error, Equatable, Sendable, CustomStringConvertible {
    /// LMDB's or the system's code.
    public var code: CInt
    /// What was being done.
    public var action: String

    init(_ code: CInt, _ action: String) {
        self.code = code
        self.action = action
    }

    /// The message for a user.
    public var description: String { "\(action): \(String(cString: mdb_strerror(code)))" }

    static let mapFull = MDB_MAP_FULL
    static let mapResized = MDB_MAP_RESIZED
    static let notFound = MDB_NOTFOUND
}

/// Throws unless the call succeeded.
@inline(__always)
func check(_ code: CInt, _ action: @autoclosure () -> String) throws(LMDBError) {
    if code != MDB_SUCCESS { throw LMDBError(code, action()) }
}
