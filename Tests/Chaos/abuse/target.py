"""What an attack is told of its target, and how attackers behave in general."""

import itertools
import time
from typing import Callable, Iterator, NamedTuple

from nostr_client import Key

from .peer import Peer

PAUSE_SECONDS = 0.001
# How long an attacker waits that was not let in.
REBUFF_SECONDS = 0.02


class Target(NamedTuple):
    port: int
    # Secret keys of members that turned against the relay.
    members: list[bytes]

    def member(self, index: int = 0) -> Key:
        return Key(self.members[index % len(self.members)])


class Attack(NamedTuple):
    """An attack: its name, what it does, what the relay has to count (one of these), and the attack itself."""

    name: str
    what: str
    counts: tuple[str, ...]
    run: Callable[[Target, float], None]
    # Settings of the relay that make the limit quick enough to be seen.
    settings: dict[str, int] = {}
    # A limit that is switched off for the control, and what for.
    control: dict[str, int] = {}


ATTACKS: dict[str, Attack] = {}


def attack(what: str, *counts: str, settings: dict | None = None, control: dict | None = None):
    """Registers a function as the attack of its name."""
    def register(run: Callable[[Target, float], None]):
        ATTACKS[run.__name__] = Attack(run.__name__, what, counts, run, settings or {}, control or {})
        return run
    return register


def strangers(network: str = "198.51") -> Iterator[str]:
    """Addresses of many different strangers."""
    return (f"{network}.{number // 250 % 250}.{number % 250 + 1}" for number in itertools.count())


def one_address(address: str = "192.0.2.66") -> Iterator[str]:
    return itertools.repeat(address)


def flood(
    target: Target, seconds: float, addresses: Iterator[str], connections: int,
    payload: Callable[[Peer], bytes], reads: bool = True, websocket: bool = True, login: bool = False,
    pause: float = 0.0,
):
    """Keeps that many connections open and pushes the payload into each of them as fast as it is taken; a connection that
    the relay closes is made anew."""
    until = time.monotonic() + seconds
    peers: list[tuple[Peer, bytes] | None] = [None] * connections
    retry_at = [0.0] * connections
    while time.monotonic() < until:
        moved = 0
        for index in range(connections):
            now = time.monotonic()
            if now >= until:
                break
            try:
                if peers[index] is None:
                    if now < retry_at[index]:
                        continue
                    peer = Peer(target.port, next(addresses), websocket)
                    if login:
                        peer.login(target.member(index))
                    peers[index] = (peer, payload(peer))
                peer, data = peers[index]
                moved += peer.push(data)
                if reads:
                    peer.skim()
            except OSError:
                if peers[index]:
                    peers[index][0].close()
                peers[index] = None
                retry_at[index] = now + REBUFF_SECONDS
        if pause or not moved:
            time.sleep(pause or PAUSE_SECONDS)
    for peer in peers:
        if peer:
            peer[0].close()
