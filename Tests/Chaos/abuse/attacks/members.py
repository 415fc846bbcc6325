"""What members can do that turned against the relay."""

import time

from nostr_client import Key

from ..peer import Peer, frame, message
from ..target import Target, attack, flood, strangers
from .strangers import bad

BULK = 3_000


@attack("a member's events whose signatures are bad", "too_many_faults", "invalid_event",
        control={"maximum_faults": 1_000_000})
def bad_signatures(target: Target, seconds: float):
    chunk = b"".join(message("EVENT", bad(Key().sign(1, f"{number}"))) for number in range(40))
    flood(target, seconds, strangers(), 4, lambda _: chunk, login=True)


@attack("questions for everything, one upon the other, whose answers are read")
def req_storm(target: Target, seconds: float):
    chunk = b"".join(message("REQ", f"s{number % 32}", {}, {"kinds": [1]}) for number in range(64))
    flood(target, seconds, strangers(), 4, lambda _: chunk, login=True)


@attack("questions for everything whose answers are never read")
def slow_readers(target: Target, seconds: float):
    chunk = b"".join(message("REQ", f"s{number % 32}", {}) for number in range(64))
    flood(target, seconds, strangers(), 16, lambda _: chunk, reads=False, login=True)


@attack("readers of live events that never read, while a member publishes", "slow_reader",
        settings={"maximum_backlog_bytes": 65_536 * 8},
        control={"maximum_backlog_bytes": 1 << 30, "maximum_total_backlog_bytes": 1 << 40})
def live_slow_readers(target: Target, seconds: float):
    readers = [Peer(target.port, address).login(target.member(index)) for index, address in zip(range(12), strangers())]
    for reader in readers:
        reader.push(message("REQ", "live", {"kinds": [20_001], "limit": 0}))
    writer, key = Peer(target.port, "192.0.2.1").login(target.member()), target.member()
    until, number = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        number += 1
        writer.socket.settimeout(2)
        try:
            writer.socket.sendall(message("EVENT", key.sign(20_001, f"{number} " + "x" * 50_000)))
            writer.socket.setblocking(False)
            writer.skim()
        except OSError:
            break
        time.sleep(0.002)
    for peer in [*readers, writer]:
        peer.close()


@attack("subscriptions are opened and closed without end", "too_many_subscriptions")
def subscription_churn(target: Target, seconds: float):
    chunk = b"".join(message("REQ", f"{number}", {"kinds": [1], "limit": 1}) for number in range(80))
    chunk += b"".join(message("CLOSE", f"{number}") for number in range(80))
    flood(target, seconds, strangers(), 6, lambda _: chunk, login=True)


@attack("filters with as many values as a message holds", "too_many_filters", "unreadable_message")
def giant_filters(target: Target, seconds: float):
    keys = [Key().hex for _ in range(900)]
    wanted = {"authors": keys, "kinds": list(range(900))}
    chunk = message("REQ", "a", wanted, wanted) + message("REQ", "b", *[{"kinds": [1]}] * 99)
    flood(target, seconds, strangers(), 4, lambda _: chunk, login=True)


@attack("counts of everything, one upon the other")
def count_storm(target: Target, seconds: float):
    flood(target, seconds, strangers(), 8, lambda _: message("COUNT", "c", {}, {"kinds": [1]}) * 20, login=True)


@attack("reconciliations of everything, more than are allowed at once", "too_many_reconciliations")
def negentropy_storm(target: Target, seconds: float):
    chunk = b"".join(message("NEG-OPEN", f"n{number}", {}, "6100000200") for number in range(12))
    flood(target, seconds, strangers(), 4, lambda _: chunk, login=True)


@attack("a member publishes faster than it may", "event_rate", settings={"events_per_second": 20, "event_burst": 1_600})
def event_flood(target: Target, seconds: float):
    def events(_: Peer) -> bytes:
        return b"".join(message("EVENT", target.member().sign(20_001, f"{number}")) for number in range(200))
    flood(target, seconds, strangers(), 4, events, login=True)


@attack("the same event over and over")
def repeated_event(target: Target, seconds: float):
    chunk = message("EVENT", target.member().sign(1, "again")) * 40
    flood(target, seconds, strangers(), 4, lambda _: chunk, login=True)


@attack("texts that are nested as deep as a message holds", "unreadable_message", "too_many_faults")
def nested_texts(target: Target, seconds: float):
    flood(target, seconds, strangers(), 4, lambda _: frame(b"[" * 100_000), login=True)
