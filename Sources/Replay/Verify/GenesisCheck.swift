import Log
import Nostr
import Reducers

/// Entry 0: signed by both keys that it names.
enum GenesisCheck {
    /// Signatures that entry 0 carries.
    static let signatures: UInt64 = 2

    static func check(_ genesis: Genesis) throws(Divergence.Found) {
        let digest = Genesis.digest(ofStatement: genesis.statement)
        guard Signatures.verify(genesis.relaySignature, message: digest, key: genesis.relay) else {
            throw Divergence.Found(
                .genesis, expected: "a statement signed by the relay's key \(genesis.relay.hex)",
                found: "a signature that is not that key's")
        }
        guard let key = try? VerifierKey(parsing: genesis.verifierKey), key.origin == genesis.origin else {
            throw Divergence.Found(
                .genesis, expected: "the log's key as a note verifier key of \(genesis.origin)",
                found: Printable.text(Text(genesis.verifierKey)))
        }
        guard key.verify(digest.bytes, genesis.logSignature) else {
            throw Divergence.Found(
                .genesis, expected: "a statement signed by the log's key \(genesis.verifierKey)",
                found: "a signature that is not that key's")
        }
    }
}
