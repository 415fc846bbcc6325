import Nostr

@testable import Log
@testable import Reducers

/// Inputs that are easier made than kept: what the program itself writes today.
enum MadeSeeds {
    static func of(_ target: String) -> [[UInt8]] {
        switch target {
        case "leaf": [leaf.encoded(), frontier.encoded]
        case "record": [record, Record.erased(leaf)]
        case "archive-block": [block]
        case "archive-header": [header.encoded]
        case "snapshot": [RelayState().encoded()]
        case "policy": [Policy().payload(rules: .current)]
        case "negentropy": [NegentropyInitiator(set).firstMessage, NegentropyInitiator(NegentropySet([])).firstMessage]
        case "vkey": [Array(LogKey.generate().verifierKey(origin: "log.example").utf8)]
        default: []
        }
    }

    private static let leaf = Leaf(
        type: .clientEvent, seq: 7, time: 1_700_000_000_000_000, rules: 1, commitment: .zero, membersRoot: .zero,
        stateRoot: .zero)

    private static let frontier: Frontier = {
        var frontier = Frontier()
        for _ in 0..<5 { frontier.append(leaf.hash) }
        return frontier
    }()

    private static let record: [UInt8] = {
        var output: [UInt8] = []
        Record.begin(leaf, salt: .zero, form: .event, documentEdges: (before: 1, after: 1), in: &output)
        output += [PackedStep.text, 2, 0x7b, 0x7d, PackedStep.decimal, 5]
        Record.finish(&output, seq: leaf.seq)
        return output
    }()

    private static let block: [UInt8] = {
        // One entry with a payload of two bytes: counts, head, salt, payload.
        var output: [UInt8] = []
        let start: [UInt8] = [Record.Form.payload.rawValue] + head(leaf) + [2]
        output.append(bigEndian: UInt32(1))
        output.append(bigEndian: UInt32(start.count))
        output.append(bigEndian: UInt32(Bytes32.count))
        return output + start + Bytes32.zero.bytes + Array("{}".utf8)
    }()

    private static func head(_ leaf: Leaf) -> [UInt8] {
        var output = [leaf.type.rawValue, leaf.flags]
        output.append(bigEndian: leaf.schema)
        output.append(bigEndian: leaf.time)
        output.append(bigEndian: leaf.rules)
        return output + leaf.membersRoot.bytes + leaf.stateRoot.bytes
    }

    private static let header = ArchiveFormat.Header(
        log: .zero, first: 0, end: 512, firstTime: 1, lastTime: 2, origin: "log.example", roots: [.zero, .zero])

    private static let set = NegentropySet(
        (0..<40).map { EventIdentity(createdAt: UInt64($0), id: SHA256.hash(Array("other \($0)".utf8))) })
}
