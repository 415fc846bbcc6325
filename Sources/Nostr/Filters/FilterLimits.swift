/// How large a filter may be.
public enum FilterLimits {
    /// Most values in one list of a filter.
    public static let maximumValues = 1_000
}
