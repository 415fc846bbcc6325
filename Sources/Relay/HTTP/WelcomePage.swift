import Nostr

/// The page that a browser gets: what this is, in words, without scripts and without anything from elsewhere.
enum WelcomePage {
    static func html(name: String, about: String, relay: PublicKey, address: String, isOpen: Bool) -> [UInt8] {
        let access =
            isOpen
            ? "Anybody who authenticates with a Nostr key (NIP-42) may use it."
            : "Only members may use it. To become one, ask somebody who is, for an invite code for example."
        return Array(
            """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(name))</title>
            <style>
            :root { color-scheme: light dark; }
            body { font: 1.05rem/1.6 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto 4rem; padding: 0 1.5rem; }
            h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; }
            code { font: .9rem ui-monospace, monospace; overflow-wrap: anywhere; }
            dt { font-weight: 600; margin-top: 1rem; }
            dd { margin: 0; }
            footer { margin-top: 3rem; opacity: .7; font-size: .9rem; }
            </style>
            </head>
            <body>
            <h1>\(escaped(name))</h1>
            <p>\(escaped(about))</p>
            <p>This is a Nostr relay for a closed community whose members lend each other computers. When one member's machine
            asks for another's, the relay rings both at the same moment, and they connect directly; it never carries their
            traffic. \(access)</p>
            <dl>
            <dt>Connect a Nostr client to</dt><dd><code>\(escaped(address))</code></dd>
            <dt>The relay's key</dt><dd><code>\(relay.npub)</code></dd>
            </dl>
            <footer>Ringdown \(RelayInformation.version). What it offers: <a href="/info">/info</a></footer>
            </body>
            </html>

            """.utf8)
    }

    /// Text as HTML may hold it (HTML, section 13.1.2).
    static func escaped(_ text: String) -> String {
        var out = ""
        for character in text {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.append(character)
            }
        }
        return out
    }
}
