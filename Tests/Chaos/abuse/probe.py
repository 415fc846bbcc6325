"""A pair of members that pairs all the time: how long it takes until both ends were rung."""

import time
from typing import NamedTuple

import mesh
from nostr_client import Closed, Key
from relay_process import Relay

# Pairings a second: few enough to be no load, enough for a p99.
RATE = 40
RING_SECONDS = 15


class Latencies(NamedTuple):
    count: int
    p50: float
    p99: float


def percentiles(values: list[float]) -> Latencies:
    ordered = sorted(values)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0

    return Latencies(len(ordered), at(0.50), at(0.99))


class Pair:
    """Two members with a connection each, both listening for calls."""

    def __init__(self, relay: Relay):
        self.keys = [relay.member(), relay.member()]
        self.clients = [relay.connect(key) for key in self.keys]
        for key, client in zip(self.keys, self.clients):
            client.subscribe("calls", mesh.calls_to(key))

    def ring(self) -> float:
        request = mesh.connect_request(self.keys[0], self.keys[1])
        begun = time.monotonic()
        self.clients[0].send("EVENT", request)
        for client in self.clients:
            client.next_event("calls", RING_SECONDS)
        took = time.monotonic() - begun
        assert self.clients[0].answer(request).accepted
        for client in self.clients:
            client.received.clear()
        return took

    def ring_for(self, seconds: float, between=lambda: None) -> list[float]:
        """Rings at a steady pace; `between` is called after each call."""
        until, found = time.monotonic() + seconds, []
        while (begun := time.monotonic()) < until:
            try:
                found.append(self.ring())
            except Closed as error:
                raise AssertionError(f"a member lost its connection: {error}") from None
            between()
            time.sleep(max(0.0, 1 / RATE - (time.monotonic() - begun)))
        return found


def crowd(relay: Relay, count: int) -> list[Key]:
    """More members, who will turn against the relay."""
    return [relay.member() for _ in range(count)]
