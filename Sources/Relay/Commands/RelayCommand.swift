import ArgumentParser

/// `ringdown-relay`: the operator's command line.
public struct RelayCommand: AsyncParsableCommand {
    /// What help says.
    public static let configuration = CommandConfiguration(
        commandName: "ringdown-relay",
        abstract: "A Nostr relay that rings both ends of a call, and keeps the switchboard log.",
        discussion: """
            Start with `ringdown-relay run --data DIR`, add people with `ringdown-relay member add`, and ask
            `ringdown-replay pairs --data DIR` who was connected with whom.

            Every command works beside a running relay; most work without one, too.

            Exit codes: 0 done · 1 refused · 64 a wrong setting or argument · 65 the log is damaged · 70 the log could not be written ·
            73 the data directory cannot be used · 75 another relay uses it.
            """,
        version: RelayInformation.version,
        subcommands: [
            RunCommand.self, ConfigCommand.self, StatusCommand.self, MemberCommand.self, InviteCommand.self,
            PolicyCommand.self, KeyCommand.self, CheckpointCommand.self, ExportCommand.self, ImportCommand.self,
            BackupCommand.self, RepairCommand.self,
            EraseCommand.self, NewEpochCommand.self, ArchiveCommand.self,
        ])

    /// Made by the argument parser.
    public init() {}
}
