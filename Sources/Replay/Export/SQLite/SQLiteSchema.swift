/// What makes questions short: indexes over whatever is asked for, and views that join it.
enum SQLiteSchema {
    static let indexes = [
        index("entries", "position", unique: true), index("entries", "time_us"), index("entries", "type, position"),
        index("entries", "author, position"), index("entries", "cause"),
        index("events", "id"), index("events", "author, kind, created_at"), index("events", "kind, created_at"),
        index("events", "position", unique: true), index("tags", "name, value"), index("tags", "position"),
        index("decisions", "position", unique: true), index("decisions", "request"),
        index("decisions", "outcome, code"),
        index("attempts", "position", unique: true), index("attempts", "requester, target"),
        index("attempts", "target"), index("attempts", "time_us"), index("attempts", "attempt_id"),
        index("calls", "position", unique: true), index("calls", "request"), index("calls", "attempt_id"),
        index("deliveries", "call"), index("deliveries", "key"),
        index("sessions", "session", unique: true), index("sessions", "key, opened_us"),
        index("listening", "key, since"), index("members", "key, since"), index("notes", "reporter, position"),
    ]

    static let views = [
        """
        CREATE VIEW v_pairs AS
        SELECT requester, target, COUNT(*) AS attempts, SUM(outcome = 'granted') AS granted,
               SUM(outcome = 'refused') AS refused,
               SUM(outcome = 'granted' AND requester_rung > 0 AND target_rung > 0) AS rung_at_both_ends,
               MIN(time) AS first, MAX(time) AS last
        FROM attempts GROUP BY requester, target
        """,
        """
        CREATE VIEW v_refusals AS
        SELECT d.position, d.time, d.kind, d.author, d.target, d.code, d.message, d.request
        FROM decisions d WHERE d.outcome = 'refused'
        """,
        """
        CREATE VIEW v_refusal_reasons AS
        SELECT kind, code, message, COUNT(*) AS times, COUNT(DISTINCT author) AS authors, MIN(time) AS first,
               MAX(time) AS last
        FROM decisions WHERE outcome = 'refused' GROUP BY kind, code, message
        """,
        """
        CREATE VIEW v_members AS
        SELECT key, role, since, joined FROM members WHERE until IS NULL
        """,
        """
        CREATE VIEW v_days AS
        SELECT substr(time, 1, 10) AS day, COUNT(*) AS attempts, SUM(outcome = 'granted') AS granted,
               SUM(outcome = 'refused') AS refused, COUNT(DISTINCT requester) AS requesters
        FROM attempts GROUP BY day
        """,
        // Rests on nothing but who was paired, who was a member then, and whether one had to be.
        """
        CREATE VIEW v_paired_without_membership AS
        SELECT a.* FROM attempts a WHERE a.outcome = 'granted' AND COALESCE(
            (SELECT p.json ->> '$.policy.require_membership' FROM policies p WHERE p.position < a.position
             ORDER BY p.position DESC LIMIT 1), 1)
        AND NOT (
            EXISTS (SELECT 1 FROM members m WHERE m.key = a.requester
                    AND m.since < a.position AND (m.until IS NULL OR m.until > a.position))
            AND EXISTS (SELECT 1 FROM members m WHERE m.key = a.target
                    AND m.since < a.position AND (m.until IS NULL OR m.until > a.position)))
        """,
        """
        CREATE VIEW v_rings AS
        SELECT c.request, c.position AS call, c.recipient, c.peer, c.attempt_id, c.time AS called,
               d.session, d.written, d.time AS rung, d.time_us - e.time_us AS after_us
        FROM calls c JOIN entries e ON e.position = c.position LEFT JOIN deliveries d ON d.call = c.position
        """,
    ]

    private static func index(_ table: String, _ columns: String, unique: Bool = false) -> String {
        let name = "\(table)_\(columns.split(separator: ", ").joined(separator: "_"))"
        return "CREATE \(unique ? "UNIQUE " : "")INDEX \(name) ON \(table) (\(columns))"
    }
}
