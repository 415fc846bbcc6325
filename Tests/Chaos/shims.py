"""Libraries that are loaded into the relay before it starts: compiled when they are asked for, into .build/chaos."""

import os
import subprocess
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / "shim"
BUILT = SOURCES.parents[2] / ".build" / "chaos"
FLAGS = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]


def shim(name: str) -> Path:
    """The library of `shim/NAME.c`, compiled anew if it is older than its source."""
    source, library = SOURCES / f"{name}.c", BUILT / f"{name}.so"
    if library.exists() and library.stat().st_mtime > source.stat().st_mtime:
        return library
    BUILT.mkdir(parents=True, exist_ok=True)
    unfinished = library.with_suffix(f".{os.getpid()}")
    subprocess.run(["cc", *FLAGS, "-o", unfinished, source, "-ldl", "-pthread"], check=True)
    unfinished.rename(library)
    return library


def preloaded(*names: str, **variables: str) -> dict:
    """The environment of a process with these shims, the first of which sees calls first."""
    return {"LD_PRELOAD": ":".join(str(shim(name)) for name in names), **variables}
