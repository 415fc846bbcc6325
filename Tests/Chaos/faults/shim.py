"""Compiles the shims, and tells them what to break."""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

SOURCES = Path(__file__).resolve().parents[1] / "shim"
BUILT = Path(__file__).resolve().parents[3] / ".build" / "chaos"
FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC"]


class Fault(NamedTuple):
    """Of the calls of a kind the n-th, and `count` - 1 after it (0: all), fail with an errno."""

    kind: str
    n: int
    count: int
    code: int
    mode: str = "fail"

    def __str__(self) -> str:
        return f"{self.kind}#{self.n}x{self.count or 'all'} {os.strerror(self.code)} ({self.mode})"


def library(name: str) -> Path:
    """The shim as a shared library, compiled when its source is newer."""
    source, built = SOURCES / f"{name}.c", BUILT / f"{name}.so"
    if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
        BUILT.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=BUILT, suffix=".so", delete=False) as unfinished:
            subprocess.run(["cc", *FLAGS, "-o", unfinished.name, str(source), "-ldl"], check=True)
        os.replace(unfinished.name, built)
    return built


class Disk:
    """The faults of everything below one directory."""

    def __init__(self, directory: Path, control: Path):
        self.directory = directory
        self.control = control

    @property
    def environ(self) -> dict[str, str]:
        """What a process needs that is to see the faults."""
        return {
            "LD_PRELOAD": str(library("faults")), "FAULTS_DIR": str(self.directory), "FAULTS_CONTROL": str(self.control),
        }

    def breaks(self, fault: Fault):
        """From now on; calls are counted from here. A new file each time, so that it is read anew."""
        unfinished = self.control.with_suffix(".new")
        unfinished.write_text(f"{fault.kind} {fault.n} {fault.count} {fault.code} {fault.mode}\n")
        os.replace(unfinished, self.control)
        self.control.with_name(self.control.name + ".count").unlink(missing_ok=True)

    def counts(self, kind: str):
        """Breaks nothing, and counts."""
        self.breaks(Fault(kind, 2**31, 1, 5))

    def heals(self):
        self.control.unlink(missing_ok=True)

    @property
    def seen(self) -> tuple[int, int]:
        """How many calls were counted, and how many failed."""
        try:
            total, failed = self.control.with_name(self.control.name + ".count").read_text().split()
        except (FileNotFoundError, ValueError):
            return 0, 0
        return int(total), int(failed)
