"""What became of a mutation: found, harmless, or a failure."""

import subprocess
from pathlib import Path

from relay_process import binary, environment

HANG_SECONDS = 60
FAILURES = ("SILENT", "DEATH", "HANG")


class Hang(Exception):
    """A reader that does not end."""


class Killed(Exception):
    """A log whose reader died: `ringdown-replay verify` reports that as a finding, from a process of its own."""


def call(name: str, *arguments) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(
            [binary(name), *map(str, arguments)], capture_output=True, timeout=HANG_SECONDS, stdin=subprocess.DEVNULL,
            env=environment(), text=True, errors="replace")
    except subprocess.TimeoutExpired as error:
        raise Hang(f"{name} {arguments[0]}") from error


def says_so(data: Path) -> tuple[str, str]:
    """The program itself on a log that killed its reader: it has to end with a finding and a message."""
    result = call("ringdown-replay", "verify", "--data", data)
    if result.returncode == 1 and "kills its reader" in result.stdout:
        return "found: kills its reader", result.stdout
    if result.returncode in (1, 65, 66) and (result.stdout + result.stderr).strip():
        return "found: by verify in a process of its own", result.stdout + result.stderr
    return "DEATH", f"verify exited with {result.returncode}: {result.stdout}{result.stderr}"


def judge(checker, data: Path, expected: str) -> tuple[str, str]:
    """The class of what happened, and the words for it.

    A log that verifies has to tell readers the same as before: entries, state, events. Anything else is silent damage.
    """
    try:
        found = checker.check(data)
    except Killed:
        return says_so(data)
    except Hang as hang:
        return "HANG", str(hang)
    if "error" in found:
        return "found: cannot be opened or read", found["error"]
    if "aspect" in found:
        return f"found: {found['aspect']}", found["divergence"]
    return ("harmless", "") if found["told"] == expected else ("SILENT", "verified, but readers are told something else")
