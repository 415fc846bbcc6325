import ArgumentParser
import Nostr
import Reducers

/// The data directory, for every command but `run`.
struct DirectoryOption: ParsableArguments {
    @Option(help: "The relay's data directory.")
    var data: String
}

/// A public key on the command line: hex or npub.
struct KeyArgument: ExpressibleByArgument {
    let key: PublicKey

    init?(argument: String) {
        guard let key = try? PublicKey(parsing: argument) else { return nil }
        self.key = key
    }
}

/// A role that a command can give.
enum RoleArgument: String, ExpressibleByArgument, CaseIterable {
    case member
    case admin

    var role: Role { self == .admin ? .admin : .member }
}
