import Foundation
import Log
import Nostr

extension Story {
    static let origin = "relay.example.com/mesh/1"

    var verifierKey: VerifierKey { VerifierKey(origin: Story.origin, publicKey: logKey.publicKey) }

    /// A checkpoint of the log as it is, or as it was at a size.
    func note(at size: UInt64? = nil, key: LogKey? = nil, origin: String = Story.origin) throws -> SignedNote {
        try log.read { reader in
            let size = size ?? reader.size
            return SignedNote.sign(
                Checkpoint(origin: origin, size: size, root: try reader.root(atSize: size)), key ?? logKey)
        }
    }

    /// A file beside the log.
    func write(_ text: String, as name: String) throws -> String {
        let path = directory + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }
}
