"""One attack, measured: pairing, memory, descriptors and counters, before it, during it and afterwards."""

import multiprocessing
import os
import time
from pathlib import Path
from typing import NamedTuple

from nostr_client import Key
from relay_process import Relay

from ..soak.samples import descriptors, memory, metrics
from .attacks import ATTACKS
from .probe import Latencies, Pair, crowd, percentiles
from .target import Attack, Target

POLICY = {
    "requests_per_second": 10_000, "calls_per_target_per_second": 10_000, "commands_per_second": 10_000,
}
# The proxy that the attackers come through is this machine, so that each may have an address of its own.
SETTINGS = {"trusted_proxies": "127.0.0.1", "checkpoint_seconds": 0, **POLICY}
ATTACKERS = 8
STORED_EVENTS = 1_500
# Attackers elsewhere take no processor from the relay: here they stand back for it.
ATTACKER_NICENESS = 19
WARM_UP_SECONDS = 0.5
# How long the members pair by themselves before an attack, at least.
IDLE_SECONDS = 2.0
SETTLE_SECONDS = 5.0
# What one attack may add to the heap at most, with the limits as these runs set them.
HEAP_BYTES = 96 << 20
# What may stay of it: allocators keep what was once needed.
KEPT_BYTES = 48 << 20
DESCRIPTORS = 8
RATIO = 3.0
# Below this a ratio says more about the machine's scheduler than about the relay.
NOISE_SECONDS = 0.025


class Result(NamedTuple):
    name: str
    what: str
    idle: Latencies
    during: Latencies
    heap: tuple[int, int, int]
    descriptors: tuple[int, int, int]
    counters: dict[str, int]
    problems: list[str]

    @property
    def ratio(self) -> float:
        return self.during.p99 / self.idle.p99 if self.idle.p99 else 0.0


def drops(figures: dict[str, float]) -> dict[str, int]:
    prefix = 'ringdown_dropped_total{reason="'
    return {name[len(prefix):-2]: int(value) for name, value in figures.items() if name.startswith(prefix)}


def explained(port: int) -> set[str]:
    prefix = 'ringdown_dropped_reason_info{reason="'
    return {name[len(prefix):].split('"')[0] for name in metrics(port) if name.startswith(prefix)}


def fill(relay: Relay):
    """Events for those who ask for everything."""
    key, client = relay.connected_member()
    events = [key.sign(1, f"{number} " + "x" * 200) for number in range(STORED_EVENTS)]
    for event in events:
        client.send("EVENT", event)
    for event in events:
        assert client.answer(event).accepted
    client.close()


def assault(name: str, target: Target, seconds: float):
    """What the attacker's process does."""
    os.nice(ATTACKER_NICENESS)
    ATTACKS[name].run(target, seconds)


class Watch:
    """The most that memory and descriptors came to."""

    def __init__(self, pid: int):
        self.pid = pid
        self.heap, self.files = self.now()

    def now(self) -> tuple[int, int]:
        return memory(self.pid)["anonymous"], descriptors(self.pid)

    def look(self):
        heap, files = self.now()
        self.heap, self.files = max(self.heap, heap), max(self.files, files)


def measure(attack: Attack, directory: Path, seconds: float, overrides: dict[str, int] | None = None) -> Result:
    settings = {**SETTINGS, **attack.settings, **(overrides or {})}
    flags = [f"--set={name}={value}" for name, value in settings.items()]
    directory.mkdir(parents=True, exist_ok=True)
    with Relay(directory / attack.name, *flags, owner=Key()) as relay:
        pair, attackers = Pair(relay), crowd(relay, ATTACKERS)
        fill(relay)
        pid = relay.process.pid
        before_counts = drops(metrics(relay.port))
        before = Watch(pid).now()
        pair.ring_for(WARM_UP_SECONDS)
        idle = pair.ring_for(IDLE_SECONDS)
        watch = Watch(pid)
        target = Target(relay.port, [key.secret for key in attackers])
        process = multiprocessing.get_context("fork").Process(target=assault, args=(attack.name, target, seconds))
        process.start()
        during = []
        while process.is_alive():
            during += pair.ring_for(0.2, watch.look)
        process.join()
        after = settle(watch, before)
        grown = {name: value - before_counts.get(name, 0) for name, value in drops(metrics(relay.port)).items()}
        grown = {name: value for name, value in sorted(grown.items(), key=lambda item: -item[1]) if value > 0}
        problems = [] if process.exitcode == 0 else [f"the attack itself failed with {process.exitcode}"]
        if unexplained := set(grown) - explained(relay.port):
            problems.append(f"counted and not explained: {sorted(unexplained)}")
        found = Result(
            attack.name, attack.what, percentiles(idle), percentiles(during), (before[0], watch.heap, after[0]),
            (before[1], watch.files, after[1]), grown, problems)
        pair.ring()
    return found._replace(problems=problems + judge(found, attack))


def settle(watch: Watch, before: tuple[int, int]) -> tuple[int, int]:
    deadline = time.monotonic() + SETTLE_SECONDS
    while (now := watch.now())[1] > before[1] + DESCRIPTORS and time.monotonic() < deadline:
        time.sleep(0.1)
    return now


def judge(found: Result, attack: Attack) -> list[str]:
    problems = []
    if attack.counts and not set(attack.counts) & set(found.counters):
        problems.append(f"nothing was counted as {' or '.join(attack.counts)}")
    if found.heap[1] - found.heap[0] > HEAP_BYTES:
        problems.append(f"the heap grew by {(found.heap[1] - found.heap[0]) >> 20} MiB")
    if found.heap[2] - found.heap[0] > KEPT_BYTES:
        problems.append(f"{(found.heap[2] - found.heap[0]) >> 20} MiB of heap stayed")
    if found.descriptors[2] > found.descriptors[0] + DESCRIPTORS:
        problems.append(f"{found.descriptors[2] - found.descriptors[0]} descriptors stayed")
    if found.ratio > RATIO and found.during.p99 > NOISE_SECONDS:
        problems.append(f"pairing p99 was {found.ratio:.1f} x idle")
    if not found.during.count:
        problems.append("nobody was paired")
    return problems
