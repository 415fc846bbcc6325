"""A disk that fails while a relay starts, and under the commands that work on a log without one."""

import errno
import shutil
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from relay_process import COMMAND_SECONDS, Relay, binary, environment, listens, run

from .live import check, demand
from .shim import Disk, Fault

START_SECONDS = 30


class Settled(NamedTuple):
    """A log that is as it should be, and what was acknowledged in it."""

    data: Path
    acknowledged: set[str]


def launch(disk: Disk, data: Path) -> str:
    """Starts a relay on the failing disk. It serves, or it ends with a reason: `served` or `ended`."""
    relay = Relay(data, "--set", "disk_reserve_bytes=0", environ=disk.environ)
    relay.launch()
    deadline = time.monotonic() + START_SECONDS
    while relay.process.poll() is None and not listens(relay.port):
        demand(time.monotonic() < deadline, "the relay neither serves nor ends")
        time.sleep(0.02)
    code = relay.process.poll()
    if code is None:
        disk.heals()
        code = relay.stop()
        if code == 0:
            return "served"
        # It listened for members already, and not yet for the operator.
    else:
        relay.kill()
    demand(0 < code < 128, f"the relay died with {code}: {relay.said()[-300:]}")
    demand("ringdown-relay:" in relay.said(), "the relay ended without a reason")
    return "ended"


def start(settled: Settled, work: Path, fault: Fault) -> str:
    """One case: the relay is started on a copy of the log while the fault strikes, and once more without it."""
    data = work / "data"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(settled.data, data, ignore=shutil.ignore_patterns("*.sock"))
    disk = Disk(data, work / "control")
    disk.breaks(fault)
    outcome = launch(disk, data)
    _, failed = disk.seen
    disk.heals()
    demand(launch(disk, data) == "served", "the next start fails")
    check(data, settled.acknowledged)
    return outcome if failed else "untouched"


class Command(NamedTuple):
    """A command of ours, with the directory that is on the failing disk."""

    program: str
    words: tuple
    # Whether what it makes, if it made anything, is a whole log.
    makes_log: bool = False


def commands(data: Path, out: Path, key: str) -> list[Command]:
    return [
        Command("ringdown-relay", ("backup", "--data", data, "--to", out / "backup"), makes_log=True),
        Command("ringdown-relay", ("export", "--data", data)),
        Command("ringdown-relay", ("archive", "--data", data, "--before", "-1s")),
        Command("ringdown-relay", ("erase", "--data", data, "--pubkey", key)),
        Command("ringdown-relay", ("import", "--data", data, out / "events.jsonl")),
        Command("ringdown-replay", ("verify", "--data", data)),
    ]


def carry_out(command: Command, disk: Disk) -> tuple[int, str]:
    result = subprocess.run(
        [binary(command.program), *map(str, command.words)], capture_output=True, text=True,
        timeout=COMMAND_SECONDS, stdin=subprocess.DEVNULL, env=environment(disk.environ))
    # What verify finds is its result, not a complaint.
    return result.returncode, result.stderr or result.stdout


def command(settled: Settled, work: Path, index: int, fault: Fault | None, key: str, events: str) -> tuple[str, int]:
    """One case: the command runs on a copy of the log while the fault strikes. Returns what became of it, and how many
    calls there were."""
    data, out = work / "disk" / "data", work / "disk" / "out"
    shutil.rmtree(work, ignore_errors=True)
    out.mkdir(parents=True)
    shutil.copytree(settled.data, data, ignore=shutil.ignore_patterns("*.sock"))
    (out / "events.jsonl").write_text(events)
    disk = Disk(work / "disk", work / "control")
    chosen = commands(data, out, key)[index]
    disk.breaks(fault or Fault("any", 2**31, 1, errno.EIO))
    code, said = carry_out(chosen, disk)
    total, failed = disk.seen
    disk.heals()
    demand(0 <= code < 128, f"{chosen.words[0]} died with {code}: {said[-300:]}")
    demand(code == 0 or bool(said.strip()), f"{chosen.words[0]} failed with {code} and no reason")
    verdict = run("ringdown-replay", "verify", "--data", data)
    demand(verdict.returncode == 0, f"verify after {chosen.words[0]}: {verdict.stdout[-300:]} {verdict.stderr[-300:]}")
    if chosen.makes_log and (out / "backup" / "data.mdb").exists():
        check(out / "backup", settled.acknowledged)
    elif chosen.makes_log:
        demand(code != 0, "backup says that it worked, and there is no backup")
    return ("untouched" if not failed else "carried out" if code == 0 else "refused"), total
