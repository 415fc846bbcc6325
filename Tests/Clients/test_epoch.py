"""A relay whose log lost what it had signed begins a new one, which says what is missing."""

import json
import shutil

import pytest

from nostr_client import Key
from relay_process import log_entries, run, succeed
from witness import Note


@pytest.fixture
def lost(make_relay, tmp_path):
    """A relay that was restored from an old backup, but knows what it had signed since."""
    relay = make_relay("--set", "checkpoint_seconds=0", "--set", "origin=relay.example.com/mesh/1", owner=Key()).start()
    relay.members = [relay.member(), relay.member("admin")]
    relay.stop()
    shutil.copytree(relay.data, tmp_path / "old")
    relay.start()
    relay.member()
    relay.stop()
    signed = (relay.data / "last-signed").read_text()
    shutil.rmtree(relay.data)
    shutil.copytree(tmp_path / "old", relay.data)
    (relay.data / "last-signed").write_text(signed)
    relay.signed = Note(signed)
    return relay


def test_a_new_epoch_quotes_the_last_checkpoint_and_states_the_gap(lost, tmp_path):
    had = len(log_entries(lost.data))
    new = tmp_path / "new"
    output = succeed("ringdown-relay", "new-epoch", "--data", lost.data, "--to", new)
    assert "relay.example.com/mesh/2, 3 members carried over" in output
    genesis = log_entries(new)[0]
    continues = genesis["payload"]["genesis"]["continues"]
    assert Note(continues["checkpoint"]).text == lost.signed.text and continues["entries"] == min(had, lost.signed.size)
    assert f"lost the last {lost.signed.size - continues['entries']}" in genesis["text"]
    assert succeed("ringdown-replay", "verify", "--data", new)
    before, after = (
        json.loads(succeed("ringdown-replay", "state", "--data", data, "--json")) for data in (lost.data, new))
    assert [(m["key"], m["role"]) for m in before["members"]] == [(m["key"], m["role"]) for m in after["members"]]
    assert before["relay"] == after["relay"] and after["log"] == "relay.example.com/mesh/2"
    # It signs, and goes on.
    lost.data = new
    lost.flags = ["--set", "checkpoint_seconds=0"]
    lost.start()
    assert lost.connect(lost.members[0])
    note = Note(succeed("ringdown-relay", "checkpoint", "--data", new))
    assert note.origin == "relay.example.com/mesh/2"


def test_a_log_that_lost_nothing_needs_no_new_epoch(make_relay, tmp_path):
    relay = make_relay("--set", "origin=relay.example.com/mesh/1", owner=Key()).start()
    result = run("ringdown-relay", "new-epoch", "--data", relay.data, "--to", tmp_path / "new")
    assert result.returncode == 75, "a relay runs there"
    relay.stop()
    result = run("ringdown-relay", "new-epoch", "--data", relay.data, "--to", tmp_path / "new")
    assert result.returncode == 64 and "has everything that it signed" in result.stderr
    assert not (tmp_path / "new").exists()


def test_it_never_touches_a_log_that_is_there(lost, tmp_path):
    result = run("ringdown-relay", "new-epoch", "--data", lost.data, "--to", lost.data)
    assert result.returncode == 64 and "holds a log already" in result.stderr


def test_an_auditor_reads_it(lost, tmp_path):
    new = tmp_path / "new"
    succeed("ringdown-relay", "new-epoch", "--data", lost.data, "--to", new)
    import subprocess
    import sys

    from relay_process import REPOSITORY, binary

    exported = subprocess.run(
        [binary("ringdown-replay"), "export", "--format", "jsonl", "--data", new], capture_output=True, check=True)
    result = subprocess.run(
        [sys.executable, REPOSITORY / "contrib" / "auditor"], input=exported.stdout, capture_output=True, timeout=60)
    assert result.returncode == 0, result.stdout.decode() + result.stderr.decode()
