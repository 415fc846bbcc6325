"""Every n, one after the other, in an order that a seed shuffles."""

import errno
import itertools
import random
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Callable, Iterator

from nostr_client import Closed, Refused
from relay_process import run as run_command

from .live import Patient
from .shim import Fault
from .starting import Settled, command, commands, start

CODES = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS)
FAILURES = (AssertionError, Closed, Refused, OSError, subprocess.SubprocessError)
# Cases on one relay before it is stopped and everything looked through.
CASES_A_RELAY = 40
# Calls beyond those that were counted: sessions differ by a few.
BEYOND = 3
# Of a kind, at a start or under a command, the first so many calls are broken.
MOST_CALLS = 60


def live_faults(patient: Patient) -> list[Fault]:
    """Each write and each sync of a session, broken once, for a while, and until somebody repairs the disk."""
    faults = []
    for kind, modes in (("write", ("fail", "short")), ("sync", ("fail",))):
        patient.disk.counts(kind)
        patient.session()
        total, _ = patient.disk.seen
        numbers = range(1, total + BEYOND + 1)
        faults += [Fault(kind, n, count, code, mode) for n, count, code, mode in itertools.product(
            numbers, (1, 3, 0), CODES, modes)]
    patient.disk.heals()
    return faults


def start_faults() -> list[Fault]:
    kinds = {"write": 9, "sync": 2, "open": 12, "truncate": 2, "map": 3, "read": 6}
    return [Fault(kind, n, count, code) for kind, most in kinds.items() for n, count, code in itertools.product(
        range(1, most + 1), (1, 0), (errno.EIO, errno.ENOSPC))]


class Trial:
    """A run: its counts by outcome, and what did not hold."""

    def __init__(self, directory: Path, seed: int, tell: Callable[[str], None]):
        self.directory = directory
        self.dice = random.Random(seed)
        self.tell = tell
        self.counts: Counter[str] = Counter()
        self.broken: list[str] = []
        self.settled: Settled | None = None

    def note(self, what: str, fault: Fault | None, error: BaseException):
        self.broken.append(f"{what} {fault}: {error!r}")
        self.tell(self.broken[-1])

    def live(self, number: int):
        """Faults in the middle of the work of a relay, which lives through them."""
        faults: Iterator[Fault] | None = None
        done = 0
        while done < number:
            patient = Patient(self.directory / f"live-{done}")
            try:
                if faults is None:
                    every = live_faults(patient)
                    self.dice.shuffle(every)
                    faults = itertools.cycle(every)
                for _ in range(min(CASES_A_RELAY, number - done)):
                    fault = next(faults)
                    done += 1
                    failed = patient.suffers(fault)
                    self.counts["live: struck" if failed else "live: untouched"] += 1
                patient.ends()
            except FAILURES as error:
                self.note("live", fault, error)
            finally:
                if patient.relay.process:
                    patient.relay.kill()
            self.counts["live: refusals"] += patient.refusals
            self.counts["live: acknowledged"] += len(patient.acknowledged)
            self.counts["live: restarts"] += patient.restarts
            self.keep(patient)
            self.tell(f"live {done}/{number}")

    def keep(self, patient: Patient):
        """The first log is what the other cases begin with."""
        if self.settled:
            shutil.rmtree(patient.relay.data.parent, ignore_errors=True)
            return
        self.settled = Settled(patient.relay.data, set(patient.acknowledged))
        self.key = patient.target.hex
        exported = run_command("ringdown-relay", "export", "--data", patient.relay.data)
        self.events = exported.stdout

    def starts(self, number: int):
        faults = start_faults()
        self.dice.shuffle(faults)
        for done, fault in enumerate(itertools.islice(itertools.cycle(faults), number), 1):
            try:
                self.counts["start: " + start(self.settled, self.directory / "start", fault)] += 1
            except FAILURES as error:
                self.note("start", fault, error)
            if done % 20 == 0:
                self.tell(f"starts {done}/{number}")

    def commands(self, number: int):
        """Offline commands; of each every call that it makes."""
        faults = []
        for index in range(len(commands(Path(), Path(), ""))):
            _, total = command(self.settled, self.directory / "command", index, None, self.key, self.events)
            numbers = sorted(self.dice.sample(range(1, total + 1), min(total, MOST_CALLS)))
            faults += [(index, Fault("any", n, count, code)) for n, count, code in itertools.product(
                numbers, (1, 0), (errno.EIO, errno.ENOSPC))]
        self.dice.shuffle(faults)
        for done, (index, fault) in enumerate(itertools.islice(itertools.cycle(faults), number), 1):
            name = commands(Path(), Path(), "")[index].words[0]
            try:
                outcome, _ = command(self.settled, self.directory / "command", index, fault, self.key, self.events)
                self.counts[f"{name}: {outcome}"] += 1
            except FAILURES as error:
                self.note(name, fault, error)
            if done % 20 == 0:
                self.tell(f"commands {done}/{number}")
