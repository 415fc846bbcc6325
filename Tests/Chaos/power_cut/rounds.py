"""A relay's life on such a disk, and then the cuts."""

import random
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path

from nostr_client import Key
from relay_process import Relay, log_entries

from ..checker import Checker
from ..community import Community, Promises
from ..crash_images.oracle import Oracle
from ..crash_images.rehearsal import SETTINGS
from ..disk import WAYS, File, Truncation
from ..recording import MARK, Marker, Record, records
from ..shims import preloaded
from .stage import make, mounted, remembering

KEYS = ["relay.key", "log.key"]


class PowerCut:
    """One file system, one recording, and as many cuts as asked."""

    def __init__(self, filesystem: str, place: Path, seed: int, nosync: bool = False):
        self.filesystem, self.place, self.dice, self.nosync = filesystem, place, random.Random(seed), nosync
        self.empty, self.recording, self.final = place / "empty", place / "recording", place / "final"
        self.found: Counter[str] = Counter()
        self.problems: list[str] = []

    # The life

    def live(self, seconds: float):
        make(self.filesystem, self.empty)
        disk = self.place / "disk"
        subprocess.run(["cp", "--sparse=always", self.empty, disk], check=True)
        marker = Marker(self.recording)
        with remembering(disk, self.recording, self.place / "nbd") as file, mounted(file, self.place / "live") as root:
            self._relay(root / "data", marker, seconds)
            shutil.copytree(root / "data", self.final)
        marker.close()
        log = log_entries(self.final, "--full-keys")
        self.positions = {
            entry["event"]: entry["position"] for entry in log if "event" in entry and entry["type"] != "decision"}

    def _relay(self, data: Path, marker: Marker, seconds: float):
        flags = [flag for setting in SETTINGS for flag in ("--set", setting)]
        environ = preloaded("nosync") if self.nosync else None
        relay = Relay(data, *flags, owner=Key(), environ=environ)
        relay.output = self.place / "relay.stderr"
        with relay:
            community = Community(relay, self.dice, Promises(marker), small=True)
            community.until(lambda: (time.sleep(seconds / 2), relay.process.kill()))
            relay.kill()
            relay.start()
            community.until(lambda: (time.sleep(seconds / 2), relay.process.terminate()))
            relay.process.wait(20)

    # The cuts

    def cut(self, rounds: int):
        """A file system after each of so many cuts, wherever the disk was just then."""
        written = list(records(self.recording))
        counts = Counter(self.dice.randrange(len(written)) for _ in range(rounds))
        checker = Checker()
        self.oracle = Oracle(checker, self.final, {name: (self.final / name).read_bytes() for name in KEYS})
        durable = self.place / "durable"
        subprocess.run(["cp", "--sparse=always", self.empty, durable], check=True)
        pending, required = File(), 0
        with open(durable, "r+b", buffering=0) as disk:
            for index, record in enumerate(written):
                if record.kind == MARK:
                    required = max(required, self.positions[record.name] + 1)
                advance(record, pending, disk)
                for _ in range(counts[index]):
                    self._look(durable, pending, index, required)
        checker.close()

    def _look(self, durable: Path, pending: File, index: int, required: int):
        self.found["rounds"] += 1
        way = WAYS[self.found["rounds"] % len(WAYS)]
        image, root = self.place / "image", self.place / "cut"
        subprocess.run(["cp", "--sparse=always", durable, image], check=True)
        with open(image, "r+b") as disk:
            for operation in pending.surviving(way, self.dice):
                if not isinstance(operation, Truncation):
                    disk.seek(operation.offset)
                    disk.write(operation.payload)
        try:
            with mounted(image, root):
                problem = self._problem(root / "data", required)
        except AssertionError as error:
            problem = f"unmountable: {error}"
        if problem:
            self.found[problem.partition(":")[0]] += 1
            self.problems.append(f"{self.filesystem}, record {index}, {way}: {problem}")

    def _problem(self, data: Path, required: int) -> str | None:
        names = {name: name for name in [*KEYS, "data.mdb"] if (data / name).exists()}
        return self.oracle.problem(data, names, required)


def advance(record: Record, pending: File, disk):
    """Goes on by one request to the disk."""
    if record.kind == "W":
        pending.write(record.offset, record.payload)
    elif record.kind in "SD":
        for operation in pending.take(last=record.kind == "D"):
            disk.seek(operation.offset)
            disk.write(operation.payload)
