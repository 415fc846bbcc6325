@testable import Nostr

/// Runs `body` on a reader of `text`'s bytes, in memory of exactly their size.
func reading<R>(_ bytes: [UInt8], _ body: (inout JSONReader) throws -> R) rethrows -> R {
    try withExactCopy(bytes) { buffer in
        var reader = JSONReader(buffer)
        return try body(&reader)
    }
}

func reading<R>(_ text: String, _ body: (inout JSONReader) throws -> R) rethrows -> R {
    try reading(Array(text.utf8), body)
}

/// The error that `body` throws on a reader of `bytes`, or `nil`.
func jsonError(_ bytes: [UInt8], _ body: (inout JSONReader) throws -> Void) -> JSONError? {
    do {
        try reading(bytes, body)
        return nil
    } catch {
        return error as? JSONError
    }
}

/// The error of reading one whole value, or `nil` if it is good.
func valueError(_ bytes: [UInt8]) -> JSONError? {
    jsonError(bytes) { reader in
        try reader.skipValue()
        try reader.finish()
    }
}

func valueError(_ text: String) -> JSONError? { valueError(Array(text.utf8)) }
