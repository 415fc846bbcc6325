"""Goes through a recording, cuts the power as often as asked, and looks at what is left."""

import random
import re
import shutil
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from nostr_client import Key
from relay_process import Relay

from ..checker import Checker
from ..disk import DIRECTORY, WAYS, Disk
from ..recording import MARK, records
from .oracle import Oracle
from .rehearsal import Rehearsal

# Of the images, one in so many is verified with its signatures, and one in so many a relay is started on.
THOROUGH_EVERY, START_EVERY = 50, 250
# The first start writes little: without a share of its own it would hardly be met.
BEGINNING_SHARE, BEGINNING_START_EVERY = 0.1, 20


# An event as it stands in the log; its packed form keeps the content as it is.
LIVE_TEXT = b"note "


def damage(path: Path, dice: random.Random):
    """Changes one byte of an event that is in the log."""
    content = bytearray(path.read_bytes()) if path.exists() else bytearray()
    places = [found.start() for found in re.finditer(LIVE_TEXT, content)]
    if places:
        content[dice.choice(places)] ^= 1
        path.write_bytes(content)


class Cuts:
    """One worker's share of the images."""

    def __init__(self, rehearsal: Rehearsal, place: Path, seed: int, control: str | None = None):
        self.rehearsal, self.place, self.control = rehearsal, place, control
        self.dice = random.Random(seed)
        self.records = list(records(rehearsal.recording))
        self.found: Counter[str] = Counter()
        self.problems: list[str] = []

    def run(self, images: int):
        counts = self._choose(images)
        checker = Checker()
        disk, required = Disk(), 0
        oracle = Oracle(checker, self.rehearsal.data, self._finals(), believing=self.control == "unchecked")
        for index, record in enumerate(self.records):
            if record.kind == MARK:
                required = max(required, self.rehearsal.positions[record.name] + 1)
            disk.apply(record, honest=self.control != "nosync")
            for _ in range(counts[index]):
                self._look(disk, oracle, index, required)
        checker.close()

    def _choose(self, images: int) -> Counter[int]:
        beginning = next(index for index, record in enumerate(self.records) if record.kind == MARK)
        counts: Counter[int] = Counter()
        for _ in range(images):
            end = beginning if self.dice.random() < BEGINNING_SHARE else len(self.records)
            counts[self.dice.randrange(end)] += 1
        self.beginning = beginning
        return counts

    def _finals(self) -> dict[int, bytes]:
        """What each file became: by its number, which a later one can have again only with the same name."""
        disk = Disk()
        finals: dict[int, bytes] = {}
        for record in self.records:
            disk.apply(record)
            if record.kind in "SRL":
                finals.update({
                    inode: disk.file(inode).complete() for name, inode in disk.names.items()
                    if inode != DIRECTORY and not name.endswith(".mdb")})
        return finals

    def _look(self, disk: Disk, oracle: Oracle, index: int, required: int):
        self.found["images"] += 1
        number = self.found["images"]
        way = WAYS[number % len(WAYS)]
        names, files = disk.after_cut(way, self.dice)
        image = self.place / f"image-{number}"
        for name, content in files.items():
            (image / name).parent.mkdir(parents=True, exist_ok=True)
            (image / name).write_bytes(content)
        image.mkdir(parents=True, exist_ok=True)
        if self.control in ("damaged", "unchecked"):
            damage(image / "data.mdb", self.dice)
        problem = oracle.problem(image, names, required, thorough=number % THOROUGH_EVERY == 0)
        every = BEGINNING_START_EVERY if index < self.beginning else START_EVERY
        if not problem and not self.control and number % every == 0:
            problem = self._start(image, oracle, required)
        if problem:
            self.found[problem.partition(":")[0]] += 1
            self.problems.append(f"record {index} ({self.records[index].kind}), {way}: {problem}")
        shutil.rmtree(image)

    def _start(self, image: Path, oracle: Oracle, required: int) -> str | None:
        """The relay goes on from there."""
        self.found["started on"] += 1
        for path in image.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        relay = Relay(image, owner=Key(self.rehearsal.owner_secret))
        try:
            relay.start().member()
            relay.stop()
        except AssertionError as error:
            return f"stuck: {error}"
        finally:
            relay.output.unlink(missing_ok=True)
        found = oracle.checker.ask("check", image)
        return f"corrupt after a start: {found['problem']}" if "problem" in found else (
            f"lost by a start: {found['size']} entries, {required} were promised" if found["size"] < required else None)


def work(rehearsal: Rehearsal, place: Path, seed: int, images: int, control: str | None) -> tuple[Counter, list[str]]:
    cuts = Cuts(rehearsal, place / f"worker-{seed}", seed, control)
    cuts.run(images)
    return cuts.found, cuts.problems


def cut(rehearsal: Rehearsal, place: Path, seed: int, images: int, jobs: int = 1, control: str | None = None):
    """All images; returns what was counted, and each problem in words."""
    found: Counter[str] = Counter()
    problems: list[str] = []
    with ProcessPoolExecutor(jobs) as pool:
        shares = [images // jobs + (job < images % jobs) for job in range(jobs)]
        for counts, words in pool.map(
                work, *zip(*((rehearsal, place, seed * 1000 + job, share, control) for job, share in enumerate(shares)))):
            found += counts
            problems += words
    return found, problems
