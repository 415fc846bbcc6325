/// Questions that people ask, and the query that answers each: the table README of an exported database.
enum SQLiteQuestions {
    static let all: [(question: String, query: String)] = [
        ("Which log is this, and which part of it?", "SELECT * FROM log"),
        ("Who was connected with whom, how often?", "SELECT * FROM v_pairs ORDER BY granted DESC"),
        ("What was refused, why, and how often?", "SELECT * FROM v_refusal_reasons ORDER BY times DESC"),
        (
            "Was anybody paired who was no member, and had to be? (It has to be nobody.)",
            "SELECT * FROM v_paired_without_membership"
        ),
        ("Who is a member where the range ends?", "SELECT * FROM v_members ORDER BY since"),
        (
            "Who was a member at noon?",
            """
            SELECT key, role FROM members WHERE joined <= '2026-01-02T12:00' \
            AND (ended IS NULL OR ended > '2026-01-02T12:00')
            """
        ),
        (
            "Who removed whom?",
            """
            SELECT m.ended, m.key AS removed, e.author AS by FROM members m JOIN entries e ON e.position = m.end_cause \
            WHERE m.until IS NOT NULL
            """
        ),
        (
            "Which calls were granted and never rang at the target?",
            "SELECT time, requester, target, attempt_id FROM attempts WHERE outcome = 'granted' AND target_rung = 0"
        ),
        (
            "How long from the decision until it rang, in milliseconds?",
            "SELECT request, recipient, after_us / 1000.0 AS ms FROM v_rings WHERE written = 1 ORDER BY ms DESC"
        ),
        (
            "When did each key listen for calls?",
            "SELECT key, began, ended FROM listening ORDER BY key, since"
        ),
        ("How many attempts a day?", "SELECT * FROM v_days ORDER BY day"),
        (
            "Everything in which a key has a part (put a key in)?",
            "SELECT position, time, type, text FROM entries WHERE author = ?1 OR target = ?1 ORDER BY position"
        ),
        (
            "What did an event lead to (put its position in)?",
            "SELECT position, time, type, text FROM entries WHERE position = ?1 OR cause = ?1 ORDER BY position"
        ),
        ("What was turned away before the log?", "SELECT reason, SUM(count) AS times FROM dropped GROUP BY reason"),
        (
            "Which events carry a tag?",
            "SELECT e.time, e.kind, e.author, t.value FROM tags t JOIN events e USING (position) WHERE t.name = 'p'"
        ),
        (
            "What models were offered, by whom?",
            """
            SELECT n.time, n.reporter, m.value ->> '$.id' AS model FROM notes n, json_each(n.content, '$.models') m \
            ORDER BY n.position
            """
        ),
    ]
}
