extension Array where Element == UInt8 {
    /// Calls `body` with the bytes. Unlike the standard library's `withUnsafeBytes` it keeps the type of what is thrown.
    @inlinable @inline(__always)
    package func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try withUnsafeBufferPointer { bytes throws(E) in try body(UnsafeRawBufferPointer(bytes)) }
    }
}
