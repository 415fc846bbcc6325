import Glibc
import Nostr

/// The pages of an LMDB 0.9 file, read with `pread`: whatever a page says, nothing outside of the file is touched, so that a
/// damaged one cannot kill its reader as it does through LMDB's map.
///
/// Header of a page: number u64, pad u16, flags u16, then lower u16 and upper u16, or for large items the number of pages
/// u32. All in the machine's order. Linux on 64 bits only, as LMDB's own files.
struct PageFile: ~Copyable {
    static let pageBytes = 4096
    static let headerBytes = 16

    /// What a page is.
    enum Flag {
        static let branch: UInt16 = 0x01
        static let leaf: UInt16 = 0x02
        static let overflow: UInt16 = 0x04
        static let meta: UInt16 = 0x08
    }

    /// One of the two pages that a commit writes last.
    struct Meta: Equatable {
        var transaction: UInt64
        var lastPage: UInt64
        var free: Tree
        var main: Tree
    }

    /// Where the pages of a table are.
    struct Tree: Equatable {
        static let bytes = 48
        static let none = UInt64.max
        var depth: Int
        var branchPages: UInt64
        var leafPages: UInt64
        var overflowPages: UInt64
        var entries: UInt64
        var root: UInt64

        init(_ bytes: UnsafeRawBufferPointer) {
            depth = Int(PageFile.number(bytes, 6, UInt16.self))
            branchPages = PageFile.number(bytes, 8, UInt64.self)
            leafPages = PageFile.number(bytes, 16, UInt64.self)
            overflowPages = PageFile.number(bytes, 24, UInt64.self)
            entries = PageFile.number(bytes, 32, UInt64.self)
            root = PageFile.number(bytes, 40, UInt64.self)
        }
    }

    private let descriptor: Int32
    /// Whole pages in the file.
    let count: UInt64

    init(path: String) throws(LogError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LogError(LMDBError(code: errno, action: "open \(path)")) }
        var status = stat()
        count = fstat(descriptor, &status) == 0 ? UInt64(status.st_size) / UInt64(PageFile.pageBytes) : 0
    }

    deinit { close(descriptor) }

    /// The bytes of a page and of those behind it; `nil` if the file does not have them all.
    func page(_ number: UInt64, count pages: Int = 1) -> [UInt8]? {
        guard number < count, UInt64(pages) <= count - number else { return nil }
        let size = pages * PageFile.pageBytes
        var done = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            while done < size {
                let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[done...]))
                let got = pread(descriptor, rest.baseAddress, size - done, off_t(number) * 4096 + off_t(done))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { break }
                done += got
            }
            filled = done
        }
        return done == size ? bytes : nil
    }

    /// The meta page that a transaction of this number or an earlier one ends at.
    func meta(upTo transaction: UInt64 = .max) -> Meta? {
        [meta(at: 0), meta(at: 1)].compactMap { $0 }.filter { $0.transaction <= transaction }
            .max { $0.transaction < $1.transaction }
    }

    /// Whether the two meta pages are those of two commits, one after the other, as LMDB writes them in turn: else the newest
    /// commit may be one that is not the newest.
    var hasConsecutiveCommits: Bool {
        // A commit in between can make one of them newer than the other was when it was read.
        for _ in 0..<PageFile.attempts {
            guard let even = meta(at: 0)?.transaction, let odd = meta(at: 1)?.transaction else { continue }
            if even == 0, odd == 0 { return true }
            if even.isMultiple(of: 2), !odd.isMultiple(of: 2), max(even, odd) - min(even, odd) == 1 { return true }
        }
        return false
    }

    private static let attempts = 5
    private static let magic: UInt32 = 0xbeef_c0de
    private static let dataVersion: UInt32 = 1

    private func meta(at number: UInt64) -> Meta? {
        guard let page = page(number) else { return nil }
        return page.withUnsafeBytes { page in
            guard PageFile.number(page, 10, UInt16.self) & Flag.meta != 0,
                PageFile.number(page, 16, UInt32.self) == PageFile.magic,
                PageFile.number(page, 20, UInt32.self) == PageFile.dataVersion
            else { return nil }
            return Meta(
                transaction: PageFile.number(page, 144, UInt64.self),
                lastPage: PageFile.number(page, 136, UInt64.self),
                free: Tree(page.slice(40..<88)), main: Tree(page.slice(88..<136)))
        }
    }

    /// A number in the machine's order, which must be inside.
    static func number<Number: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int, _: Number.Type
    ) -> Number {
        precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= bytes.count)
        return bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)
    }
}
