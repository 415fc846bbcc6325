import Foundation
import Nostr

extension RelayProcess {
    /// Starts strfry, the relay to beat, with a configuration that keeps all its defaults but these.
    ///
    /// - Parameter path: its binary, built with its own `make`.
    static func strfry(_ path: String) throws -> RelayProcess {
        let directory = temporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let port = try freePort()
        // Nobody has to authenticate, and it takes the limit of descriptors that it finds.
        let configuration = """
            db = "\(directory)"
            relay {
                bind = "127.0.0.1"
                port = \(port)
                nofiles = 0
                auth { enabled = false }
            }
            """
        let file = directory + "/strfry.conf"
        try configuration.write(toFile: file, atomically: true, encoding: .utf8)
        // It tells of every connection and every event.
        return try RelayProcess(
            path, ["--config", file, "relay"], directory: directory, port: port, complaints: .nullDevice)
    }
}
