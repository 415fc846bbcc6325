"""The rules: the state, and what an input comes to. Written from WIRE.md and the NIPs, not from the relay's sources.

`State.apply` takes an input and returns what has to stand behind it; nothing else changes the state.
"""

import commands
import events
import invites
import limits
import membership
import signaling
from discovery import Discovery
from membership import Refused, Unchanged
from sessions import Sessions

SECOND = 1_000_000
AUTH_SECONDS = 60
NOT_AUTHENTICATED = ("not_authenticated", "auth-required: not authenticated")
AUTHOR_MISMATCH = ("author_mismatch", "invalid: event pubkey does not match authenticated identity")
REPORTER = ("reporter_not_direct_member",
                   "restricted: delegated identities cannot report mesh status in v1")
REQUESTER = ("requester_not_direct_member", "restricted: delegated identities cannot initiate mesh in v1")
TARGET = ("target_not_member", "restricted: target is not a relay member")
BANNED = ("banned", "blocked: this key is banned from this relay")
RATES = {
    "request_rate": ("requests_per_second", "mesh connect request rate exceeded"),
    "target_rate": ("calls_per_target_per_second", "mesh connect requests to this target exceeded"),
    "report_rate": ("reports_per_second", "mesh status report rate exceeded"),
    "command_rate": ("commands_per_second", "membership command rate exceeded"),
}


class Moderation:
    """What owner, admins and the operator keep out."""

    def __init__(self):
        self.keys, self.events, self.addresses = {}, {}, {}
        self.allowed, self.disallowed, self.texts = set(), set(), {}


class Expected:
    """What an input comes to: the answer to its sender, and what has to stand behind it."""

    __slots__ = ("answer", "accepted", "decision", "effects", "roots", "events", "removed", "findings")

    def __init__(self):
        self.answer, self.accepted = "", True
        self.decision = None
        self.effects, self.roots, self.events, self.findings = [], [], [], []
        self.removed = {}


class State:
    def __init__(self):
        self.origin = self.relay = self.log_key = None
        self.policy, self.policy_position, self.rules = None, 0, 0
        self.position = self.time = 0
        self.members, self.sessions, self.invites = membership.Members(), Sessions(), invites.Invites()
        self.discovery, self.moderation = Discovery(), Moderation()
        self.list_created_at = self.checkpoint_created_at = 0
        self.granted = self.refused = self.strangers = 0
        self.proofs = {}
        """NIP-42 and NIP-98 events that were used, until they are too old to be used again."""
        self._requests, self._calls = limits.Windows(), limits.Windows()
        self._reports, self._commands = limits.Windows(), limits.Windows()
        self._invited = limits.Windows(limits.DAY)
        self._seen_requests, self._seen_commands = limits.Decided(), limits.Decided()
        self._fresh_requests, self._fresh_commands = limits.Freshness(), limits.Freshness()
        self._recipients = {}

    def count(self, decision):
        """A call that was decided."""
        if decision.get("kind") == events.CONNECT_REQUEST:
            self.granted += decision["outcome"] == "granted"
            self.refused += decision["outcome"] == "refused"

    # The gate

    def admits(self, key):
        """Whether a key passes: a direct member, or anybody who is not banned while the relay is open."""
        if key in self.members.roles:
            return True
        return not self.policy["require_membership"] and key not in self.moderation.keys

    # Inputs

    def apply(self, entry, body):
        """What an input has to come to, by the rules."""
        self.position, self.time = entry.position, entry.time
        second = entry.time // SECOND
        expected = Expected()
        kind = entry.type
        if kind == 2:
            self._event(body, second, expected)
        elif kind == 6:
            self._session(body, second, expected)
        elif kind == 1:
            self._command(body, second, expected)
        elif kind == 8:
            self._mark(body, second, expected)
        elif kind == 0:
            self._configuration(body, second, expected)
        return expected

    def _configuration(self, body, second, expected):
        if "genesis" in body:
            genesis = body["genesis"]
            self.origin, self.relay, self.log_key = genesis["origin"], genesis["relay"], genesis["log"]
            return
        old, self.policy = self.policy, body["policy"]
        self.policy_position, self.rules = self.position, body["rules"]
        self._fresh_requests.change(self.policy["request_freshness_seconds"], second)
        self._fresh_commands.change(self.policy["command_freshness_seconds"], second)
        if old is None:
            return
        for session in list(self.sessions.all):
            if session in self.sessions.all and not self._may_stay(self.sessions.all[session]):
                self.sessions.close(session)
        for reporter in sorted(self.discovery.notes):
            note = self.discovery.notes[reporter]
            if note.dialect != self.policy["dialect"] or not self.admits(reporter):
                self._empty(reporter, expected)

    def _may_stay(self, session):
        for key, (_, owner) in session.keys.items():
            if owner is None:
                if not self.admits(key):
                    return False
            elif not (self.policy["allow_delegation"] and owner in self.members.roles):
                return False
        return True

    def _empty(self, reporter, expected):
        note = self.discovery.empty(reporter, self.position, self.time, self.policy)
        if note:
            expected.events.append(note)

    def _mark(self, body, second, expected):
        mark = body["mark"]
        if mark == "tick":
            expected.events += self.discovery.empty_stale(self.position, self.time, self.policy)
        elif mark == "restart":
            self.sessions.close_all()
        elif mark == "checkpoint":
            self.checkpoint_created_at = max(second, self.checkpoint_created_at + 1)
            expected.events.append((events.CHECKPOINT, self.checkpoint_created_at, [["-"], ["d", self.origin]],
                                    body["note"]))
        self.discovery.forget(second)
        self.invites.forget(second)

    def _session(self, body, second, expected):
        did = body.get("did")
        if did == "authenticated":
            self._authenticate(body, second, expected)
        elif did == "listening":
            self.sessions.listen(self.position, body["session"], body["keys"])
        elif did == "closed":
            self.sessions.close(body["session"])
        elif did == "invite":
            self._invite(body, second, expected)
        elif did == "delivered":
            self._delivered(body, expected)
        elif did == "disclosed":
            self._disclosed(body, expected)

    def _authenticate(self, body, second, expected):
        event = body["event"]
        key, owner = event["pubkey"], None
        if event["kind"] not in events.NEVER_PUBLISHED:
            expected.findings.append("a session is opened by an event of kind %d" % event["kind"])
        if abs(event["created_at"] - second) > AUTH_SECONDS:
            expected.findings.append("a session is opened by a proof that is not within %d s" % AUTH_SECONDS)
        if event["kind"] == events.HTTP_AUTH and not self._first_use(event["id"]):
            expected.findings.append("an authorization is used twice")
        if key in self.moderation.keys:
            self.strangers += 1
            return
        if not self.admits(key):
            owner = events.attested_owner(event) if self.policy["allow_delegation"] else None
            if owner is None or owner not in self.members.roles:
                # Whoever does not belong has no session, whatever stands in the log.
                self.strangers += 1
                return
        self.sessions.authenticate(self.position, body.get("session"), key, owner)

    def _disclosed(self, body, expected):
        """Somebody read payloads, which only owner, admins and auditors may."""
        event = body["event"]
        reader = event["pubkey"]
        if event["kind"] != events.HTTP_AUTH or not self._first_use(event["id"]):
            expected.findings.append("payloads are read with an authorization that is none, or not new")
        if not self.members.manages(reader) and reader not in self.policy.get("auditors", ()):
            expected.findings.append("payloads are read by a key that may not")

    def _first_use(self, event_id):
        proofs = self.proofs
        while proofs:
            oldest = next(iter(proofs))
            if self.time - proofs[oldest] <= (2 * AUTH_SECONDS + 1) * SECOND:
                break
            del proofs[oldest]
        if event_id in proofs:
            return False
        proofs[event_id] = self.time
        return True

    def _invite(self, body, second, expected):
        try:
            session = self.sessions.all.get(body["session"])
            if session is None:
                raise Refused(*NOT_AUTHENTICATED)
            inviter = next((key for key in session.keys
                            if invites.may_invite(self.policy["invites"], self.members.role(key))), None)
            if inviter is None:
                raise Refused("invite_not_allowed", "restricted: you may not invite others to this relay")
            most = self.policy["invites_per_day"]
            if self._invited.count(inviter, self.time) > most:
                raise Refused("invite_rate", "rate-limited: more invite codes than %d a day" % most)
        except Refused as refusal:
            expected.answer, expected.accepted = refusal.message, False
            return
        code = body.get("code", "")
        expires_at = second + self.policy["invite_lifetime_seconds"]
        self.invites.add(commands.code_hash(code), inviter, membership.MEMBER, self.policy["invite_uses"], expires_at,
                         self.position)
        expected.events.append((events.INVITE, second, [["-"], ["claim", code], ["expiration", str(expires_at)]], ""))

    def called(self, position, recipient):
        """Takes note of a call, so that deliveries can be judged."""
        if len(self._recipients) > 65_536:
            for old in list(self._recipients)[:32_768]:
                del self._recipients[old]
        self._recipients[position] = recipient

    def _delivered(self, body, expected):
        recipient = self._recipients.get(body["output"])
        if recipient is None or not self.policy["private_signaling"]:
            return
        for name in body.get("written", ()):
            session = self.sessions.all.get(name)
            if session is not None and recipient not in session.keys:
                expected.findings.append("a call-me-now is delivered to session %d, not its recipient's" % name)

    # Events

    def _event(self, body, second, expected):
        event, session, door = body["event"], body.get("session"), body.get("door")
        kind = event["kind"]
        found = self.sessions.all.get(session) if session is not None else None
        try:
            if door == "import":
                if kind in events.ACTING or kind in events.RELAY_ONLY or kind in events.NEVER_PUBLISHED:
                    raise Refused("not_imported", "invalid: events of kind %d cannot be imported" % kind)
            elif kind == events.CONNECT_REQUEST:
                self._request(event, found, second, expected)
            elif kind == events.STATUS_REPORT:
                self._report(event, found, expected)
            elif kind in events.MEMBERSHIP:
                self._membership(event, found, second, expected)
            else:
                self._ordinary(event, found, second)
        except Refused as refusal:
            expected.answer, expected.accepted = refusal.message, False

    def _authenticated(self, event, session):
        if session is None:
            raise Refused(*NOT_AUTHENTICATED)
        if event["pubkey"] not in session.keys:
            raise Refused(*AUTHOR_MISMATCH)

    def _ordinary(self, event, session, second):
        kind, tags = event["kind"], event["tags"]
        if session is None:
            raise Refused(*NOT_AUTHENTICATED)
        if kind in events.RELAY_ONLY:
            raise Refused("relay_only_kind", "restricted: relay-only kind")
        if kind in events.NEVER_PUBLISHED:
            raise Refused("never_published",
                          "invalid: this kind authenticates a connection or a request and is never published")
        ahead = self.policy["future_limit_seconds"]
        if event["created_at"] > second + ahead:
            raise Refused("too_far_in_future", "invalid: created_at is more than %d s in the future" % ahead)
        expiration = events.expiration(tags)
        if expiration is not None and expiration <= second:
            raise Refused("expired", "invalid: the event has expired")
        moderation = self.moderation
        if kind in moderation.disallowed or (moderation.allowed and kind not in moderation.allowed):
            raise Refused("kind_not_taken", "blocked: this relay takes no events of kind %d" % kind)
        least = self.policy["minimum_difficulty"]
        if least:
            difficulty = events.difficulty(event)
            if difficulty < least:
                raise Refused("too_easy", "pow: difficulty %d is less than %d, which this relay asks for"
                              % (difficulty, least))
        if events.first(tags, "-") and event["pubkey"] not in session.keys:
            raise Refused("protected_event", "restricted: this event may only be published by its author")

    def _rate(self, windows, key, code):
        setting, words = RATES[code]
        most = self.policy[setting]
        if windows.count(key, self.time) > most:
            raise Refused(code, "rate-limited: %s (%d/sec)" % (words, most))

    def _report(self, event, session, expected):
        reporter = event["pubkey"]
        self._authenticated(event, session)
        if not self.admits(reporter):
            raise Refused(*REPORTER)
        self._rate(self._reports, reporter, "report_rate")
        projected, note = self.discovery.take(reporter, event["content"], self.position, self.time, self.policy)
        expected.removed = projected.removed
        if note:
            expected.events.append(note)

    def _request(self, event, session, second, expected):
        requester = event["pubkey"]
        text = events.value(event["tags"], "p")
        target = events.key(text)
        basis = {"policy": self.policy_position}
        since = self.members.since(requester)
        if since is not None:
            basis["requester"] = since
        decision = {"request": self.position, "kind": events.CONNECT_REQUEST, "author": requester}
        if target is not None:
            decision["target"] = target
        try:
            self._authenticated(event, session)
            self._rate(self._requests, requester, "request_rate")
            window = self.policy["request_freshness_seconds"]
            if not self._fresh_requests.admits(event["created_at"], second):
                raise Refused("request_not_fresh", "invalid: created_at of the mesh connect request is not within %d s"
                              " of the relay's clock" % window)
            if self._seen_requests.see(event["id"], self.time):
                raise Refused("request_replayed", "duplicate: this mesh connect request was already decided")
            request = signaling.Request(event["content"], self.policy)
            if text is None:
                raise Refused("request_without_target", "invalid: mesh connect request missing #p target")
            if target is None:
                raise Refused("request_target_malformed",
                              "invalid: mesh connect request #p target is not 64 hex characters")
            if target == requester:
                raise Refused("request_to_self", "invalid: cannot mesh-connect to self")
            if not self.admits(requester):
                raise Refused(*REQUESTER)
            if not self.admits(target):
                raise Refused(*TARGET)
            self._rate(self._calls, target, "target_rate")
        except Refused as refusal:
            decision.update(outcome="refused", code=refusal.code, message=refusal.message, rules=self.rules,
                            basis=basis)
            expected.decision = decision
            self.count(decision)
            raise
        if self.members.since(target) is not None:
            basis["target"] = self.members.since(target)
        for name, key in (("requester_listening", requester), ("target_listening", target)):
            listening = self.sessions.listening(key)
            if listening is not None:
                basis[name] = listening
        decision.update(outcome="granted", code="granted")
        if "target_listening" not in basis:
            expected.answer = decision["message"] = "info: target is not listening"
        decision.update(rules=self.rules, basis=basis, expires_at=second + signaling.LIFETIME)
        expected.decision = decision
        self.count(decision)
        expected.events += signaling.calls(request, requester, target, second, self.policy["dialect"])

    # Membership

    def _command_rate(self, author):
        if not self.members.manages(author):
            self._rate(self._commands, author, "command_rate")

    def _membership(self, event, session, second, expected):
        author, kind = event["pubkey"], event["kind"]
        decision = {"request": self.position, "kind": kind, "author": author}
        basis = self._basis(author)

        def rule():
            if kind != events.JOIN:
                self._authenticated(event, session)
            self._command_rate(author)
            window = self.policy["command_freshness_seconds"]
            if not self._fresh_commands.admits(event["created_at"], second):
                raise Refused("command_not_fresh", "invalid: created_at of a membership command must be within %d s of"
                              " the relay's clock" % window)
            if self._seen_commands.see(event["id"], self.time):
                raise Refused("command_replayed", "duplicate: this membership command was already decided")
            if kind == events.JOIN:
                return self._join(event, second, basis)
            if kind == events.LEAVE:
                if self.members.role(author) == membership.OWNER:
                    raise Refused("owner_leaves", "restricted: the owner cannot leave")
                if author not in self.members.roles:
                    raise Refused("leave_needs_member", "restricted: not a relay member")
                return [membership.remove(self.members, author)], [], ""
            command = commands.of_event(event)
            self._aim(command.key, decision, basis)
            return commands.carry_out(self, command, author, self.position, second)

        if kind in (events.JOIN, events.LEAVE):
            decision["target"] = author
            if kind == events.LEAVE and "requester" in basis:
                basis["target"] = basis["requester"]
        self._decide(rule, decision, basis, second, expected)

    def _basis(self, author):
        basis = {"policy": self.policy_position}
        since = self.members.since(author) if author else None
        if since is not None:
            basis["requester"] = since
        return basis

    def _aim(self, key, decision, basis):
        """Takes note of whom a command is about."""
        if key is None:
            return
        decision["target"] = key
        since = self.members.since(key)
        if since is not None:
            basis["target"] = since

    def _join(self, event, second, basis):
        author = event["pubkey"]
        code = events.value(event["tags"], "claim")
        if code is None:
            raise Refused("join_malformed", "invalid: malformed join request (missing claim tag)")
        if author in self.moderation.keys:
            raise Refused(*BANNED)
        if author in self.members.roles:
            raise Unchanged("duplicate: you are already a member of this relay")
        hashed = commands.code_hash(code)
        invite = self.invites.find(hashed)
        if invite is None:
            raise Refused("invite_invalid", "restricted: that is an invalid invite code")
        basis["invite"] = invite.position
        if invite.expires_at <= second:
            raise Refused("invite_expired", "restricted: that invite code is expired")
        effect = membership.add(self.members, self.moderation.keys, author, invite.role)
        self.invites.use(invite)
        return [effect], [], "info: welcome"

    def _command(self, body, second, expected):
        """A command of the operator, or a call of the management API."""
        if "event" not in body:
            command = commands.of_operator(body)
            decision, basis = {"request": self.position}, self._basis(None)
            self._aim(command.key, decision, basis)
            self._decide(lambda: commands.carry_out(self, command, None, self.position, second), decision, basis,
                         second, expected)
            return
        author = body["event"]["pubkey"]
        decision = {"request": self.position, "kind": body["event"]["kind"], "author": author}
        basis = self._basis(author)
        try:
            if self.members.manages(author) and commands.of_call(body["body"]) is None:
                self._check_call(body, expected)
                return
        except Refused:
            pass

        def rule():
            self._command_rate(author)
            if not self.members.manages(author):
                raise Refused("manage_needs_admin",
                              "restricted: only the owner or an admin can manage this relay")
            command = commands.of_call(body["body"])
            self._aim(command.key, decision, basis)
            return commands.carry_out(self, command, author, self.position, second)

        self._check_call(body, expected)
        self._decide(rule, decision, basis, second, expected)

    def _check_call(self, body, expected):
        """The event carries the body's hash: it was these words that were signed for (NIP-98)."""
        payload = events.value(body["event"]["tags"], "payload")
        if payload is None or payload.lower() != commands.code_hash(body["body"]):
            expected.findings.append("a call's authorization is not for its body")

    def _decide(self, rule, decision, basis, second, expected):
        effects, following, message = [], [], ""
        try:
            effects, following, message = rule()
            outcome = code = "applied"
        except Unchanged as unchanged:
            outcome = code = "unchanged"
            message = str(unchanged)
        except Refused as refusal:
            outcome, code, message = "refused", refusal.code, refusal.message
        decision.update(outcome=outcome, code=code)
        if message:
            decision["message"] = message
        decision.update(rules=self.rules, basis=basis)
        expected.decision, expected.answer, expected.accepted = decision, message, outcome != "refused"
        expected.effects = effects
        self._take_effect(decision, effects, following, second, expected)

    def _take_effect(self, decision, effects, following, second, expected):
        """The membership changes; what follows from that comes after the effects."""
        ended = []
        for index, effect in enumerate(effects):
            self.members.apply(effect, self.position + 2 + index)
            expected.roots.append(self.members.root)
            if "remove" in effect:
                ended.append(effect["remove"])
        if decision["outcome"] == "applied" and decision.get("target") in self.moderation.keys:
            ended.append(decision["target"])
        if effects:
            self.list_created_at = max(second, self.list_created_at + 1)
            tags = [["-"]] + [["member", key, self.members.role(key)] for key in sorted(self.members.roles)]
            expected.events.append((events.MEMBER_LIST, self.list_created_at, tags, ""))
        for effect in effects:
            if "add" in effect:
                expected.events.append((events.MEMBER_ADDED, second, [["-"], ["p", effect["add"]]], ""))
            elif "remove" in effect:
                expected.events.append((events.MEMBER_REMOVED, second, [["-"], ["p", effect["remove"]]], ""))
        for key in dict.fromkeys(ended):
            self.invites.revoke_of(key)
            self._empty(key, expected)
            self.sessions.close_key(key)
        expected.events += following
