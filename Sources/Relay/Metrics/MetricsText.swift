import Log
import Synchronization

/// The metrics in Prometheus' text format, version 0.0.4.
struct MetricsText {
    /// The content type of the format.
    static let type = "text/plain; version=0.0.4; charset=utf-8"

    let metrics: Metrics
    let facts: LiveFacts.Snapshot
    let storage: StorageFigures?
    let isReady: Bool
    /// Where the log is.
    let directory: String
    let checkpoint: CheckpointPublisher.Status

    var bytes: [UInt8] {
        var text = Writer()
        text.gauge("ringdown_ready", "1 while the relay takes work, 0 while it drains.", isReady ? 1 : 0)
        text.gauge("ringdown_uptime_seconds", "Seconds since the start.", Clock.seconds() - metrics.startedAt)
        text.header("ringdown_build_info", "gauge", "The version of the relay.")
        text.line("ringdown_build_info", "version=\"\(RelayInformation.version)\"", "1")
        text.family("ringdown_decisions_total", "Decisions by kind, outcome and code.", metrics.decisions)
        text.family("ringdown_events_total", "Events by what became of them.", metrics.events)
        text.family(
            "ringdown_dropped_total",
            "What was turned away before the log, by reason; ringdown_dropped_reason_info says what each means.",
            metrics.dropped)
        text.header("ringdown_dropped_reason_info", "gauge", "What each reason of ringdown_dropped_total means.")
        for reason in metrics.droppedReasons {
            text.line(
                "ringdown_dropped_reason_info",
                "reason=\"\(reason)\",meaning=\"\(DropReason.meaning(of: reason))\"", "1")
        }
        text.family("ringdown_http_requests_total", "HTTP requests by path and status.", metrics.requests)
        text.header("ringdown_deliveries_total", "counter", "Events written to subscribers.")
        text.line("ringdown_deliveries_total", "", "\(metrics.deliveries.load(ordering: .relaxed))")
        text.histogram("ringdown_commit_seconds", "Time of one commit.", metrics.commits)
        text.histogram("ringdown_commit_batch_entries", "Entries in one commit.", metrics.batches)
        text.histogram("ringdown_query_seconds", "Time of one query for stored events.", metrics.queries)
        text.gauge(
            "ringdown_queue_depth", "Inputs that wait for the sequencer.",
            metrics.queueDepth.load(ordering: .relaxed))
        text.gauge(
            "ringdown_connections", "Open connections.", metrics.connections.load(ordering: .relaxed))
        text.gauge(
            "ringdown_subscriptions", "Live subscriptions.", metrics.subscriptions.load(ordering: .relaxed))
        text.gauge("ringdown_sessions", "Authenticated sessions.", facts.sessionCount)
        text.gauge("ringdown_members", "Members of the community.", facts.memberCount)
        text.gauge("ringdown_log_entries", "Entries in the log.", facts.entries)
        text.family(
            "ringdown_log_appended_entries_total", "Entries appended since the start, by class.",
            metrics.appendedEntries)
        text.family(
            "ringdown_log_appended_bytes_total", "Bytes of their payloads before packing.", metrics.appendedBytes)
        text.gauge("ringdown_checkpoint_size", "Entries that the published checkpoint covers.", checkpoint.size)
        text.gauge(
            "ringdown_checkpoint_timestamp_seconds", "When it was published, in seconds since 1970.",
            checkpoint.publishedAt)
        text.gauge(
            "ringdown_checkpoint_halted",
            "1 when signing would contradict what others hold, so that nothing is signed.",
            checkpoint.isHalted ? 1 : 0)
        text.family(
            "ringdown_checkpoint_failures_total", "Checkpoints that were not published.", metrics.checkpointFailures)
        text.family("ringdown_witness_failures_total", "Cosignatures that did not come.", metrics.witnessFailures)
        if let storage { write(storage, &text) }
        writeHealth(&text)
        text.gauge(
            "process_start_time_seconds", "When the process started, in seconds since 1970.", metrics.startedAt)
        text.gauge("process_resident_memory_bytes", "Resident memory.", metrics.process.residentBytes)
        text.gauge("process_open_fds", "Open file descriptors.", metrics.process.openDescriptors)
        text.header("process_cpu_seconds_total", "counter", "Processor time so far.")
        text.line("process_cpu_seconds_total", "", "\(metrics.process.processorSeconds)")
        return text.bytes
    }

    /// Whether the log can be written, and what may keep it from that.
    private func writeHealth(_ text: inout Writer) {
        text.gauge(
            "ringdown_log_writable", "0 while the log cannot be written and what would be logged is refused.",
            metrics.isWritable.load(ordering: .relaxed) ? 1 : 0)
        text.family(
            "ringdown_log_write_failures_total", "Writes that failed or were not tried, by reason.",
            metrics.writeFailures)
        if let free = DiskWatch.freeBytes(directory) {
            text.gauge("ringdown_disk_free_bytes", "Bytes free on the disk of the log.", free)
        }
        text.family("ringdown_clock_jumps_total", "Jumps of the clock, by direction.", metrics.clockJumps)
        text.gauge(
            "ringdown_log_ahead_of_clock_seconds", "By how much the log's time is ahead of the clock.",
            max(metrics.logTime.load(ordering: .relaxed) / 1_000_000 - Clock.seconds(), 0))
    }

    private func write(_ storage: StorageFigures, _ text: inout Writer) {
        text.gauge("ringdown_log_bytes", "Bytes of the log's file that have been used.", storage.used)
        text.gauge("ringdown_log_map_bytes", "Bytes of the memory map.", storage.map)
        text.header("ringdown_log_table_bytes", "gauge", "Bytes of the log by table (docs/log-format.md).")
        for table in storage.tables {
            text.line("ringdown_log_table_bytes", "table=\"\(table.name)\"", "\(table.bytes)")
        }
        text.header("ringdown_log_table_items", "gauge", "Items of the log by table.")
        for table in storage.tables {
            text.line("ringdown_log_table_items", "table=\"\(table.name)\"", "\(table.items)")
        }
    }

    /// Gathers lines.
    private struct Writer {
        private var text = ""

        var bytes: [UInt8] { Array(text.utf8) }

        mutating func header(_ name: String, _ type: String, _ help: String) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        }

        mutating func line(_ name: String, _ labels: String, _ value: String) {
            text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
        }

        mutating func gauge(_ name: String, _ help: String, _ value: some CustomStringConvertible) {
            header(name, "gauge", help)
            line(name, "", value.description)
        }

        mutating func family(_ name: String, _ help: String, _ family: Metrics.Family) {
            header(name, "counter", help)
            for (labels, count) in family.all { line(name, labels, "\(count)") }
        }

        mutating func histogram(_ name: String, _ help: String, _ histogram: Metrics.Histogram) {
            header(name, "histogram", help)
            let (counts, sum, count) = histogram.snapshot
            for (bound, count) in zip(histogram.bounds, counts) {
                line("\(name)_bucket", "le=\"\(bound)\"", "\(count)")
            }
            line("\(name)_bucket", "le=\"+Inf\"", "\(count)")
            line("\(name)_sum", "", "\(sum)")
            line("\(name)_count", "", "\(count)")
        }
    }
}
