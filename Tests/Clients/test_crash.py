"""kill -9 at random moments under load: what was acknowledged or delivered is there, once, and the log verifies."""

import os
import random
import threading
import time

import pytest

import mesh
from nostr_client import Client, Closed, Key
from relay_process import Relay, json_lines, succeed

ROUNDS = int(os.environ.get("RINGDOWN_CRASH_ROUNDS", "20"))
SEED = int(os.environ.get("RINGDOWN_CRASH_SEED", time.time_ns() % 1_000_000))
PUBLISHERS = 3
WINDOW = 16
LONGEST_LOAD_SECONDS = 0.4
QUERIED_AT_ONCE = 200
SENT_AGAIN = 20


class Publisher(threading.Thread):
    """Publishes as fast as a window of unanswered events allows, until the connection dies."""

    def __init__(self, client: Client, make_event):
        super().__init__(daemon=True)
        self.client = client
        self.make_event = make_event
        self.sent: dict[str, dict] = {}
        self.acknowledged: dict[str, dict] = {}

    def run(self):
        try:
            while True:
                while len(self.sent) - len(self.acknowledged) < WINDOW:
                    event = self.make_event()
                    self.sent[event["id"]] = event
                    self.client.send("EVENT", event)
                answer = self.client.wait_for("OK")
                assert answer[2], answer
                self.acknowledged[answer[1]] = self.sent[answer[1]]
        except Closed:
            pass

    @property
    def unanswered(self) -> list[dict]:
        return [event for name, event in self.sent.items() if name not in self.acknowledged]


class Caller(Publisher):
    """Asks for one pairing after another, as often as the rate allows."""

    def run(self):
        try:
            while True:
                event = self.make_event()
                self.sent[event["id"]] = event
                self.client.send("EVENT", event)
                if self.client.answer(event).accepted:
                    self.acknowledged[event["id"]] = event
                time.sleep(0.06)
        except Closed:
            pass


class Listener(threading.Thread):
    """Notes what a live subscription brings, until the connection dies."""

    def __init__(self, client: Client, *filters: dict):
        super().__init__(daemon=True)
        self.client = client
        self.delivered: list[str] = []
        client.subscribe("live", *filters)

    def run(self):
        try:
            while True:
                self.delivered.append(self.client.wait_for("EVENT", "live", timeout=60)[2]["id"])
        except Closed:
            pass


class Trial:
    """The same relay, killed again and again."""

    def __init__(self, relay: Relay, dice: random.Random):
        self.relay = relay
        self.dice = dice
        relay.start()
        self.authors = [relay.member() for _ in range(PUBLISHERS)]
        self.requester, self.target = relay.member(), relay.member()
        self.durable: dict[str, dict] = {}
        self.requests: dict[str, dict] = {}
        self.calls: list[str] = []
        self.number = 0

    def note_of(self, author: Key):
        def make() -> dict:
            self.number += 1
            return author.sign(1, f"note {self.number} " + "x" * self.dice.randrange(400))
        return make

    def load_until_killed(self) -> list[Publisher]:
        publishers = [Publisher(self.relay.connect(author), self.note_of(author)) for author in self.authors]
        caller = Caller(self.relay.connect(self.requester), lambda: mesh.connect_request(self.requester, self.target))
        notes = Listener(self.relay.connect(self.requester), {"kinds": [1], "limit": 0})
        calls = Listener(self.relay.connect(self.target), mesh.calls_to(self.target))
        threads = [notes, calls, *publishers, caller]
        for thread in threads:
            thread.start()
        time.sleep(self.dice.uniform(0.01, LONGEST_LOAD_SECONDS))
        self.relay.process.kill()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive(), "a connection outlived the relay"
        self.relay.kill()

        assert len(notes.delivered) == len(set(notes.delivered)), "an event was delivered twice"
        sent = {name: event for publisher in publishers for name, event in publisher.sent.items()}
        for publisher in publishers:
            self.durable.update(publisher.acknowledged)
        # What was delivered was durable before.
        self.durable.update({name: sent[name] for name in notes.delivered})
        self.requests.update(caller.acknowledged)
        self.calls += calls.delivered
        return publishers

    def expect_everything_once(self, client: Client, names: list[str]):
        for start in range(0, len(names), QUERIED_AT_ONCE):
            wanted = names[start : start + QUERIED_AT_ONCE]
            found = [event["id"] for event in client.query({"ids": wanted})]
            missing = set(wanted) - set(found)
            assert not missing, f"{len(missing)} of {len(wanted)} acknowledged events are gone"
            assert len(found) == len(wanted), "an event is there twice"

    def send_again(self, publishers: list[Publisher]):
        """Clients that are not sure send again: what was there is a duplicate, what was not becomes new once."""
        watcher = self.relay.connect(self.requester)
        watcher.subscribe("live", {"kinds": [1], "limit": 0})
        client = self.relay.connect(self.authors[0])
        for event in self.dice.sample(list(self.durable.values()), min(SENT_AGAIN, len(self.durable))):
            answer = client.publish(event)
            assert answer.accepted and answer.message.startswith("duplicate: "), answer
        new = []
        for event in [event for publisher in publishers for event in publisher.unanswered]:
            answer = client.publish(event)
            assert answer.accepted
            if not answer.message:
                new.append(event["id"])
            self.durable[event["id"]] = event
        assert [watcher.next_event("live")["id"] for _ in new] == new
        watcher.expect_silence("live", 0.1)

        asker = self.relay.connect(self.requester)
        asker.subscribe("calls", mesh.calls_to(self.requester))
        for request in list(self.requests.values())[-3:]:
            assert not asker.publish(request).accepted, "a request was decided twice"
        asker.expect_silence("calls", 0.1)

    def round(self):
        before = len(self.durable)
        publishers = self.load_until_killed()
        if self.dice.random() < 0.2:
            self.crash_while_starting()
        self.relay.start()
        client = self.relay.connect(self.authors[0])
        self.expect_everything_once(client, list(self.durable)[before:])
        self.send_again(publishers)
        succeed("ringdown-replay", "verify", "--data", self.relay.data)

    def crash_while_starting(self):
        self.relay.launch()
        time.sleep(self.dice.uniform(0, 0.2))
        self.relay.kill()

    def conclude(self):
        self.relay.restart()
        client = self.relay.connect(self.authors[0])
        self.expect_everything_once(client, list(self.durable))
        pairs = json_lines(succeed("ringdown-replay", "pairs", "--data", self.relay.data, "--json"))
        granted = [line["event"] for line in pairs if line["outcome"] == "granted"]
        assert len(granted) == len(set(granted)), "a request was granted twice"
        assert set(self.requests) <= set(granted)
        log = succeed("ringdown-replay", "log", "--data", self.relay.data, "--kind", mesh.CALL_ME_NOW, "--json")
        assert len(json_lines(log)) == 2 * len(granted)
        assert len(self.calls) == len(set(self.calls)), "a call was delivered twice"
        assert all(call in log for call in self.calls), "a call was delivered that is not in the log"


@pytest.mark.timeout(60 + 15 * ROUNDS)
def test_a_crash_loses_nothing_and_repeats_nothing(make_relay):
    print(f"repeat with RINGDOWN_CRASH_SEED={SEED} RINGDOWN_CRASH_ROUNDS={ROUNDS}")
    trial = Trial(make_relay(owner=Key()), random.Random(SEED))
    for _ in range(ROUNDS):
        trial.round()
    trial.conclude()
    assert len(trial.durable) > 20 * ROUNDS, "the load was too small to mean anything"
    assert trial.calls and trial.requests
