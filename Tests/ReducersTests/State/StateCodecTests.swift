import Log
import Nostr
import Testing

@testable import Reducers

@Suite struct StateCodecTests {
    /// A state with something in every part.
    private func busyState() throws -> RelayState {
        var state = RelayState()
        let relay = SecretKey.generate()
        let members = (0..<3).map { _ in SecretKey.generate() }
        var seq: UInt64 = 0
        let time: Int64 = 1_780_500_000
        func apply(_ input: Input) {
            let transition = state.apply(input, at: Position(seq: seq, time: time * 1_000_000))
            seq += 1 + UInt64(transition.outputs.count)
        }
        apply(
            .genesis(
                Genesis(
                    origin: "test/1", relay: relay.publicKey, verifierKey: "", relaySignature: relay.sign(.zero),
                    logSignature: [])))
        apply(.policy(Policy(), .current))
        for member in members {
            apply(.operatorCommand(.membership(.add(member.publicKey, .member))))
            let session = seq
            let auth = UnsignedEvent(
                pubkey: member.publicKey, createdAt: time, kind: .clientAuthentication, tags: [], content: "")
            apply(.authenticated(auth.signed(by: member), session: nil))
            apply(.listening(session: session, keys: [member.publicKey]))
            let report = UnsignedEvent(
                pubkey: member.publicKey, createdAt: time, kind: .meshStatusReport, tags: [],
                content: #"{"token":"t","hosted_models":["m"]}"#)
            apply(.event(report.signed(by: member), session: session))
            let request = UnsignedEvent(
                pubkey: member.publicKey, createdAt: time, kind: .meshConnectRequest,
                tags: [["p", Text(members[0].publicKey.hex)]],
                content: #"{"self_endpoint_addr":"a","peer_endpoint_addr":"b","attempt_id":"c"}"#)
            apply(.event(request.signed(by: member), session: session))
        }
        apply(.snapshotPoint)
        return state
    }

    @Test func aStateComesBackFromItsSnapshot() throws {
        let state = try busyState()
        let copy = try RelayState(snapshot: state.snapshot)
        #expect(copy == state && copy.encoded() == state.encoded() && copy.stateRoot == state.stateRoot)
        #expect(copy.signaling.granted == 2 && copy.discovery.notes.count == 3)
    }

    @Test func aStateOfManyChunksIsHashedAsAWhole() {
        var encoder = StateEncoder()
        func write(_ encoder: inout StateEncoder) {
            for number in 0..<5_000 {
                encoder.key(SHA256.hash([UInt8(number & 255)]))
                encoder.number(UInt64(number))
                encoder.data([UInt8](repeating: 7, count: number))
            }
        }
        write(&encoder)
        #expect(StateEncoder.hash { write(&$0) } == SHA256.hash(encoder.bytes))
        #expect(StateEncoder.hash { _ in } == MerkleTree.emptyRoot)
    }

    @Test func aSnapshotThatIsCutShortOrChangedAnywhereIsThrownAway() throws {
        let snapshot = try busyState().snapshot
        for count in 0..<snapshot.count {
            #expect(throws: (any Error).self) { try RelayState(snapshot: Array(snapshot[..<count])) }
        }
        for index in snapshot.indices {
            var damaged = snapshot
            damaged[index] ^= 0x20
            #expect(throws: (any Error).self) { try RelayState(snapshot: damaged) }
        }
        #expect(throws: (any Error).self) { try RelayState(snapshot: snapshot + [0]) }
    }

    @Test func anEncodingThatIsCutShortNeverCrashesTheDecoder() throws {
        let bytes = try busyState().encoded()
        for count in 0..<bytes.count {
            let cut = Array(bytes[..<count])
            #expect(throws: (any Error).self) { try RelayState(snapshot: SHA256.hash(cut).bytes + cut) }
        }
    }

    @Test func theMembersRootIsATreeOverKeyRoleAndPosition() throws {
        let keys = (0..<3).map { SHA256.hash([$0]) }
        var membership = Membership()
        #expect(membership.root == SHA256.hash([]))
        for (index, key) in keys.enumerated() {
            membership.apply(MembershipEffect(key: key, change: .add(.member)), at: UInt64(10 + index))
        }
        let sorted = keys.enumerated().sorted { $0.element < $1.element }
        let leaves = sorted.map { index, key in
            SHA256.hash([0] + key.bytes + [1] + [0, 0, 0, 0, 0, 0, 0, UInt8(10 + index)])
        }
        func node(_ left: Bytes32, _ right: Bytes32) -> Bytes32 { SHA256.hash([1] + left.bytes + right.bytes) }
        #expect(membership.root == node(node(leaves[0], leaves[1]), leaves[2]))
    }
}
