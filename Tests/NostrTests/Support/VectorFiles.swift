import Foundation
import Nostr
import Testing

/// The files in `Vectors`.
enum VectorFiles {
    /// The lines of a file that are not empty.
    static func lines(_ name: String) throws -> [String] {
        let url = try #require(Bundle.module.url(forResource: "Vectors/\(name)", withExtension: nil))
        let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).map(String.init)
    }
}
