/// The append-only log: entries in one LMDB environment, under a Merkle tree. It knows bytes, not what they mean.
///
/// - `LMDB`: the only code that touches LMDB. A transaction is a scope, and nothing borrowed from the map leaves it.
/// - `Format`: what one entry is, byte by byte: the leaf and its commitment, and the form in which both are stored.
/// - `Tree`: RFC 6962 over the leaves: the running frontier, roots, inclusion and consistency proofs, tiles.
/// - `Proof`: the public formats around the tree: checkpoint, signed note, cosignature, tlog-policy, tlog-proof; signing.
/// - `Store`: the log itself: open, append in batches, read, tail, snapshots, growth.
/// - `Archive`: old entries moved into compressed files, and read from there as part of the log.
/// - `Export`: an entry with everything that another log needs to hold it, too.
/// - `Index`: what is derived from the entries so that events can be queried; can be dropped and rebuilt.
///
/// One process writes, any number read beside it. The writer puts many drafts into a `Batch`, which is one transaction
/// and one fsync; readers see all of a batch or nothing. Every read checks what it hands out, and damage is an error
/// that names the entry. docs/log-format.md gives every byte.
public enum Log {}
