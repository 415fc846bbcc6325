import Nostr
import Reducers

/// The relay information document (NIP-11).
struct RelayInformation: Sendable {
    /// What the server is called, and its version.
    static let software = "ringdown"
    static let version = Release.version
    /// The NIPs that are really there.
    static let supportedNIPs: [UInt64] = [1, 11, 42, 70]

    /// The document as JSON.
    let json: [UInt8]

    init(settings: Settings, owner: PublicKey?, relay: PublicKey, verifierKey: String) {
        let limits = settings.limits
        var json = JSONWriter()
        json.beginObject()
        json.field("name", settings.name)
        json.field("description", settings.about)
        json.field("pubkey", owner)
        json.field("self", relay)
        json.key("supported_nips")
        json.beginArray()
        for number in RelayInformation.supportedNIPs { json.number(number) }
        json.endArray()
        json.field("software", RelayInformation.software)
        json.field("version", RelayInformation.version)
        json.key("limitation")
        json.beginObject()
        json.field("max_message_length", UInt64(limits.maximumMessageBytes))
        json.field("max_subscriptions", UInt64(limits.maximumSubscriptions))
        json.field("max_filters", UInt64(limits.maximumFilters))
        json.field("max_limit", UInt64(limits.maximumLimit))
        json.field("default_limit", UInt64(limits.maximumLimit))
        json.field("max_subid_length", UInt64(MessageLimits.maximumSubscriptionCharacters))
        json.field("max_event_tags", UInt64(EventLimits.maximumTags))
        json.field("created_at_upper_limit", UInt64(settings.policy.futureLimitSeconds))
        json.field("auth_required", true)
        json.field("payment_required", false)
        json.field("restricted_writes", settings.policy.requireMembership)
        json.endObject()
        json.key("ringdown")
        json.beginObject()
        json.field("dialect", settings.policy.dialect.rawValue)
        json.field("log", verifierKey)
        json.endObject()
        json.endObject()
        self.json = json.bytes
    }
}
