"""The same relay, killed again and again, and held to what it said."""

import json
import random
import time
from collections import Counter
from typing import Callable

import mesh
from nostr_client import Client
from relay_process import Relay, json_lines, log_entries, succeed

from ..community import Community

LONGEST_LOAD_SECONDS = 0.4
QUERIED_AT_ONCE = 200
SENT_AGAIN = 10
# Of the kills, those that hit the relay once more while it starts.
WHILE_STARTING = 0.2
LONGEST_START_SECONDS = 0.2


class Trial:
    def __init__(self, relay: Relay, seed: int, verify_every: int, longest_load: float = LONGEST_LOAD_SECONDS):
        self.relay, self.dice, self.verify_every = relay, random.Random(seed), verify_every
        self.longest_load = longest_load
        self.community = Community(relay, self.dice)
        self.promises = self.community.promises
        self.counts: Counter[str] = Counter()
        self.checked: set[str] = set()

    def run(self, rounds: int, progress: Callable[[str], None] = lambda _: None):
        for number in range(1, rounds + 1):
            self.round()
            if number % self.verify_every == 0 or number == rounds:
                self.conclude()
            progress(f"{number}/{rounds} kills, {self.counts['acknowledged']} acknowledged ")

    def round(self):
        self.community.until(self.kill_in_a_moment)
        self.relay.kill()
        self.counts["rounds"] += 1
        if self.dice.random() < WHILE_STARTING:
            self.relay.launch()
            time.sleep(self.dice.uniform(0, LONGEST_START_SECONDS))
            self.relay.kill()
            self.counts["killed while starting"] += 1
        self.relay.start()
        client = self.relay.connect(self.community.publishers[0])
        self.expect_notes(client)
        self.send_again(client)
        self.counts["acknowledged"] = len(self.promises.acknowledged)
        self.counts["seen"] = len(self.promises.seen)

    def kill_in_a_moment(self):
        time.sleep(self.dice.uniform(0.01, self.longest_load))
        self.relay.process.kill()

    def expect_notes(self, client: Client):
        """What this round's clients were told of is served, once, to whoever asks for what came since then."""
        authors = [key.hex for key in self.community.publishers]
        wanted = {
            name for name, event in self.promises.acknowledged.items()
            if event["kind"] == 1 and event["pubkey"] in authors and name not in self.checked}
        since = min((self.promises.sent[name]["created_at"] for name in wanted), default=0)
        found: list[str] = []
        for start in range(0, len(wanted), QUERIED_AT_ONCE):
            names = sorted(wanted)[start : start + QUERIED_AT_ONCE]
            found += [event["id"] for event in client.query({"ids": names, "since": since})]
        assert len(found) == len(set(found)), "an event is served twice"
        missing = wanted - set(found)
        assert not missing, f"{len(missing)} of {len(wanted)} acknowledged events are gone"
        self.checked |= wanted

    def send_again(self, client: Client):
        """Clients that are not sure send again: what was there is a duplicate, what was not becomes new, once."""
        watcher = self.relay.connect(self.community.readers[0])
        watcher.subscribe("live", {"kinds": [1], "limit": 0})
        for event in self.dice.sample(sorted(self.checked), min(SENT_AGAIN, len(self.checked))):
            answer = client.publish(self.promises.acknowledged[event])
            assert answer.accepted and answer.message.startswith("duplicate: "), f"a stored note was answered {answer}"
        new = []
        for event in self.promises.unanswered():
            # Mesh events are taken from their authors alone, and go stale: whoever sent one asks anew.
            if event["kind"] != 1:
                continue
            answer = client.publish(event)
            assert answer.accepted, f"a note that is sent again was refused: {answer.message}"
            self.promises.answer(event["id"], True)
            new += [] if answer.message else [event["id"]]
        assert [watcher.next_event("live")["id"] for _ in new] == new, "what is new was not delivered once, in order"
        watcher.expect_silence("live", 0.05)
        self.ask_again()

    def ask_again(self):
        """A request that was granted is never granted again."""
        caller = self.community.callers[0]
        asker = self.relay.connect(caller)
        asker.subscribe("calls", mesh.calls_to(caller))
        granted = [
            event for event in self.promises.acknowledged.values()
            if event["kind"] == mesh.CONNECT_REQUEST and event["pubkey"] == caller.hex]
        for request in granted[-2:]:
            assert not asker.publish(request).accepted, "a request was decided twice"
        asker.expect_silence("calls", 0.05)

    def conclude(self):
        """A clean stop and start, and the whole log against everything that was ever said."""
        self.relay.restart()
        verified = json.loads(succeed("ringdown-replay", "verify", "--data", self.relay.data, "--json"))
        assert verified["verified"], f"the log does not verify: {verified}"
        self.expect_state()
        log = log_entries(self.relay.data, "--full-keys")
        entered = Counter(entry["event"] for entry in log if "event" in entry and entry["type"] != "decision")
        for what, names in (("acknowledged", self.promises.acknowledged), ("seen", self.promises.seen)):
            lost = [name for name in names if name not in entered]
            assert not lost, f"{len(lost)} of {len(names)} events that were {what} are not in the log: {lost[0]}"
        twice = [entry for entry, count in entered.items() if count > 1 and self.promises.sent.get(
            entry, {}).get("kind") == 1]
        assert not twice, f"{len(twice)} notes are in the log twice: {twice[0]}"
        self.expect_calls(log, entered)
        self.counts["entries"] = verified["entries"]
        self.counts["verified"] += 1

    def expect_state(self):
        """What the relay says of itself is what a replay from entry 0 gives."""
        live = self.relay.owner_client.query({"kinds": [mesh.MEMBER_LIST]})[0]
        members = sorted(tag[1] for tag in live["tags"] if tag[0] == "member")
        state = json.loads(succeed(
            "ringdown-replay", "state", "--data", self.relay.data, "--json", "--full-keys", "--no-snapshot"))
        replayed = sorted(member["key"] for member in state["members"])
        assert members == replayed, "the relay's members are not those of a replay"

    def expect_calls(self, log: list[dict], entered: Counter):
        """One pair for each grant, one grant for each request, and no call that stands twice."""
        pairs = json_lines(succeed("ringdown-replay", "pairs", "--data", self.relay.data, "--json", "--full-keys"))
        granted = [line["event"] for line in pairs if line["outcome"] == "granted"]
        assert len(granted) == len(set(granted)), "a request was granted twice"
        calls = [entry["event"] for entry in log if entry.get("kind") == mesh.CALL_ME_NOW]
        assert len(calls) == len(set(calls)) == 2 * len(granted), f"{len(granted)} grants, {len(calls)} calls"
        assert all(entered[call] == 1 for call in calls), "a call is in the log twice"
        answered = {
            name for name, event in self.promises.acknowledged.items() if event["kind"] == mesh.CONNECT_REQUEST}
        assert answered <= set(granted), "a request was acknowledged and not granted in the log"
        self.counts["granted"] = len(granted)
