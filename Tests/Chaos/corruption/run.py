"""Makes one mutation after the other in one copy of the log, and counts what became of each."""

import os
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .checker import Checker
from .mutations import Mutation, mutations
from .sample import Sample
from .verdicts import FAILURES, judge


class Copy:
    """A copy of the sample in which mutations are made and taken back."""

    def __init__(self, sample: Sample, directory: Path):
        self.sample = sample
        self.directory = sample.copy(directory)
        self.file = self.directory / "data.mdb"

    def make(self, mutation: Mutation):
        descriptor = os.open(self.file, os.O_RDWR)
        try:
            for at, new in mutation.patches:
                os.pwrite(descriptor, new, at)
            if mutation.length is not None:
                os.ftruncate(descriptor, mutation.length)
        finally:
            os.close(descriptor)

    def take_back(self, mutation: Mutation):
        data = self.sample.newest
        if mutation.length is not None:
            self.file.write_bytes(data)
            return
        descriptor = os.open(self.file, os.O_RDWR)
        try:
            for at, new in mutation.patches:
                os.pwrite(descriptor, data[at:at + len(new)], at)
        finally:
            os.close(descriptor)


def corrupt(sample: Sample, place: Path, rounds: int, seed: int, *, workers: int = 2, make_checker=Checker,
            seconds: float = float("inf"), progress=lambda done: None):
    """Counts by class, and by kind of mutation and class; and what failed."""
    counts, by_kind, failures = Counter(), Counter(), []
    end = time.monotonic() + seconds

    def work(number: int):
        copy = Copy(sample, place / f"copy{number}")
        checker = make_checker()
        expected = checker.check(copy.directory)
        assert set(expected) == {"told"}, f"the sample does not verify: {expected}"
        for index, mutation in enumerate(mutations(seed, sample.newest, sample.older, rounds)):
            if index % workers != number:
                continue
            if time.monotonic() > end:
                break
            copy.make(mutation)
            verdict, words = judge(checker, copy.directory, expected["told"])
            copy.take_back(mutation)
            counts[verdict] += 1
            by_kind[mutation.name, verdict] += 1
            if verdict in FAILURES:
                failures.append({"kind": mutation.name, "what": mutation.what, "verdict": verdict, "words": words})
            progress(sum(counts.values()))
        checker.stop()

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    return counts, by_kind, failures


def place() -> tempfile.TemporaryDirectory:
    """In memory where there is room for it: every mutation is written and read again."""
    return tempfile.TemporaryDirectory(prefix="corruption-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
