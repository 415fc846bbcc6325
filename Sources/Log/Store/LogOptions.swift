/// What a log is opened for.
public enum LogMode: Sendable {
    /// To read, beside whoever writes. Never changes the log.
    case readOnly
    /// To append, as the only one.
    case readWrite
}

/// Settings that matter while a log is open.
public struct LogOptions: Sendable {
    /// The size of the memory map that a new log begins with, in bytes. It grows by itself.
    public var initialMapSize: Int
    /// How many reads there can be at the same time, of all processes.
    public var maximumReaders: Int

    /// Where archive files are; `nil` for the directory `archive` beside the log.
    public var archiveDirectory: String?

    /// The default of `initialMapSize`: 1 GiB.
    public static let defaultInitialMapSize = 1 << 30
    /// The default of `maximumReaders`.
    public static let defaultMaximumReaders = 512

    /// Options; each has a default.
    public init(
        initialMapSize: Int = LogOptions.defaultInitialMapSize, maximumReaders: Int = LogOptions.defaultMaximumReaders,
        archiveDirectory: String? = nil
    ) {
        self.initialMapSize = initialMapSize
        self.maximumReaders = maximumReaders
        self.archiveDirectory = archiveDirectory
    }
}
