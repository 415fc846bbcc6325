"""The notes that members discover: one a reporter, renewed, emptied, forgotten (WIRE.md, "30621 mesh status")."""

import events
import projection
from membership import Refused

SECOND = 1_000_000


class Note:
    __slots__ = ("rest", "dialect", "is_empty", "created_at", "expires_at", "reported", "position", "content")


class Discovery:
    def __init__(self):
        self.notes = {}
        self._known = {}

    def project(self, content, policy):
        """The projection of a report's content; nodes repeat themselves, so the latest are remembered."""
        known = self._known.get(content)
        if known is None or known[0] is not policy:
            try:
                found = projection.Projection(content, policy)
            except Refused as refusal:
                found = Refused(refusal.code, refusal.message)
            if len(self._known) > 1024:
                self._known.clear()
            known = self._known[content] = (policy, found)
        if isinstance(known[1], Refused):
            raise Refused(known[1].code, known[1].message)
        return known[1]

    def take(self, reporter, content, position, time, policy):
        """A report's projection, and the note that it makes, if any."""
        projected = self.project(content, policy)
        second = time // SECOND
        note = self.notes.get(reporter)
        size = len(projection.content(projected.rest, policy["dialect"], second).encode())
        if size > policy["maximum_projection_bytes"]:
            raise projection.limit("makes a note of more than %d bytes" % policy["maximum_projection_bytes"])
        same = note is not None and note.rest == projected.rest and note.dialect == policy["dialect"]
        if same and not self._needs_renewal(note, second, policy):
            note.reported = time
            return projected, None
        return projected, self._sign(reporter, projected.rest, policy["dialect"], projected.is_empty, position, time,
                                     policy, reported=time)

    def _needs_renewal(self, note, second, policy):
        """Once in each period of the clock, but not soon after it was made (docs/protocol.md)."""
        period = max(1, policy["note_lifetime_seconds"] - policy["staleness_seconds"])
        return second // period > note.created_at // period and second - note.created_at >= period // 2

    def empty(self, reporter, position, time, policy):
        """Replaces what a reporter offers by nothing, under the name that it has."""
        note = self.notes.get(reporter)
        if note is None or note.is_empty:
            return None
        return self._sign(reporter, projection.EMPTY, note.dialect, True, position, time, policy, note.reported)

    def _sign(self, reporter, rest, dialect, is_empty, position, time, policy, reported):
        second = time // SECOND
        note = self.notes.get(reporter)
        created_at = max(second, note.created_at + 1) if note else second
        if note is None:
            note = self.notes[reporter] = Note()
        note.rest, note.dialect, note.is_empty, note.reported = rest, dialect, is_empty, reported
        note.created_at, note.position = created_at, position
        note.expires_at = created_at + policy["note_lifetime_seconds"]
        note.content = projection.content(rest, dialect, second)
        tags = [["-"], ["d", "%s-relay-mesh:%s" % (dialect, reporter)], ["k", "%s-mesh-status" % dialect],
                ["expiration", str(note.expires_at)]]
        return events.STATUS_NOTE, created_at, tags, note.content

    def empty_stale(self, position, time, policy):
        """Notes of those who are silent, in the order of their keys."""
        limit = policy["staleness_seconds"] * SECOND
        stale = [key for key, note in self.notes.items() if not note.is_empty and time - note.reported >= limit]
        return [self.empty(key, position, time, policy) for key in sorted(stale)]

    def forget(self, second):
        """Empty notes that have expired leave no trace."""
        for key in [key for key, note in self.notes.items() if note.is_empty and note.expires_at <= second]:
            del self.notes[key]
