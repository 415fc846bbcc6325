import NIOCore
import Synchronization

#if TLS
    import NIOSSL
#endif

/// Encrypts the connections of clients, for wss://.
///
/// It is there only in a build with the package trait `TLS`; without it, relays stand behind a proxy that encrypts.
final class Encryption: Sendable {
    /// How to get a build that can do this.
    private static let howToBuild = "build with `swift build -c release --traits TLS`, or let a reverse proxy encrypt"

    private let files: CertificateFiles
    /// Which version of the files was read at the start.
    let firstVersion: CertificateFiles.Version?

    #if TLS
        private let context: Mutex<NIOSSLContext>

        /// Reads the certificate and its key.
        init(_ files: CertificateFiles) throws(SettingsError) {
            self.files = files
            firstVersion = files.version
            context = Mutex(try Encryption.context(files))
        }

        /// Reads both files again. Connections that are open keep the certificate that they began with; when the files are
        /// not good, so do new ones.
        func reload() throws(SettingsError) {
            let fresh = try Encryption.context(files)
            context.withLock { $0 = fresh }
        }

        /// Encrypts a new connection; called on its event loop, before anything else is in its pipeline.
        func secure(_ channel: any Channel) throws {
            let context = context.withLock { $0 }
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
        }

        private static func context(_ files: CertificateFiles) throws(SettingsError) -> NIOSSLContext {
            let chain = try load("tls_certificate", files.certificate) {
                try NIOSSLCertificate.fromPEMFile(files.certificate)
            }
            guard !chain.isEmpty else {
                throw SettingsError(
                    description: "tls_certificate \(files.certificate) holds no certificate in PEM format")
            }
            let key = try load("tls_key", files.key) { try NIOSSLPrivateKey(file: files.key, format: .pem) }
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            // WebSocket begins as HTTP/1.1 (RFC 6455); HTTP/2 is not offered.
            configuration.applicationProtocols = ["http/1.1"]
            return try load("tls_key", files.key) { try NIOSSLContext(configuration: configuration) }
        }

        private static func load<Value>(
            _ name: String, _ path: String, _ body: () throws -> Value
        ) throws(SettingsError) -> Value {
            do {
                return try body()
            } catch {
                throw SettingsError(
                    description: "\(name) \(path) cannot be used: expected a PEM file, and a key that belongs to the "
                        + "certificate (\(error))")
            }
        }
    #else
        init(_ files: CertificateFiles) throws(SettingsError) {
            throw SettingsError(
                description: "tls_certificate is set, but this build cannot encrypt: \(Encryption.howToBuild)")
        }

        func reload() throws(SettingsError) {}

        func secure(_ channel: any Channel) throws {}
    #endif

    /// Which version of the files is there now.
    var version: CertificateFiles.Version? { files.version }
}
