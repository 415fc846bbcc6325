"""A machine that fails under the relay: what it says, what it goes on doing, and how it comes back."""

import base64
import errno
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import http_client
import mesh
from nostr_client import Closed, Key
from relay_process import Relay, binary, environment, run, succeed, until
from Tests.Chaos.faults import machine
from Tests.Chaos.faults.live import SAID_ONCE, Broken, Patient, check
from Tests.Chaos.faults.run import Trial
from Tests.Chaos.faults.shim import Fault, library

LIVE, STARTS, COMMANDS = 80, 24, 36
SOON_SECONDS = 15
NO_MOUNTS = machine.mounts()
needs_mounts = pytest.mark.skipif(
    bool(NO_MOUNTS) and not os.environ.get("CI"), reason=f"no file system can be mounted here: {NO_MOUNTS}")


def metric(relay: Relay, name: str) -> float:
    text = http_client.request(relay, "GET", "/metrics").body.decode()
    [line] = [line for line in text.splitlines() if line.split(" ")[0].split("{")[0] == name]
    return float(line.rsplit(" ", 1)[1])


def status(relay: Relay, path: str) -> int:
    return http_client.request(relay, "GET", path).status


class Member:
    """Somebody who writes notes, and knows which were acknowledged."""

    def __init__(self, relay: Relay):
        self.relay = relay
        self.key, self.client = relay.connected_member()
        self.acknowledged: set[str] = set()

    def says(self, text: str = "hello") -> str | None:
        """Publishes; returns why not."""
        event = self.key.sign(1, f"{text} {time.monotonic_ns()}")
        answer = self.client.publish(event)
        if answer.accepted:
            self.acknowledged.add(event["id"])
            return None
        return answer.message

    def is_refused(self):
        answer = self.says()
        assert answer and answer.startswith("error: "), f"answered {answer!r}"

    def can_read(self):
        found = {event["id"] for event in self.client.query({"authors": [self.key.hex], "limit": 500})}
        assert self.acknowledged <= found

    def is_served_in_an_outage(self):
        """Refused what would be logged, by every door, and served all the rest; said once."""
        for _ in range(5):
            self.is_refused()
        self.can_read()
        assert http_client.post(self.relay, "/events", self.key.sign(1, "by HTTP"), self.key).status == 503
        assert http_client.post(self.relay, "/query", [{"kinds": [1]}], self.key).status == 200
        assert (status(self.relay, "/health"), status(self.relay, "/ready")) == (200, 503)
        information = http_client.request(self.relay, "GET", "/info")
        assert information.status == 200 and information.json["name"]
        assert metric(self.relay, "ringdown_log_writable") == 0
        assert self.relay.said().count(SAID_ONCE) == 1, self.relay.said()

    def comes_back(self):
        until(lambda: self.says("back") is None, "the relay does not write again")
        assert metric(self.relay, "ringdown_log_writable") == 1 and status(self.relay, "/ready") == 200
        assert "the log is written again" in self.relay.said()
        self.can_read()


def ends_well(relay: Relay, member: Member):
    assert relay.stop() == 0, relay.said()
    check(relay.data, member.acknowledged)


def relay_on(directory: Path, *settings: str, **options) -> Relay:
    flags = [word for setting in settings for word in ("--set", setting)]
    relay = Relay(directory / "data", *flags, owner=Key(), **options)
    # Beside the disk that is to fail.
    relay.output = directory.with_name(directory.name + ".stderr")
    return relay


# Every n


@pytest.fixture(scope="module")
def trial(tmp_path_factory) -> Trial:
    trial = Trial(tmp_path_factory.mktemp("faults"), 1, lambda _: None)
    trial.live(LIVE)
    return trial


def test_calls_that_fail_under_a_running_relay(trial):
    assert not trial.broken, trial.broken
    assert trial.counts["live: struck"] > LIVE * 0.8 and trial.counts["live: refusals"] > LIVE


def test_calls_that_fail_while_a_relay_starts(trial):
    trial.starts(STARTS)
    assert not trial.broken, trial.broken
    # Most faults at a start end it; whether some strike what a relay can do without is chance.
    assert trial.counts["start: ended"]


def test_calls_that_fail_under_commands(trial):
    trial.commands(COMMANDS)
    assert not trial.broken, trial.broken
    assert sum(count for name, count in trial.counts.items() if name.endswith(": refused")) > COMMANDS / 4


def test_control_a_disk_that_lies_is_noticed(tmp_path):
    """It says that everything was written, and wrote nothing: what was acknowledged is not there, and that is found."""
    patient = Patient(tmp_path)
    patient.disk.breaks(Fault("write", 1, 0, errno.EIO, "lie"))
    with pytest.raises((Broken, AssertionError, Closed)):
        for _ in range(3):
            patient.publish(patient.caller, patient.note())
        patient.relay.kill()
        check(patient.relay.data, set(patient.acknowledged))
    if patient.relay.process:
        patient.relay.kill()


def test_control_an_acknowledged_event_that_is_missing_is_noticed(trial):
    with pytest.raises(Broken, match="missing"):
        check(trial.settled.data, trial.settled.acknowledged | {Key().hex})


# Full disks


@needs_mounts
def test_a_disk_that_gets_low_is_left_alone(tmp_path):
    with machine.small_disk(tmp_path / "disk", 48) as disk:
        with relay_on(disk, f"disk_reserve_bytes={8 << 20}") as relay:
            member = Member(relay)
            assert member.says() is None
            ballast = machine.fill(disk, leave=4 << 20)
            member.is_served_in_an_outage()
            assert "disk_reserve_bytes" in relay.said()
            assert metric(relay, "ringdown_disk_free_bytes") < 8 << 20
            ballast.unlink()
            member.comes_back()
            ends_well(relay, member)


@needs_mounts
def test_a_disk_that_is_really_full(tmp_path):
    with machine.small_disk(tmp_path / "disk", 16) as disk:
        with relay_on(disk, "disk_reserve_bytes=0", "maximum_message_bytes=65536") as relay:
            member = Member(relay)
            ballast = machine.fill(disk, leave=1 << 18)
            until(lambda: member.says("x" * 30_000) is not None, "the disk does not get full")
            member.is_served_in_an_outage()
            assert "whether the disk is full" in relay.said() or "No space left" in relay.said()
            ballast.unlink()
            member.comes_back()
            ends_well(relay, member)


@needs_mounts
def test_a_new_relay_does_not_start_on_a_full_disk_and_says_why(tmp_path):
    with machine.small_disk(tmp_path / "disk", 16) as disk:
        relay = relay_on(disk, "disk_reserve_bytes=0")
        ballast = machine.fill(disk)
        relay.launch()
        # A file of LMDB that has no room for a page kills who touches the page.
        assert relay.process.wait(SOON_SECONDS) in (73, 74)
        relay.kill()
        assert re.search("No space left|disk is full", relay.said()), relay.said()
        ballast.unlink()
        with relay:
            ends_well(relay, Member(relay))


@needs_mounts
def test_commands_on_a_full_disk_leave_nothing_half_done(tmp_path):
    relay = relay_on(tmp_path)
    with relay:
        member = Member(relay)
        for _ in range(20):
            member.says("x" * 5_000)
        assert relay.stop() == 0
    with machine.small_disk(tmp_path / "disk", 1) as disk:
        machine.fill(disk, leave=1 << 16)
        backup = run("ringdown-relay", "backup", "--data", relay.data, "--to", disk / "backup")
        assert backup.returncode == 73 and re.search("No space left|disk is full", backup.stderr), backup
        assert not (disk / "backup" / "data.mdb").exists()
        machine.fill(disk)
        tiles = run("ringdown-relay", "export", "--data", relay.data, "--tiles", disk / "tiles")
        assert tiles.returncode != 0 and tiles.stderr, tiles
        with open(disk / "events.jsonl", "wb") as out:
            export = subprocess.run(
                [binary("ringdown-relay"), "export", "--data", relay.data], stdout=out,
                stderr=subprocess.PIPE, text=True)
        assert export.returncode != 0 and export.stderr, export
    check(relay.data, member.acknowledged)


# The directory


def test_a_directory_that_vanishes_and_comes_back(tmp_path):
    with relay_on(tmp_path) as relay:
        member = Member(relay)
        assert member.says() is None
        relay.data.rename(tmp_path / "elsewhere")
        member.is_served_in_an_outage()
        (tmp_path / "elsewhere").rename(relay.data)
        member.comes_back()
        ends_well(relay, member)


def test_a_log_that_was_replaced_ends_the_relay(tmp_path):
    with relay_on(tmp_path) as relay:
        member = Member(relay)
        file = relay.data / "data.mdb"
        copy = relay.data / "copy"
        shutil.copy(file, copy)
        copy.rename(file)
        member.is_refused()
        assert relay.process.wait(SOON_SECONDS) == 75
        relay.kill()
        assert "was replaced" in relay.said() and "start the relay again" in relay.said()
        relay.start()
        ends_well(relay, member)


@needs_mounts
@pytest.mark.skipif(not shutil.which("mkfs.ext4"), reason="there is no mkfs.ext4")
def test_a_file_system_that_turns_read_only(tmp_path):
    """As ext4 does by itself after an error."""
    with machine.small_ext4(tmp_path / "disk", tmp_path / "image", 64) as disk:
        with relay_on(disk, "disk_reserve_bytes=0") as relay:
            member = Member(relay)
            assert member.says() is None
            time.sleep(0.2)
            subprocess.run(["sync", "-f", str(disk)], check=True)
            subprocess.run(["mount", "-o", "remount,abort", str(disk)], check=False, capture_output=True)
            member.is_served_in_an_outage()
            assert relay.stop() == 0


def test_a_page_that_cannot_be_read_ends_the_relay_with_a_message(tmp_path):
    with relay_on(tmp_path) as relay:
        member = Member(relay)
        for _ in range(30):
            member.says("x" * 20_000)
        os.truncate(relay.data / "data.mdb", 3 * 4096)
        with pytest.raises((Closed, AssertionError)):
            while True:
                member.can_read()
                member.says()
        assert relay.process.wait(SOON_SECONDS) in (73, 74)
        relay.kill()
        assert "verify" in relay.said() or "could not" in relay.said()


# Limits of the process


def limited(relay: Relay, **limits: int):
    """Limits of a running process: RLIMIT_NAME=value."""
    for name, value in limits.items():
        number = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.prlimit(relay.process.pid, number)
        resource.prlimit(relay.process.pid, number, (value, hard))


def test_a_limit_of_a_files_size(tmp_path):
    with relay_on(tmp_path) as relay:
        member = Member(relay)
        limited(relay, FSIZE=(relay.data / "data.mdb").stat().st_size)
        until(lambda: member.says("x" * 30_000) is not None, "the limit is not felt")
        member.is_served_in_an_outage()
        limited(relay, FSIZE=resource.RLIM_INFINITY)
        member.comes_back()
        ends_well(relay, member)


def test_no_room_for_a_larger_map(tmp_path):
    with relay_on(tmp_path, f"initial_map_bytes={6 << 20}", "threads=1") as relay:
        member = Member(relay)
        size = int(Path(f"/proc/{relay.process.pid}/statm").read_text().split()[0]) * 4096
        limited(relay, AS=size + (5 << 20))
        until(lambda: member.says(base64.b64encode(os.urandom(45_000)).decode()) is not None, "the limit is not felt")
        # What is small may still fit.
        member.can_read()
        assert "initial_map_bytes" in relay.said()
        limited(relay, AS=resource.RLIM_INFINITY)
        member.comes_back()
        ends_well(relay, member)


def test_too_little_address_space_to_start(tmp_path):
    command = f"ulimit -v 400000; exec {binary('ringdown-relay')} run --data {tmp_path / 'data'} --listen 127.0.0.1:0"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30, env=environment())
    assert result.returncode == 73 and "initial_map_bytes" in result.stderr, result


def test_no_more_descriptors(tmp_path):
    with relay_on(tmp_path) as relay:
        member = Member(relay)
        open_now = len(os.listdir(f"/proc/{relay.process.pid}/fd"))
        limited(relay, NOFILE=open_now + 8)
        strangers = [socket.create_connection(("127.0.0.1", relay.port)) for _ in range(40)]
        time.sleep(0.3)
        used = cpu_seconds(relay)
        for _ in range(10):
            assert member.says() is None
            time.sleep(0.05)
        member.can_read()
        assert cpu_seconds(relay) - used < 0.4, "the relay spins"
        for stranger in strangers:
            stranger.close()
        until(lambda: can_connect(relay), "nobody comes in any more")
        limited(relay, NOFILE=1024)
        ends_well(relay, member)


def can_connect(relay: Relay) -> bool:
    try:
        return status(relay, "/health") == 200
    except OSError:
        return False


def cpu_seconds(relay: Relay) -> float:
    fields = Path(f"/proc/{relay.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# Clocks


def jumping(tmp_path: Path) -> tuple[Relay, Path]:
    offset = tmp_path / "offset"
    offset.write_text("0")
    return relay_on(tmp_path, environ={"LD_PRELOAD": str(library("clock")), "CLOCK_OFFSET": str(offset)}), offset


def times(relay: Relay) -> list[int]:
    lines = succeed("ringdown-relay", "export", "--entries", "--data", relay.data).splitlines()
    leaves = [base64.b64decode(json.loads(line)["leaf"]) for line in lines]
    return [int.from_bytes(leaf[16:24], "big") for leaf in leaves]


@pytest.mark.parametrize("seconds, word", [(86_400, "jumped forward"), (-86_400, "jumped back")])
def test_a_clock_that_jumps(tmp_path, seconds, word):
    relay, offset = jumping(tmp_path)
    with relay:
        member = Member(relay)
        assert member.says() is None
        offset.write_text(str(seconds))
        for _ in range(3):
            assert member.says() is None
        assert relay.said().count(word) == 1, relay.said()
        assert metric(relay, "ringdown_clock_jumps_total") == 1
        offset.write_text("0")
        member.says()
        # Forward and back again: the log stands still, and says so.
        if seconds > 0:
            assert "ahead of the clock" in relay.said()
            assert metric(relay, "ringdown_log_ahead_of_clock_seconds") > seconds - 60
        written = times(relay)
        assert written == sorted(written)
        ends_well(relay, member)


def test_after_a_jump_far_ahead_what_is_new_is_refused_as_old_until_the_clock_catches_up(tmp_path):
    relay, offset = jumping(tmp_path)
    with relay:
        requester, client = relay.connected_member()
        target, called = relay.connected_member()
        called.subscribe("calls", mesh.calls_to(target))
        member = Member(relay)
        offset.write_text("86400")
        assert member.says() is None
        offset.write_text("0")
        answer = client.publish(mesh.connect_request(requester, target))
        assert not answer.accepted and answer.message.startswith("invalid:"), answer
        offset.write_text("86460")
        answer = client.publish(mesh.connect_request(requester, target, created_at=int(time.time()) + 86460))
        assert answer.accepted, answer
        called.next_event("calls")
        ends_well(relay, member)
