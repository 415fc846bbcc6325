import CLMDB
import Glibc

/// What somebody can do about a refusal of LMDB or of the system.
enum StorageAdvice {
    static func advice(_ code: Int32) -> String? {
        switch code {
        case ENOSPC: "make room on that disk"
        case EDQUOT: "make room within the quota, or raise it"
        case EFBIG: "raise the limit of a file's size (ulimit -f, LimitFSIZE)"
        case ENOMEM:
            "raise the limit of the address space (ulimit -v, LimitAS), or begin with a smaller initial_map_bytes"
        case EMFILE, ENFILE: "raise the limit of open files (ulimit -n, LimitNOFILE)"
        case EROFS: "mount the disk for writing"
        case EACCES, EPERM: "let this user read and write there"
        // LMDB says so, too, when only a part could be written because the disk is full.
        case EIO: "look whether the disk is full (df) or fails (dmesg); then check the log with ringdown-replay verify"
        case MDB_READERS_FULL: "too many programs read the log at a time; end some"
        default: nil
        }
    }
}
