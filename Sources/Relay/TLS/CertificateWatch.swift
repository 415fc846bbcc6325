import Logging

/// Looks from time to time whether the certificate was renewed, and takes the new one.
struct CertificateWatch: Sendable {
    /// Time between two looks.
    static let interval = Duration.seconds(2)

    private let encryption: Encryption
    private let logger: Logger

    init(_ encryption: Encryption, logger: Logger) {
        self.encryption = encryption
        self.logger = logger
    }

    /// Watches until its task is cancelled.
    func run() async {
        var loaded = encryption.firstVersion
        var seen = loaded
        while (try? await Task.sleep(for: CertificateWatch.interval)) != nil {
            let version = encryption.version
            // Certificate and key are written one after the other: wait until both have come to rest.
            defer { seen = version }
            guard version != nil, version != loaded, version == seen else { continue }
            loaded = version
            reload()
        }
    }

    /// Takes the files as they are now.
    func reload() {
        do {
            try encryption.reload()
            logger.notice("the certificate was read again")
        } catch {
            logger.warning("the certificate stays as it was", metadata: ["reason": "\(error)"])
        }
    }
}
