"""Old entries leave the log for files: beside a running relay and without one, read again, taken away, brought back."""

import json
import shutil
import subprocess
import time

import pytest

import mesh
from nostr_client import Key
from relay_process import binary, environment, log_entries, run, succeed

# A kill comes so much later than the one before.
KILL_STEP_SECONDS = 0.004

# Requests count for the state for some seconds, notes for longer: settings under which that is short enough for a test.
FAST = (
    "--set", "staleness_seconds=1", "--set", "note_lifetime_seconds=2", "--set", "request_freshness_seconds=2",
    "--set", "command_freshness_seconds=2", "--set", "snapshot_interval=100")


def archive(relay, *arguments) -> dict:
    result = run("ringdown-relay", "archive", "--data", relay.data, "--before", "-0s", "--json", *arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def verify(relay, *arguments) -> dict:
    result = run("ringdown-replay", "verify", "--data", relay.data, "--json", *arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout)


@pytest.fixture
def aged(make_relay):
    """A relay with a call and some hundred events behind it, all old enough."""
    relay = make_relay(*FAST, owner=Key()).start()
    relay.requester, relay.requesting = relay.connected_member()
    relay.target, relay.answering = relay.connected_member()
    for key, client in ((relay.requester, relay.requesting), (relay.target, relay.answering)):
        assert client.subscribe("calls", mesh.calls_to(key)) == []
    relay.old_call = pair(relay)
    relay.notes = []
    for number in range(700):
        event = relay.requester.sign(1 if number % 2 else 20_001, f"note {number}")
        assert relay.requesting.publish(event).accepted
        relay.notes.append(event)
    time.sleep(7)
    return relay


def pair(relay) -> str:
    request = mesh.connect_request(relay.requester, relay.target)
    assert relay.requesting.publish(request).accepted
    return request["id"]


def position(relay, event: str) -> int:
    lines = log_entries(relay.data, "--kind", "24621")
    return next(line["seq"] for line in lines if event in json.dumps(line))


def test_beside_a_running_relay_that_goes_on(aged):
    before = verify(aged)
    assert archive(aged, "--dry-run")["removed"] == 0
    done = archive(aged)
    assert done["entries"] >= 256 and done["removed"] > 100 and not done["compacted"], done
    # What queries find is still found, what came before is known, and calls go through.
    found = aged.requesting.query({"ids": [aged.notes[1]["id"]]})
    assert [event["id"] for event in found] == [aged.notes[1]["id"]]
    assert aged.requesting.publish(aged.notes[1]).message.startswith("duplicate:")
    assert aged.requesting.publish(aged.notes[0]).message.startswith("duplicate:")
    pair(aged)
    after = verify(aged, "--require-all")
    assert after["absent"] == 0 and after["entries"] > before["entries"]
    assert run("ringdown-relay", "archive", "check", "--data", aged.data).returncode == 0
    assert succeed("ringdown-replay", "why", "--data", aged.data, aged.old_call)


def test_what_was_archived_is_erased_again_and_again_beside_a_running_relay(aged):
    """Each erasure writes the file anew, which the relay has open: it is not damaged, and the relay goes on."""
    assert archive(aged)["entries"] >= 256
    erased = [erase(aged, "--pubkey", key.hex)["erased"] for key in (aged.requester, aged.target)]
    assert erased[0] > 100 and erase(aged, "--event", aged.old_call)["erased"] == 0
    assert aged.process.poll() is None, aged.said()
    pair(aged)
    assert verify(aged, "--require-all")["erased"] >= sum(erased)


def erase(relay, *arguments) -> dict:
    return json.loads(succeed("ringdown-relay", "erase", "--data", relay.data, *arguments, "--yes", "--json"))


def test_without_a_relay_and_then_with_one_again(aged):
    aged.stop()
    size = (aged.data / "data.mdb").stat().st_size
    done = archive(aged)
    assert done["compacted"] and (aged.data / "data.mdb").stat().st_size < size
    whole = verify(aged)
    pairs = succeed("ringdown-replay", "pairs", "--data", aged.data)
    old = succeed("ringdown-replay", "why", "--data", aged.data, aged.old_call)

    elsewhere = aged.data.with_name("shelf")
    shutil.move(aged.data / "archive", elsewhere)
    absent = verify(aged)
    assert absent["root"] == whole["root"] and absent["absent"] == done["entries"]
    assert run("ringdown-replay", "verify", "--data", aged.data, "--require-all").returncode == 1
    assert "archived and not here" in succeed("ringdown-replay", "pairs", "--data", aged.data)
    refused = run("ringdown-replay", "why", "--data", aged.data, aged.old_call)
    assert refused.returncode == 1 and "archived and not here" in refused.stderr

    # The relay does not need them.
    aged.start()
    assert aged.connect(aged.requester).query({"ids": [aged.notes[1]["id"]]})
    aged.stop()
    assert verify(aged)["absent"] == done["entries"]
    assert succeed("ringdown-replay", "pairs", "--data", aged.data, "--archive", elsewhere) == pairs
    assert succeed("ringdown-replay", "why", "--data", aged.data, "--archive", elsewhere, aged.old_call) == old

    shutil.move(elsewhere, aged.data / "archive")
    assert verify(aged, "--require-all")["absent"] == 0


def kill_after(seconds: float, *arguments) -> bool:
    """Runs `archive` and kills it when the time is over; tells whether it had ended before."""
    command = [binary("ringdown-relay"), "archive", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
    try:
        process.wait(timeout=seconds)
        return True
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False


def test_killed_at_any_moment_nothing_is_lost_and_it_goes_on_from_there(aged):
    aged.stop()
    before = verify(aged)
    original = aged.data.with_name("original")
    shutil.copytree(aged.data, original)
    ended, killed, delay = 0, 0, 0.0
    # A little later each time, until it comes through by itself.
    while ended < 2:
        shutil.rmtree(aged.data)
        shutil.copytree(original, aged.data)
        if kill_after(delay, "--data", aged.data, "--before", "-0s", "--no-compact"):
            ended += 1
        else:
            killed += 1
        # Whatever was reached, the log is whole: what left it is in complete files.
        after = verify(aged, "--require-all")
        assert (after["entries"], after["root"]) == (before["entries"], before["root"])
        archive(aged)
        after = verify(aged, "--require-all")
        assert (after["entries"], after["root"], after["absent"]) == (before["entries"], before["root"], 0)
        left = [path.name for path in (aged.data / "archive").iterdir() if path.suffix != ".nrla"]
        assert left == [], left
        delay += KILL_STEP_SECONDS
        assert delay < 10
    assert killed > 3, "the command was never killed"
