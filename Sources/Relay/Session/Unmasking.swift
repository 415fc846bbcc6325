import NIOCore
import NIOWebSocket

extension WebSocketFrame {
    /// Calls `body` with the payload as the client meant it (RFC 6455, section 5.3): eight bytes at a time, into memory
    /// that is there for the call only. Nearly all messages fit on the stack.
    func withUnmaskedBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        let result: Result<R, E> = data.withUnsafeReadableBytes { masked in
            guard let maskKey else { return Result { () throws(E) in try body(masked) } }
            return withUnsafeTemporaryAllocation(byteCount: masked.count, alignment: 8) { plain in
                maskKey.apply(to: masked, into: plain)
                return Result { () throws(E) in try body(UnsafeRawBufferPointer(plain)) }
            }
        }
        return try result.get()
    }
}

extension WebSocketMaskingKey {
    /// Masks or unmasks `source` into `output`, which has as many bytes.
    fileprivate func apply(to source: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {
        let key = UInt32(self[0]) | UInt32(self[1]) << 8 | UInt32(self[2]) << 16 | UInt32(self[3]) << 24
        let wide = (UInt64(key) << 32 | UInt64(key)).littleEndian
        let words = source.count / 8
        for index in 0..<words {
            let word = source.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self)
            output.storeBytes(of: word ^ wide, toByteOffset: index &* 8, as: UInt64.self)
        }
        for index in words &* 8..<source.count { output[index] = source[index] ^ self[index & 3] }
    }
}
