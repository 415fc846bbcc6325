"""The audit: each input with what stands behind it is compared with what the rules give."""

import json
import re
from collections import deque

import entries
import events
import merkle
import notes
import picture
import projection
from entries import Broken
from rules import SECOND, State

EMPTY = merkle.EMPTY
LIMIT = re.compile(r"invalid: mesh status report (has|names|makes) ")
# Of so many sizes the root is known when a checkpoint of one of them comes by.
ROOTS = 65_536
NAMES = {3: "effect", 4: "decision", 5: "signed"}


class Difference:
    """Where a log is not what it has to be."""

    def __init__(self, position, aspect, expected, found):
        self.position, self.aspect, self.expected, self.found = position, aspect, expected, found

    def __str__(self):
        return "entry %d (%s)\n  expected  %s\n  found     %s" % (
            self.position, self.aspect, self.expected, self.found)

    @property
    def json(self):
        return {"position": self.position, "aspect": self.aspect, "expected": self.expected, "found": self.found}


class Stop(Exception):
    """The first difference, where one is enough."""


class Audit:
    def __init__(self, every=False, signatures=True, notes=True, pictures_at=()):
        self.state, self.tree = State(), merkle.Tree()
        self.differences, self.every = [], every
        self.signatures = signatures and events.PublicKeyXOnly is not None
        self.notes = notes
        self._roots = deque(maxlen=ROOTS)
        self.pictures = []
        """The state at each of the positions that were asked for."""
        self._pictures_at = sorted(pictures_at)
        self.counts = dict.fromkeys(("entries", "inputs", "decisions", "granted", "applied", "unchanged", "refused",
                                     "relay_events", "client_events", "signatures", "erased", "uncertain",
                                     "checkpoints", "old_checkpoints"), 0)
        self.first_time = self.last_time = None
        self._group = []
        self._state_root, self._state_root_may_change = EMPTY, False
        self._uncertain_until = 0

    # Taking in

    def run(self, lines):
        """Reads a whole log; ends at the first difference unless every one is wanted."""
        try:
            for line in lines:
                if not line.isspace():
                    self._take(line)
            self._close_group()
            self._take_pictures(self.tree.size)
        except Stop:
            pass

    def _take_pictures(self, position):
        """What is asked for before this position is as it is now."""
        while self._pictures_at and self._pictures_at[0] < position:
            self._pictures_at.pop(0)
            self.pictures.append(picture.of(self.state))

    def _differ(self, position, aspect, expected, found):
        self.differences.append(Difference(position, aspect, expected, found))
        if not self.every:
            raise Stop

    def _take(self, line):
        position = self.tree.size
        try:
            entry = entries.Entry(line)
        except Broken as broken:
            self._differ(position, "format", "an entry", "a line that %s" % broken)
            return
        is_output = entry.type in entries.OUTPUTS
        if not is_output:
            self._close_group()
            if self._pictures_at:
                self._take_pictures(position)
        if entry.position != position:
            self._differ(position, "header", "position %d" % position, "position %d" % entry.position)
        if self.last_time is None:
            self.first_time = self.last_time = entry.time
        if entry.time < self.last_time:
            self._differ(position, "header", "a time not before %d" % self.last_time, "time %d" % entry.time)
        self.last_time = max(self.last_time, entry.time)
        self._roots.append((position, self.tree.frontier))
        self.tree.append(entry.leaf)
        self.counts["entries"] += 1
        try:
            entry.check_commitment()
            entry.parse()
        except Broken as broken:
            self._differ(position, "payload", "what the leaf commits to", "an entry that %s" % broken)
            return
        if entry.body is None:
            self.counts["erased"] += 1
        if is_output and not self._group:
            self._differ(position, "output", "an input", "%s that nothing caused" % NAMES[entry.type])
            return
        self._group.append(entry)

    # Judging

    def _close_group(self):
        group, self._group = self._group, []
        if not group:
            return
        state = self.state
        first = group[0]
        self.counts["inputs"] += 1
        policy, root = state.policy_position, state.members.root
        self._check_genesis_is_first(first)
        self._check_header(first, policy, root, "")
        if first.type == entries.MARK:
            self._state_root_may_change = True
        if first.body is None:
            self._go_past(group)
            return
        self._check_event(first)
        if self.notes and first.type in (entries.GENESIS, entries.MARK):
            self._check_note(first)
        try:
            expected = state.apply(first, first.body)
        except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
            self._differ(first.position, "payload", "an input that can be read", "%s: %s" % (
                type(error).__name__, error))
            return
        for finding in expected.findings:
            self._differ(first.position, "rules", "nothing of the kind", finding)
        self._check_answer(first, expected)
        self._compare(group, expected, root)

    def _check_genesis_is_first(self, entry):
        if (entry.position == 0) != (entry.type == 0 and entry.body is not None and "genesis" in entry.body):
            self._differ(entry.position, "genesis", "the genesis at position 0, and nowhere else",
                         "an entry of type %d" % entry.type)

    def _check_header(self, entry, policy, members_root, what):
        if entry.rules != policy:
            self._differ(entry.position, "rules", "rules of entry %d" % policy, "rules of entry %d" % entry.rules)
        if entry.members_root != members_root:
            self._differ(entry.position, "members_root", members_root.hex() + what, entry.members_root.hex())
        if entry.schema != 1:
            self._differ(entry.position, "header", "schema 1", "schema %d" % entry.schema)
        if entry.state_root != self._state_root:
            if not self._state_root_may_change:
                self._differ(entry.position, "state_root", "%s, since no mark stands between" % self._state_root.hex(),
                             entry.state_root.hex())
            self._state_root = entry.state_root
        self._state_root_may_change = False

    def _check_event(self, entry):
        """Id and signature of what came in, and that its payload may be erased if people's data is in it."""
        event = entry.body.get("event")
        if event is None:
            return
        try:
            if entry.type == entries.EVENT:
                self.counts["client_events"] += 1
            if not events.has_its_id(event):
                self._differ(entry.position, "signature", "the id that the event has", event["id"])
            self._check_signature(entry.position, event)
        except (KeyError, TypeError, ValueError) as error:
            self._differ(entry.position, "payload", "an event", "%s: %s" % (type(error).__name__, error))

    def _check_note(self, entry):
        """What the log's own key signed, and that a checkpoint is one of this very log."""
        body = entry.body
        try:
            if "genesis" in body:
                notes.check_genesis(body)
            elif body.get("mark") == "checkpoint":
                size, root = notes.checkpoint(body["note"], self.state.log_key)
                self.counts["checkpoints"] += 1
                if size > entry.position:
                    raise notes.Bad("it is about %d entries" % size)
                mine = next((merkle.root_of(frontier) for at, frontier in self._roots if at == size), None)
                if mine is None:
                    self.counts["old_checkpoints"] += 1
                elif mine.hex() != root:
                    raise notes.Bad("its root is not that of the first %d entries, %s" % (size, mine.hex()))
        except (notes.Bad, KeyError, TypeError, ValueError, AttributeError) as error:
            self._differ(entry.position, "genesis" if entry.type == entries.GENESIS else "checkpoint",
                         "what this log's key signed about it", str(error))

    def _check_signature(self, position, event):
        if not self.signatures:
            return
        self.counts["signatures"] += 1
        if not events.signed(event["pubkey"], bytes.fromhex(event["id"]), event["sig"]):
            self._differ(position, "signature", "a signature by %s" % event["pubkey"], "another")

    def _check_answer(self, entry, expected):
        body = entry.body
        if entry.type == entries.EVENT and expected.decision is None or body.get("did") == "invite":
            found = body.get("answer", "")
            if not fits(expected.answer, found) and not self._is_another_limit(body, expected.answer, found):
                self._differ(entry.position, "answer", expected.answer or "accepted", found or "accepted")
        elif "answer" in body:
            self._differ(entry.position, "answer", "an answer in the decision", body["answer"])
        if body.get("removed", {}) != expected.removed:
            self._differ(entry.position, "removed", words(expected.removed), words(body.get("removed", {})))
        if entry.served and entry.type == entries.EVENT:
            if not expected.accepted or body["event"]["kind"] in events.ACTING:
                self._differ(entry.position, "served", "an event that is not served", "one that is")

    def _is_another_limit(self, body, expected, found):
        """A report that exceeds several limits may be told of any."""
        return (LIMIT.match(expected) and LIMIT.match(found)
                and found in projection.exceeded(body["event"]["content"], self.state.policy))

    def _compare(self, group, expected, root):
        """What stands behind an input, one after the other."""
        first = group[0]
        wanted = []
        if expected.decision is not None:
            wanted.append((entries.DECISION, expected.decision))
        wanted += [(entries.EFFECT, dict(cause=first.position, **effect)) for effect in expected.effects]
        wanted += [(entries.SIGNED, event) for event in expected.events]
        certain = first.time >= self._uncertain_until
        for index in range(max(len(wanted), len(group) - 1)):
            found = group[index + 1] if index + 1 < len(group) else None
            want = wanted[index] if index < len(wanted) else None
            if found is None:
                self._missing(first.position + index + 1, want, first, certain)
                return
            if want is None or want[0] != found.type:
                self._unexpected(found, want, first, certain)
                return
            self._check_output_header(found, first, index + 1, expected, root)
            if found.body is None:
                continue
            if found.type == entries.DECISION:
                self._compare_decision(found, want[1], certain)
            elif found.type == entries.EFFECT:
                if found.body != want[1]:
                    self._differ(found.position, "effect", words(want[1]), words(found.body))
            else:
                self._compare_event(found, want[1], first, certain)

    def _check_output_header(self, entry, first, index, expected, root):
        roots = expected.roots
        effects_before = index - 2 if expected.decision is not None else 0
        if roots and effects_before > 0:
            root = roots[min(effects_before, len(roots)) - 1]
        self._check_header(entry, self.state.policy_position, root, "")
        if entry.time != first.time:
            self._differ(entry.position, "header", "the time of entry %d" % first.position, "another")
        if first.salt is not None and entry.salt is not None:
            if entry.salt != entries.output_salt(first.salt, index):
                self._differ(entry.position, "salt", "the salt that follows from that of entry %d" % first.position,
                             entry.salt.hex())

    def _compare_decision(self, entry, want, certain):
        found = entry.body
        self.counts["decisions"] += 1
        outcome = found.get("outcome")
        if outcome in self.counts:
            self.counts[outcome] += 1
        if list(found) == list(want) and found == want:
            return
        message = want.get("message", "")
        if fits(message, found.get("message", "")) and list(found) == list(want) and \
                {**found, "message": ""} == {**want, "message": ""}:
            return
        if not certain:
            self._accept_uncertain(entry)
            return
        self._differ(entry.position, "decision", decision_words(want), decision_words(found))

    def _compare_event(self, entry, want, first, certain):
        kind, created_at, tags, content = want
        self.counts["relay_events"] += 1
        if entry.body.get("cause") != first.position:
            self._differ(entry.position, "output", "cause %d" % first.position, "cause %s" % entry.body.get("cause"))
        event = entry.body.get("event")
        try:
            same = (event["kind"] == kind and event["created_at"] == created_at and event["tags"] == tags
                    and event["content"] == content and event["pubkey"] == self.state.relay)
            if not same:
                if not certain and self._may_be(event):
                    self._accept_uncertain(entry)
                    return
                self._differ(entry.position, "event", event_words(kind, created_at, tags, content),
                             event_words(event["kind"], event["created_at"], event["tags"], event["content"])
                             if event["pubkey"] == self.state.relay else "an event by %s" % event["pubkey"])
                return
            wanted_id = events.event_id(self.state.relay, created_at, kind, tags, content)
            if event["id"] != wanted_id:
                self._differ(entry.position, "event", "id %s" % wanted_id, "id %s" % event["id"])
            self._check_signature(entry.position, event)
        except (KeyError, TypeError, ValueError) as error:
            self._differ(entry.position, "payload", "an event", "%s: %s" % (type(error).__name__, error))
            return
        if kind == events.CALL_ME_NOW:
            self.state.called(entry.position, tags[0][1])

    def _missing(self, position, want, first, certain):
        if not certain and want[0] == entries.SIGNED:
            self.counts["uncertain"] += 1
            return
        self._differ(position, "output", output_words(want), "nothing more that follows from entry %d"
                     % first.position)

    def _unexpected(self, found, want, first, certain):
        if not certain and found.type == entries.SIGNED and want is None:
            self._accept_uncertain(found)
            return
        self._differ(found.position, "output", output_words(want) if want else
                     "nothing more that follows from entry %d" % first.position, found_words(found))

    # Past what was erased

    def _go_past(self, group):
        """An input that was erased: what it was is unknown, what it did to the membership stands beside it."""
        state, first = self.state, group[0]
        state.position, state.time = first.position, first.time
        policy = state.policy
        longest = max(2 * policy["request_freshness_seconds"], policy["note_lifetime_seconds"],
                      2 * policy["command_freshness_seconds"]) + policy["staleness_seconds"] + 1
        self._uncertain_until = max(self._uncertain_until, first.time + longest * SECOND)
        for entry in group[1:]:
            self._check_header(entry, state.policy_position, state.members.root, "")
            if entry.body is None:
                continue
            if entry.type == entries.EFFECT:
                self._differ(entry.position, "effect", "no change of the membership by an entry that was erased",
                             words(entry.body))
            elif entry.type == entries.DECISION:
                self.counts["decisions"] += 1
                state.count(entry.body)
                self._accept_uncertain(entry)
            else:
                event = entry.body.get("event", {})
                if not self._may_be(event):
                    self._differ(entry.position, "event", "nobody called or offered who does not pass the gate",
                                 found_words(entry))
                self._accept_uncertain(entry)

    def _may_be(self, event):
        """Whether an event of the relay is one that the gate lets through, whatever caused it."""
        if event.get("kind") == events.CALL_ME_NOW:
            return self.state.admits(events.value(event["tags"], "p"))
        return event.get("kind") == events.STATUS_NOTE

    def _accept_uncertain(self, entry):
        """What hinged on something erased is taken as it stands, as long as the gate holds."""
        self.counts["uncertain"] += 1
        body = entry.body or {}
        outcome = body.get("outcome")
        if outcome == "granted" and not (self.state.admits(body["author"]) and self.state.admits(body["target"])):
            self._differ(entry.position, "decision", "no call of or by somebody who does not pass the gate",
                         decision_words(body))
        if outcome in self.counts:
            self.counts[outcome] += 1


def fits(want, found):
    """Messages are compared to the letter, except what a JSON reader says is wrong with a text."""
    if "…" not in want:
        return want == found
    before, _, after = want.partition("…")
    return found.startswith(before) and found.endswith(after) and len(found) > len(before) + len(after)


def words(value):
    return json.dumps(value, ensure_ascii=False)


def decision_words(decision):
    text = decision.get("outcome", "?")
    if decision.get("code") not in (None, text):
        text += " (%s)" % decision["code"]
    for name in ("request", "kind", "author", "target", "message", "rules", "basis", "expires_at"):
        if name in decision:
            text += ", %s %s" % (name, words(decision[name]))
    return "decision: " + text


def event_words(kind, created_at, tags, content):
    return "%s at %s, tags %s, content %s" % (kind, created_at, words(tags), words(content))


def output_words(want):
    kind, what = want
    if kind == entries.DECISION:
        return decision_words(what)
    return "effect " + words(what) if kind == entries.EFFECT else "signed " + event_words(*what)


def found_words(entry):
    if entry.body is None:
        return "%s, erased" % NAMES[entry.type]
    if entry.type == entries.DECISION:
        return decision_words(entry.body)
    if entry.type == entries.EFFECT:
        return "effect " + words(entry.body)
    event = entry.body.get("event", {})
    return "signed " + event_words(event.get("kind"), event.get("created_at"), event.get("tags"), event.get("content"))
