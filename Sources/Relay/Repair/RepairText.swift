import Nostr

/// What a repair came to, for people and for programs.
enum RepairText {
    static func lines(_ result: Repair.Result, _ target: String) -> [String] {
        var lines = ["\(result.entries) entries saved, root \(result.root.hex)"]
        var ways = ["\(result.read) read from the log"]
        if result.carved > 0 { ways.append("\(result.carved) found in its pages") }
        if !result.fromBackup.isEmpty { ways.append("\(result.fromBackup.count) taken from the backup") }
        lines.append("  \(ways.joined(separator: ", "))")
        if result.wasKilled { lines.append("  the file kills whoever reads it as usual") }
        if result.lost > 0 {
            lines.append("\(result.lost) entries are lost: those from \(result.entries) on")
        } else if result.isProven {
            lines.append("nothing was lost: the entries lead to the root that the log stated")
        } else {
            lines.append("no entry is known to be lost, but no root that was kept covers the last ones")
        }
        if result.isFork {
            lines.append("the entries are not those that the last checkpoint was signed over: the relay will not sign")
        }
        if result.lostSigned > 0 {
            lines.append(
                """
                \(result.lostSigned) of the lost entries are behind a published checkpoint: the relay will not sign this log. \
                Go on as a new epoch: ringdown-relay new-epoch --data \(target) --to NEWDIR
                """)
        }
        if !result.fromBackup.isEmpty {
            lines.append("what was erased after the backup has to be erased again: ringdown-relay erase")
        }
        lines.append("check it: ringdown-replay verify --data \(target)")
        return lines
    }

    static func json(_ result: Repair.Result) -> String {
        """
        {"entries":\(result.entries),"root":"\(result.root.hex)","lost":\(result.lost),"lost_signed":\(result.lostSigned),\
        "proven":\(result.isProven),"fork":\(result.isFork),"read":\(result.read),"carved":\(result.carved),\
        "from_backup":\(result.fromBackup.count),"killed":\(result.wasKilled)}
        """
    }
}
