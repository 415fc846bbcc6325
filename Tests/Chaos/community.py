"""About twenty clients that do everything at once that a relay is asked to do, until their connections die.

Each of them notes what it was promised: `Promises` is what has to be in the log, whatever happens to the relay.
"""

import random
import threading
import time
from typing import Callable

import mesh
from nostr_client import Client, Closed, Key
from relay_process import Relay

PUBLISHERS, REPORTERS, CALLERS, DELETERS, READERS = 8, 4, 3, 1, 2
# Events of one client that may be without an answer.
WINDOW = 8
# The relay takes 20 reports, requests and commands a second of one key.
PAUSE_SECONDS = 0.06
LONGEST_SILENCE_SECONDS = 60
BY_RELAY_KINDS = [mesh.CALL_ME_NOW, mesh.STATUS]


class Promises:
    """What clients were told: events that were acknowledged, and events of the relay's own that they saw."""

    def __init__(self, told: Callable[[str], None] = lambda _: None):
        self._lock = threading.Lock()
        self._told = told
        self.sent: dict[str, dict] = {}
        # Those that the relay said it took, and those that it answered with a decision against them.
        self.acknowledged: dict[str, dict] = {}
        self.refused: dict[str, dict] = {}
        self.seen: set[str] = set()

    def send(self, event: dict):
        with self._lock:
            self.sent[event["id"]] = event

    def answer(self, name: str, accepted: bool):
        with self._lock:
            (self.acknowledged if accepted else self.refused)[name] = self.sent[name]
            if accepted:
                self._told(name)

    def see(self, name: str):
        with self._lock:
            if name not in self.seen:
                self.seen.add(name)
                self._told(name)

    def unanswered(self) -> list[dict]:
        answered = self.acknowledged.keys() | self.refused.keys()
        return [event for name, event in self.sent.items() if name not in answered]


class Participant(threading.Thread):
    """One client: a connection that publishes what it is given to publish, and notes what it receives."""

    def __init__(self, client: Client, promises: Promises, make: Callable[[], dict] | None, window: int = WINDOW,
                 pause: float = 0, filters: list[dict] | None = None):
        super().__init__(daemon=True)
        self.client, self.promises, self.make, self.window, self.pause = client, promises, make, window, pause
        self.waiting: set[str] = set()
        self.delivered: list[str] = []
        self.problem: str | None = None
        if filters:
            client.subscribe("live", *filters)

    def run(self):
        try:
            while True:
                while self.make and len(self.waiting) < self.window:
                    event = self.make()
                    self.waiting.add(event["id"])
                    self.promises.send(event)
                    self.client.send("EVENT", event)
                    if self.pause:
                        break
                self._take(self.client.wait_for(timeout=LONGEST_SILENCE_SECONDS))
                if self.pause and not self.waiting:
                    time.sleep(self.pause)
        except Closed:
            pass
        except Exception as error:  # A thread that dies in silence would make the load seem fine.
            self.problem = f"{type(error).__name__}: {error}"

    def _take(self, message: list):
        if message[0] == "OK":
            self.waiting.discard(message[1])
            self.promises.answer(message[1], message[2])
        elif message[0] == "EVENT" and message[1] == "live":
            self.delivered.append(message[2]["id"])
            self.promises.see(message[2]["id"])


class Community:
    """The members, and what each of them does. Keys and membership outlive the relay's deaths."""

    def __init__(self, relay: Relay, dice: random.Random, promises: Promises | None = None, small: bool = False):
        self.relay, self.dice = relay, dice
        self.promises = promises or Promises()
        divide = 3 if small else 1
        counts = [max(1, count // divide) for count in (PUBLISHERS, REPORTERS, CALLERS, DELETERS, READERS)]
        self.publishers, self.reporters, self.callers, self.deleters, self.readers = (
            [relay.member() for _ in range(count)] for count in counts)
        self.target = relay.member()
        self.guests: list[Key] = []
        self.deletable: list[str] = []
        self.number = 0

    # What there is to say

    def note(self, author: Key) -> Callable[[], dict]:
        def make() -> dict:
            self.number += 1
            return author.sign(1, f"note {self.number} " + "x" * self.dice.randrange(400))
        return make

    def report(self, author: Key) -> Callable[[], dict]:
        def make() -> dict:
            # Every other one repeats what was reported before.
            self.number += 1
            return mesh.status_report(author, mesh.serving(token=f"address-{self.number // 2}"))
        return make

    def deletion(self, author: Key) -> Callable[[], dict]:
        def make() -> dict:
            if not self.deletable or self.dice.random() < 0.5:
                event = self.note(author)()
                self.deletable.append(event["id"])
                return event
            return author.sign(5, "", [["e", self.deletable.pop()]])
        return make

    def command(self) -> dict:
        if self.guests and self.dice.random() < 0.5:
            return mesh.command(mesh.REMOVE_MEMBER, self.relay.owner, self.guests.pop())
        self.guests.append(Key())
        return mesh.command(mesh.ADD_MEMBER, self.relay.owner, self.guests[-1])

    # The load

    def participants(self) -> list[Participant]:
        notes = {"kinds": [1], "limit": 0}
        everything = {"kinds": [1, *BY_RELAY_KINDS], "limit": 0}

        def one(key: Key, make, **options) -> Participant:
            return Participant(self.relay.connect(key), self.promises, make, **options)

        def paced(key: Key, make, **options) -> Participant:
            return one(key, make, window=1, pause=PAUSE_SECONDS, **options)

        return [
            *[one(key, None, filters=[notes]) for key in self.readers],
            one(self.target, None, filters=[mesh.calls_to(self.target), everything]),
            *[one(key, self.note(key)) for key in self.publishers],
            *[paced(key, self.report(key), filters=[mesh.DISCOVERY]) for key in self.reporters],
            *[paced(key, lambda key=key: mesh.connect_request(key, self.target), filters=[mesh.calls_to(key)])
              for key in self.callers],
            *[paced(key, self.deletion(key)) for key in self.deleters],
            paced(self.relay.owner, self.command),
        ]

    def until(self, end: Callable[[], None]) -> list[Participant]:
        """Runs the load, calls `end`, which stops or kills the relay, and waits until every client has noticed."""
        participants = self.participants()
        for participant in participants:
            participant.start()
        end()
        for participant in participants:
            participant.join(20)
            assert not participant.is_alive(), "a connection outlived the relay"
            assert not participant.problem, participant.problem
            twice = len(participant.delivered) - len(set(participant.delivered))
            assert not twice, f"{twice} events were delivered twice on one subscription"
        return participants
