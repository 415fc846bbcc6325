import Glibc

/// A result that has its name only when it is complete: it is made under another name beside it.
struct UnfinishedFile {
    /// Where the result goes.
    let path: String
    /// Where it is made.
    let temporary: String

    /// Takes the name.
    ///
    /// - Parameter replaces: whether a file of that name may go; a directory never does.
    /// - Throws: `ReplayFailure` when there is something already, or nothing can be made there.
    init(_ path: String, replaces: Bool) throws(ReplayFailure) {
        var trimmed = path
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        self.path = trimmed
        temporary = "\(trimmed).unfinished-\(getpid())"
        var status = stat()
        guard lstat(trimmed, &status) == 0 else { return }
        guard replaces else {
            throw ReplayFailure(
                .cannotWrite, "\(trimmed) is there already; choose another name, or replace it with --force")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw ReplayFailure(
                .cannotWrite, "\(trimmed) is a directory, which --force does not replace; remove it first")
        }
    }

    /// A stream into the temporary file.
    func open() throws(ReplayFailure) -> FileOutput { try FileOutput(temporary) }

    /// Makes the temporary directory.
    func makeDirectory() throws(ReplayFailure) {
        guard mkdir(temporary, 0o700) == 0 else { throw UnfinishedFile.failure("make", temporary) }
    }

    /// Makes a file durable that somebody else wrote.
    func sync() throws(ReplayFailure) {
        let descriptor = Glibc.open(temporary, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw UnfinishedFile.failure("write", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw UnfinishedFile.failure("write", path) }
    }

    /// Gives the result its name.
    func finish() throws(ReplayFailure) {
        guard rename(temporary, path) == 0 else { throw UnfinishedFile.failure("name", path) }
    }

    /// Removes what was made so far.
    func discard() {
        if let directory = opendir(temporary) {
            while let item = readdir(directory) {
                let name = withUnsafeBytes(of: item.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { unlink("\(temporary)/\(name)") }
            }
            closedir(directory)
            rmdir(temporary)
        } else {
            unlink(temporary)
        }
    }

    static func failure(_ action: String, _ path: String) -> ReplayFailure {
        ReplayFailure(.cannotWrite, "cannot \(action) \(path): \(String(cString: strerror(errno)))")
    }
}

/// A file that is being written; readable for its owner only, since a log may hold addresses.
final class FileOutput {
    private let descriptor: Int32
    private let path: String
    /// Lines into the file.
    let output: Output
    private var isOpen = true

    init(_ path: String) throws(ReplayFailure) {
        self.path = path
        descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw UnfinishedFile.failure("write", path) }
        output = Output(descriptor: descriptor)
    }

    deinit { if isOpen { Glibc.close(descriptor) } }

    /// Makes everything durable: a full disk shows at the latest here.
    func close() throws {
        try output.flush()
        isOpen = false
        guard fsync(descriptor) == 0 else {
            defer { Glibc.close(descriptor) }
            throw UnfinishedFile.failure("write", path)
        }
        guard Glibc.close(descriptor) == 0 else { throw UnfinishedFile.failure("write", path) }
    }
}
