import Nostr

/// What members may know of a reporter: the content of its mesh status note, made from a status report.
///
/// The projection is an allow-list. Nothing of the report that is not named here reaches the output: no runtime
/// directory, model path, token of another kind or process list (WIRE.md, "30621 mesh status").
public struct Projection: Equatable, Sendable {
    /// A place where a model is served.
    public struct Target: Equatable, Sendable {
        /// The model.
        public var modelID: Text
        /// The opaque address to dial.
        public var endpointAddress: Text
        /// The name of the node, where the report gives one.
        public var nodeName: Text?
        /// The JSON text of the node's memory in gigabytes, where the report gives one.
        public var vramGigabytes: Text?
    }

    /// The mesh that the reporter belongs to.
    public private(set) var meshID: Text?
    /// The name of that mesh.
    public private(set) var meshName: Text?
    /// Where models are served, sorted by model and address.
    public private(set) var targets: [Target] = []
    /// The models that are known, sorted.
    public private(set) var models: [Text] = []
    /// How many peers the report listed.
    public private(set) var peerCount = 0

    /// The projection of a node that serves nothing: what an emptied note holds.
    public static let empty = Projection()

    /// Whether there is nothing to discover.
    public var isEmpty: Bool { self == .empty }

    private init() {}

    /// Projects a report's content.
    ///
    /// - Throws: `Refusal.reportNotJSON` for content that is no JSON object, `Refusal.reportLimit` for one beyond the
    ///   policy's limits.
    public init(report content: [UInt8], policy: Policy) throws(Refusal) {
        var removals = Removals()
        self = try Projection(report: content, policy: policy, removals: &removals)
    }

    /// Projects a report's content, and tells what was taken out of it (policy `endpoint_hygiene`).
    init(report content: [UInt8], policy: Policy, removals: inout Removals) throws(Refusal) {
        let report: JSONObject
        do {
            guard case .object(let object) = try JSONValue.parse(content) else {
                throw Refusal.reportNotJSON("expected an object")
            }
            report = object
        } catch let error as JSONError {
            throw .reportNotJSON(error.description)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw .reportNotJSON("unreadable")
        }
        var builder = Builder(policy: policy)
        let limit = policy.maximumStringBytes
        meshID = builder.clean(name: try ReportReader.string(report[Field.meshID], limit: limit))
        meshName = builder.clean(name: try ReportReader.string(report[Field.meshName], limit: limit))
        try builder.add(
            report,
            endpoint: try ReportReader.string(report[Field.token], limit: limit),
            nodeName: try ReportReader.string(report[Field.nodeID], limit: limit),
            vram: try ReportReader.number(report[Field.ownVRAM]))
        if case .array(let peers)? = report[Field.peers] {
            guard peers.count <= policy.maximumPeers else {
                throw .reportLimit("has \(peers.count) peers (at most \(policy.maximumPeers))")
            }
            peerCount = peers.count
            for case .object(let peer) in peers {
                try builder.add(
                    peer,
                    endpoint: try ReportReader.firstString(
                        peer, Field.endpoints, limit: limit),
                    nodeName: try ReportReader.firstString(peer, Field.names, limit: limit),
                    vram: try ReportReader.number(peer[Field.vram]))
            }
        }
        if let hygiene = builder.hygiene { removals = hygiene.removals }
        models = builder.models.sorted()
        targets = builder.targets.values.sorted {
            ($0.modelID, $0.endpointAddress) < ($1.modelID, $1.endpointAddress)
        }
    }

    /// The fields of a report that are read.
    private enum Field {
        static let meshID: Text = "mesh_id"
        static let meshName: Text = "mesh_name"
        static let token: Text = "token"
        static let nodeID: Text = "node_id"
        static let ownVRAM: Text = "my_vram_gb"
        static let vram: Text = "vram_gb"
        static let peers: Text = "peers"
        static let models: [Text] = ["hosted_models", "serving_models"]
        static let endpoints: [Text] = ["invite_token", "endpoint_addr", "endpointAddr"]
        static let names: [Text] = ["hostname", "id"]
    }

    /// Collects models and targets; the first of equals wins.
    private struct Builder {
        struct TargetKey: Hashable {
            var model: Text
            var endpoint: Text
        }

        let policy: Policy
        /// `nil` when the policy asks for none.
        var hygiene: EndpointHygiene?
        var models: Set<Text> = []
        var targets: [TargetKey: Target] = [:]
        /// Bytes of strings gathered so far: a report is refused before its projection can grow, not after.
        var bytes: Int64 = 0

        init(policy: Policy) {
            self.policy = policy
            hygiene = policy.endpointHygiene ? EndpointHygiene(policy: policy) : nil
        }

        mutating func clean(name: Text?) -> Text? {
            guard let name, hygiene != nil else { return name }
            return hygiene?.clean(name: name)
        }

        mutating func add(_ node: JSONObject, endpoint: Text?, nodeName: Text?, vram: Text?) throws(Refusal) {
            let endpoint = endpoint.map { hygiene?.clean(token: $0) ?? $0 }
            let nodeName = clean(name: nodeName)
            for list in Field.models {
                guard case .array(let elements)? = node[list] else { continue }
                for element in elements {
                    let name = try ReportReader.string(element, limit: policy.maximumStringBytes)
                    guard let model = clean(name: name) else { continue }
                    try add(model: model)
                    guard let endpoint else { continue }
                    try add(
                        target: Target(
                            modelID: model, endpointAddress: endpoint, nodeName: nodeName, vramGigabytes: vram))
                }
            }
        }

        private mutating func add(model: Text) throws(Refusal) {
            guard models.insert(model).inserted else { return }
            guard models.count <= policy.maximumModels else {
                throw .reportLimit("names more than \(policy.maximumModels) models")
            }
            try grow(by: model.utf8.count)
        }

        private mutating func add(target: Target) throws(Refusal) {
            let key = TargetKey(model: target.modelID, endpoint: target.endpointAddress)
            guard targets[key] == nil else { return }
            guard targets.count < policy.maximumTargets else {
                throw .reportLimit("names more than \(policy.maximumTargets) targets")
            }
            targets[key] = target
            try grow(by: target.modelID.utf8.count + target.endpointAddress.utf8.count)
        }

        private mutating func grow(by count: Int) throws(Refusal) {
            bytes += Int64(count)
            guard bytes <= policy.maximumProjectionBytes else {
                throw .reportLimit("makes a note of more than \(policy.maximumProjectionBytes) bytes")
            }
        }
    }
}
