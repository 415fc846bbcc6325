/// The release that this program is.
public enum Release {
    /// The number of the release (Semantic Versioning).
    public static let version = "0.1.0"
}
