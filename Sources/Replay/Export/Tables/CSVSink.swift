import Glibc

/// Writes tables as comma-separated values (RFC 4180): a file for each, or one of them to one output.
final class CSVSink: RowSink {
    private var outputs: [ExportTable: Output] = [:]
    private var files: [FileOutput] = []
    private var line: [UInt8] = []

    /// One table only.
    init(_ table: ExportTable, to output: Output) throws {
        outputs = [table: output]
        try writeHeader(table)
    }

    /// All tables, as files of a directory that is there.
    init(directory: String) throws {
        for table in ExportTable.allCases {
            let file = try FileOutput("\(directory)/\(table.rawValue).csv")
            files.append(file)
            outputs[table] = file.output
            try writeHeader(table)
        }
    }

    private func writeHeader(_ table: ExportTable) throws {
        try row(table, table.columns.map { Cell($0.name) })
    }

    func row(_ table: ExportTable, _ cells: [Cell]) throws {
        guard let output = outputs[table] else { return }
        line.removeAll(keepingCapacity: true)
        for (index, cell) in cells.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            append(cell)
        }
        line.append(UInt8(ascii: "\r"))
        try output.line(utf8: line)
    }

    /// A field with a comma, a quote or a line break stands in quotes, and quotes in it are doubled.
    private func append(_ cell: Cell) {
        switch cell {
        case .null: break
        case .integer(let value): line.append(contentsOf: String(value).utf8)
        case .text(let bytes):
            let quote = UInt8(ascii: "\"")
            guard bytes.contains(where: { [quote, 0x2c, 0x0d, 0x0a].contains($0) }) else {
                return line.append(contentsOf: bytes)
            }
            line.append(quote)
            for byte in bytes {
                if byte == quote { line.append(quote) }
                line.append(byte)
            }
            line.append(quote)
        }
    }

    /// Makes the files durable.
    func close() throws {
        for file in files { try file.close() }
    }
}
