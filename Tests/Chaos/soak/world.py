"""The community of the soak: a fixed pool of keys that come and go, so that what the relay must remember is bounded."""

import random
from collections import Counter, deque

import mesh
from nostr_client import Client, Key
from relay_process import Relay
from websockets.exceptions import ConnectionClosed

# Events of its own that a member remembers, to delete and to ask for.
REMEMBERED = 30
# Latencies of which the percentiles of one sample are made.
LATENCIES = 400


class Person:
    """Somebody who may be a member now, and connected now."""

    def __init__(self, key: Key):
        self.key = key
        self.client: Client | None = None
        self.events: deque[dict] = deque(maxlen=REMEMBERED)


class World:
    def __init__(self, relay: Relay, rng: random.Random, people: int):
        self.relay = relay
        self.rng = rng
        self.owner = Person(relay.owner)
        self.people = [Person(Key(rng.randbytes(32))) for _ in range(people)]
        self.members: list[Person] = []
        self.done: Counter[str] = Counter()
        self.failures: list[str] = []
        self.latencies: deque[float] = deque(maxlen=LATENCIES)
        self.connect(self.owner)

    # People

    @property
    def connected(self) -> list[Person]:
        return [person for person in self.members if person.client]

    @property
    def outsiders(self) -> list[Person]:
        return [person for person in self.people if person not in self.members]

    def someone(self) -> Person | None:
        return self.rng.choice(self.connected) if self.connected else None

    def pair(self) -> tuple[Person, Person] | None:
        return tuple(self.rng.sample(self.connected, 2)) if len(self.connected) > 1 else None

    # Connections

    def connect(self, person: Person):
        client = Client(self.relay.url)
        answer = client.authenticate(person.key)
        assert answer.accepted, f"AUTH was refused: {answer.message}"
        client.subscribe("calls", mesh.calls_to(person.key))
        client.subscribe("nodes", mesh.DISCOVERY)
        person.client = client
        forget(client)

    def disconnect(self, person: Person, politely: bool = True):
        client, person.client = person.client, None
        if not politely:
            client._socket.socket.close()
        client.close()

    def everybody_leaves(self):
        for person in [*self.connected, self.owner]:
            self.disconnect(person)

    def read_everything(self):
        """Takes in what came unasked, so that nobody is a slow reader."""
        for person in [*self.connected, self.owner]:
            forget(person.client)


def forget(client: Client):
    """Reads what has come and keeps none of it."""
    try:
        while True:
            client._socket.recv(timeout=0)
    except TimeoutError:
        pass
    except ConnectionClosed:
        pass
    client.received.clear()
    client._unread.clear()
