import Nostr

/// A direct member as the members tree has it: key, role, and the position of the effect that gave the role (AUDIT.md,
/// `members_root`).
public struct MemberLeaf: Equatable, Sendable {
    /// The member's key.
    public let key: Bytes32
    /// 1 member, 2 admin, 3 owner.
    public let role: UInt8
    /// The position of the effect that gave this role.
    public let since: UInt64

    /// A member.
    public init(key: Bytes32, role: UInt8, since: UInt64) {
        self.key = key
        self.role = role
        self.since = since
    }

    /// Bytes of a leaf.
    static let size = Bytes32.count + 1 + MemoryLayout<UInt64>.size

    /// key ‖ role ‖ since, the number in eight bytes, big-endian.
    public var encoded: [UInt8] {
        var bytes = key.bytes
        bytes.append(role)
        bytes.append(bigEndian: since)
        return bytes
    }
}

/// That a key is among the members whose root a leaf has, or that it is not: its neighbours stand side by side in the
/// tree, which is sorted by key.
public struct MembersProof: Equatable, Sendable {
    /// One member and the way to the root.
    public struct Witness: Equatable, Sendable {
        /// The member.
        public let member: MemberLeaf
        /// Its place in the sorted tree.
        public let index: UInt64
        /// The hashes from it to the root, lowest first.
        public let path: [Bytes32]

        /// A member at a place.
        public init(member: MemberLeaf, index: UInt64, path: [Bytes32]) {
            self.member = member
            self.index = index
            self.path = path
        }
    }

    /// What the proof says of a key.
    public enum Finding: Equatable, Sendable {
        /// It is a direct member, in this role.
        case member(MemberLeaf)
        /// It is none.
        case absent
    }

    /// How many members there are.
    public let size: UInt64
    /// The member; or the neighbours between which a key would stand, the lower one first; one at an end, none in an
    /// empty tree.
    public let witnesses: [Witness]

    /// A proof as it was read.
    public init(size: UInt64, witnesses: [Witness]) {
        self.size = size
        self.witnesses = witnesses
    }

    /// The proof about `key`, from the whole list.
    ///
    /// - Parameter members: sorted by key.
    public init(about key: Bytes32, in members: [MemberLeaf]) {
        let hashes = members.map { MerkleTree.leafHash($0.encoded) }
        let place = members.firstIndex { $0.key >= key } ?? members.count
        let isMember = place < members.count && members[place].key == key
        let places = isMember ? [place] : [place - 1, place].filter(members.indices.contains)
        size = UInt64(members.count)
        witnesses = places.map {
            Witness(
                member: members[$0], index: UInt64($0), path: MerkleTree.inclusionProof(of: $0, in: hashes))
        }
    }

    /// What the proof shows about `key` in the tree of that root.
    ///
    /// - Throws: `ProofError` if it shows nothing about it.
    public func verify(_ key: Bytes32, root: Bytes32) throws(ProofError) -> Finding {
        for witness in witnesses {
            let isIncluded = MerkleTree.verifyInclusion(
                leafHash: MerkleTree.leafHash(witness.member.encoded), index: witness.index, size: size,
                proof: witness.path, root: root)
            guard isIncluded else {
                throw ProofError("the hashes do not lead from a member to the members' root in the leaf")
            }
        }
        if witnesses.count == 1, witnesses[0].member.key == key { return .member(witnesses[0].member) }
        guard isGap(around: key, root: root) else {
            throw ProofError("the members that are shown are not the neighbours of \(key.hex)")
        }
        return .absent
    }

    /// Whether `key` would stand between the witnesses, and nothing else does.
    private func isGap(around key: Bytes32, root: Bytes32) -> Bool {
        switch witnesses.count {
        case 0: return size == 0 && root == MerkleTree.emptyRoot
        case 1:
            let only = witnesses[0]
            return only.index == 0 && key < only.member.key
                || only.index + 1 == size && only.member.key < key
        case 2:
            let (low, high) = (witnesses[0], witnesses[1])
            return low.index + 1 == high.index && low.member.key < key && key < high.member.key
        default: return false
        }
    }
}
