import Nostr
import Reducers

/// The relay information document (NIP-11). What can change while the relay runs comes from `LiveFacts`.
struct RelayInformation: Sendable {
    /// What the server is called, and its version.
    static let software = "ringdown"
    static let version = Release.version
    /// The NIPs that are really there.
    static let supportedNIPs: [UInt64] = [1, 9, 11, 13, 40, 42, 43, 45, 70, 77, 86, 98]

    private let settings: Settings
    private let relay: PublicKey
    private let verifierKey: String

    init(settings: Settings, relay: PublicKey, verifierKey: String) {
        self.settings = settings
        self.relay = relay
        self.verifierKey = verifierKey
    }

    /// The document as JSON.
    func json(
        _ facts: LiveFacts.Snapshot, _ presentation: LiveFacts.Presentation, checkpoint: CheckpointPublisher.Status
    ) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("name", presentation.name)
        json.field("description", presentation.about)
        json.field("icon", facts.icon)
        json.field("pubkey", facts.owner)
        json.field("self", relay)
        json.key("supported_nips")
        json.beginArray()
        for number in RelayInformation.supportedNIPs { json.number(number) }
        json.endArray()
        json.field("software", RelayInformation.software)
        json.field("version", RelayInformation.version)
        json.key("limitation")
        write(facts.policy, to: &json)
        json.key("ringdown")
        json.beginObject()
        json.field("dialect", facts.policy.dialect.rawValue)
        json.field("log", verifierKey)
        if let note = checkpoint.note { json.field("checkpoint", note.text) }
        json.endObject()
        json.endObject()
        return json.bytes
    }

    private func write(_ policy: Policy, to json: inout JSONWriter) {
        let limits = settings.limits
        json.beginObject()
        json.field("max_message_length", UInt64(limits.maximumMessageBytes))
        json.field("max_subscriptions", UInt64(limits.maximumSubscriptions))
        json.field("max_filters", UInt64(limits.maximumFilters))
        json.field("max_limit", UInt64(limits.maximumLimit))
        json.field("default_limit", UInt64(limits.maximumLimit))
        json.field("max_subid_length", UInt64(MessageLimits.maximumSubscriptionCharacters))
        json.field("max_event_tags", UInt64(EventLimits.maximumTags))
        if policy.minimumDifficulty > 0 { json.field("min_pow_difficulty", UInt64(policy.minimumDifficulty)) }
        json.field("created_at_upper_limit", UInt64(policy.futureLimitSeconds))
        json.field("auth_required", true)
        json.field("payment_required", false)
        json.field("restricted_writes", policy.requireMembership)
        json.endObject()
    }
}
