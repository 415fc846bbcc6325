import ArgumentParser
import Glibc
import Log
import Nostr
import Reducers

/// What `export` can make.
enum ExportFormat: String, ExpressibleByArgument, CaseIterable {
    /// One JSON object an entry.
    case jsonl
    /// A file a table.
    case csv
    /// One database.
    case sqlite
    /// A copy of the log with the payloads of the range.
    case log
}

/// A part of a log on its way into another form. Memory stays the same however long the log is.
struct Export {
    let log: EventLog
    let positions: Range<UInt64>
    let names: KeyNames
    let progress: Progress

    /// Writes lines: one table, or else JSON.
    func lines(_ table: ExportTable?, to output: Output) throws {
        if let table {
            try TableExport(log: log, positions: positions, progress: progress)
                .run(into: try CSVSink(table, to: output), names: names)
            return
        }
        progress.begin("exporting")
        try LogRange.forEachEntry(of: log, positions, progress: progress.update) { entry, _ in
            try output.line(utf8: try EntryLine.json(entry))
        }
    }

    /// Makes a file or a directory under its temporary name.
    func make(_ format: ExportFormat, _ table: ExportTable?, as result: UnfinishedFile) throws {
        let tables = TableExport(log: log, positions: positions, progress: progress)
        switch format {
        case .log:
            try result.makeDirectory()
            let cut = CutExport(log: log, progress: progress)
            try cut.make(try cut.plan(positions), in: result.temporary)
            // Nobody writes there any more.
            for name in ["lock.mdb", "ringdown.lock"] { unlink("\(result.temporary)/\(name)") }
        case .csv where table == nil:
            try result.makeDirectory()
            let sink = try CSVSink(directory: result.temporary)
            try tables.run(into: sink, names: names)
            try sink.close()
        case .jsonl, .csv:
            let file = try result.open()
            try lines(table, to: file.output)
            try file.close()
        case .sqlite:
            let sink = try SQLiteSink(result.temporary)
            try tables.run(into: sink, names: names)
            progress.begin("making indexes")
            try sink.close(about: try facts())
            try result.sync()
        }
    }

    /// Which log this is, and which part of it.
    private func facts() throws -> [(name: String, value: String)] {
        try log.read { reader in
            var facts = [
                ("first", "\(positions.lowerBound)"), ("last", "\(positions.upperBound - 1)"),
                ("log_size", "\(reader.size)"), ("log_root", reader.root.hex),
                ("made_by", "ringdown-replay \(Release.version)"),
            ]
            if let entry = try reader.entry(at: 0),
                case .input(.genesis(let genesis), _) = try RecordedEntry(entry).content
            {
                facts += [
                    ("log", genesis.origin), ("relay", genesis.relay.hex), ("verifier_key", genesis.verifierKey),
                ]
            }
            return facts
        }
    }
}
