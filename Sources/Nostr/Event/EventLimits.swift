/// How large an event may be. Its bytes are bounded where messages come in; these bound its parts.
public struct EventLimits: Sendable {
    /// Most tags of an event that a client sends.
    public static let maximumTags = 2_000
    /// Most strings in all tags together of an event that a client sends.
    public static let maximumTagElements = 10_000
    /// Most bytes of any event: what the byte ranges inside it can address with room to spare.
    public static let maximumBytes = 64 << 20
    /// The latest `created_at`, in seconds: the largest whole number that every JSON reader keeps exact, 2^53 - 1.
    public static let latestCreatedAt: Int64 = 1 << 53 - 1

    let tags: Int
    let tagElements: Int

    /// For events that come from outside.
    public static let incoming = EventLimits(tags: maximumTags, tagElements: maximumTagElements)
    /// For events that were let in or made here: a membership list has a tag for every member, however many.
    public static let stored = EventLimits(tags: .max, tagElements: .max)
}
