import CZstd

/// zstd frames (RFC 8878), each with a checksum of its content.
enum Zstandard {
    /// The bytes as one frame.
    static func pack(_ bytes: [UInt8], level: Int32) throws(ArchiveDamage) -> [UInt8] {
        guard let context = ZSTD_createCCtx() else { throw ArchiveDamage("there is no memory to pack it") }
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let size = ZSTD_compress2(context, &output, output.count, bytes, bytes.count)
        guard ZSTD_isError(size) == 0 else {
            throw ArchiveDamage("it cannot be packed: \(String(cString: ZSTD_getErrorName(size)))")
        }
        output.removeLast(output.count - size)
        return output
    }

    /// What a frame holds, which must be so many bytes.
    static func unpack(_ frame: UnsafeRawBufferPointer, size: Int) throws(ArchiveDamage) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: size)
        let written = ZSTD_decompress(&output, size, frame.baseAddress, frame.count)
        guard ZSTD_isError(written) == 0 else {
            throw ArchiveDamage("a block cannot be unpacked: \(String(cString: ZSTD_getErrorName(written)))")
        }
        guard written == size else { throw ArchiveDamage("a block has another size than the index says") }
        return output
    }
}
