import Nostr

/// A value in a table.
enum Cell: Equatable {
    case null
    case integer(Int64)
    /// UTF-8.
    case text([UInt8])
}

extension Cell {
    init(_ value: Int64?) { self = value.map(Cell.integer) ?? .null }
    /// Positions and counts stay far below 2⁶³.
    init(_ value: UInt64?) { self = value.map { .integer(Int64(clamping: $0)) } ?? .null }
    init(_ value: Int) { self = .integer(Int64(value)) }
    init(_ value: Bool) { self = .integer(value ? 1 : 0) }
    init(_ value: String?) { self = value.map { .text(Array($0.utf8)) } ?? .null }
    init(_ value: Text?) { self = value.map { .text($0.utf8) } ?? .null }
    init(_ value: Bytes32?) { self = value.map { .text(Array($0.hex.utf8)) } ?? .null }
    init(_ value: Kind?) { self = value.map { .integer(Int64($0.rawValue)) } ?? .null }
    /// A moment as people and SQLite's date functions read it.
    static func moment(_ time: Int64?) -> Cell { Cell(time.map { Timestamp.text($0, .microseconds) }) }
}

/// Takes the rows of tables: a directory of CSV files, or a database.
protocol RowSink {
    func row(_ table: ExportTable, _ cells: [Cell]) throws
}

/// The tables that a log makes; docs/replay.md names what is in them.
enum ExportTable: String, CaseIterable {
    case entries, events, tags, decisions, attempts, calls, deliveries, sessions, listening, members, policies, notes
    case dropped, checkpoints

    /// The names of the columns, each with whether it holds whole numbers.
    var columns: [(name: String, isInteger: Bool)] {
        names.split(separator: " ").map { name in
            name.hasPrefix("#") ? (String(name.dropFirst()), true) : (String(name), false)
        }
    }

    /// The columns in order; `#` stands before those of whole numbers.
    private var names: String {
        switch self {
        case .entries:
            """
            #position #time_us time type input #cause #kind event_id author target #session door outcome code message \
            text #rules members_root state_root commitment leaf salt payload
            """
        case .events: "#position time id author #created_at #kind content sig #signed_here #served #cause json"
        case .tags: "#position event_id #number name value json"
        case .decisions:
            """
            #position #request #time_us time #kind author target outcome code message #rules_version #expires_at #policy \
            #requester_since #target_since #requester_listening #target_listening #invite
            """
        case .attempts:
            """
            #position #decision #time_us time event_id attempt_id requester target outcome code message #expires_at \
            #requester_listening #target_listening #requester_call #target_call #requester_rung #target_rung \
            #requester_dropped #target_dropped
            """
        case .calls: "#position #request time event_id recipient peer attempt_id peer_endpoint_addr #expires_at"
        case .deliveries: "#position #time_us time #call #session key #written"
        case .sessions: "#session key opened #opened_us #until ended #ended_us how reason"
        case .listening: "#session key #since began #began_us #until ended #ended_us"
        case .members: "key role #since joined #joined_us #cause #until ended #ended_us #end_cause"
        case .policies: "#position time #rules_version json"
        case .notes: "#position time reporter event_id #created_at #expires_at #targets #models content"
        case .dropped: "#position time reason #count"
        case .checkpoints: "#position time #size root note"
        }
    }
}
