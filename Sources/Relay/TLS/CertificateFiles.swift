import Foundation

/// The files that wss:// needs, in PEM format.
struct CertificateFiles: Equatable, Sendable {
    /// The certificate, followed by those that lead to a root.
    var certificate: String
    /// The certificate's private key.
    var key: String

    /// The files that the settings name; `nil` when wss:// is not asked for.
    init?(_ settings: Settings) throws(SettingsError) {
        switch (settings.tlsCertificate, settings.tlsKey) {
        case ("", ""): return nil
        case (let certificate, let key) where certificate.isEmpty || key.isEmpty:
            let (given, missing) = key.isEmpty ? ("tls_certificate", "tls_key") : ("tls_key", "tls_certificate")
            throw SettingsError(description: "\(given) is set without \(missing), expected both or neither")
        case (let certificate, let key):
            self.certificate = certificate
            self.key = key
        }
    }

    /// What tells one version of the files from another; `nil` while one of them is missing.
    var version: Version? {
        guard let certificate = Version.Part(certificate), let key = Version.Part(key) else { return nil }
        return Version(certificate: certificate, key: key)
    }

    /// One state of both files.
    struct Version: Equatable, Sendable {
        /// One state of a file, which renewing tools replace or write anew.
        struct Part: Equatable, Sendable {
            let device: UInt64
            let file: UInt64
            let size: Int64
            let seconds: Int
            let nanoseconds: Int

            init?(_ path: String) {
                var status = stat()
                guard stat(path, &status) == 0 else { return nil }
                device = UInt64(status.st_dev)
                file = UInt64(status.st_ino)
                size = Int64(status.st_size)
                seconds = Int(status.st_mtim.tv_sec)
                nanoseconds = Int(status.st_mtim.tv_nsec)
            }
        }

        let certificate: Part
        let key: Part
    }
}
