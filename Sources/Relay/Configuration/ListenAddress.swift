/// Where the relay listens: a host, or an IPv6 address in brackets, and a port.
public struct ListenAddress: Equatable, Sendable, CustomStringConvertible {
    /// The address or name to bind.
    public var host: String
    /// The port; 0 lets the system choose.
    public var port: Int

    /// Reads `127.0.0.1:7447`, `[::1]:7447` or `name:7447`; `nil` for anything else.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains("[") else { return nil }
        self.host = String(host)
        self.port = Int(port)
    }

    /// The address as it was written.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
