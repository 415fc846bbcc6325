"""A real relay beside a real witness of other people: growth is cosigned, rollback and fork are refused by the witness and by
the relay, and what the relay publishes is believed by other people's verifiers."""

import json
import os
import shutil

import pytest

from nostr_client import Key
from relay_process import run, succeed
from witness_process import PROGRAM, Witness

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        not PROGRAM.exists() and not os.environ.get("CI"), reason="aics-witness is not installed: scripts/setup.sh clients"),
]


def checkpoint(relay):
    return run("ringdown-relay", "checkpoint", "--data", relay.data)


def signed(relay) -> bytes:
    result = checkpoint(relay)
    assert result.returncode == 0, result.stderr
    return result.stdout.encode()


def status(relay) -> dict:
    return json.loads(succeed("ringdown-relay", "status", "--data", relay.data, "--json"))["checkpoint"]


class Pair:
    """A relay, the witness that it asks, and the policy that needs it."""

    def __init__(self, relay, witness: Witness, policy):
        self.relay, self.witness, self.policy = relay, witness, policy
        self.vkey = json.loads(succeed("ringdown-relay", "key", "show", "--data", relay.data, "--json"))["vkey"]
        witness.trust(self.vkey)
        witness.start()
        policy.write_text(f"log {self.vkey}\nwitness w1 {witness.vkey} {witness.url}\nquorum w1\n")
        relay.flags += ["--witness-policy", str(policy)]
        relay.restart()


@pytest.fixture
def pair(make_relay, tmp_path):
    relay = make_relay("--set", "checkpoint_seconds=0", owner=Key()).start()
    pair = Pair(relay, Witness(tmp_path / "witness"), tmp_path / "policy")
    yield pair
    pair.witness.stop()


def test_growth_is_cosigned_and_believed_by_everybody(pair, judges, tmp_path):
    relay, previous = pair.relay, None
    for _ in range(3):
        relay.member()
        note = signed(relay)
        believed = judges.believed("checkpoint", pair.vkey, note, witness=pair.witness.vkey)
        assert believed.split(" ")[1] == note.split(b"\n")[1].decode()
        if previous:
            (tmp_path / "old").write_bytes(previous)
            succeed("ringdown-replay", "consistency", tmp_path / "old", relay.data)
        previous = note
    assert note.decode().split("\n\n")[0] in pair.witness.latest(note.split(b"\n")[0].decode())
    assert pair.witness.evidence() == []
    # The tiles that the relay exports are read by other people's readers, and its proofs by other people's verifiers.
    files = tmp_path / "files"
    succeed("ringdown-relay", "export", "--data", relay.data, "--tiles", files)
    published = (files / "checkpoint").read_bytes()
    size = int(published.split(b"\n")[1])
    judges.believed("tiles", pair.vkey, published, tiles=str(files), indexes=[0, size - 1], olds=[1, size - 1])
    bundle = tmp_path / "bundle.proof"
    succeed("ringdown-replay", "prove", "--data", relay.data, 0, "--out", bundle)
    succeed("ringdown-replay", "check", bundle, "--vkey", pair.vkey, "--policy", pair.policy)
    for entry in json.loads(bundle.read_text())["entries"]:
        judges.believed("inclusion", pair.vkey, entry["tlog_proof"].encode(), witness=pair.witness.vkey)


def back_up(relay, place):
    """A copy of the data directory of a relay that is stopped and started for it."""
    relay.stop()
    shutil.copytree(relay.data, place)
    relay.start()


def restore(relay, place, last_signed: str | None):
    relay.stop()
    shutil.rmtree(relay.data)
    shutil.copytree(place, relay.data)
    if last_signed is not None:
        (relay.data / "last-signed").write_text(last_signed)
    relay.start()


@pytest.mark.parametrize("grown", [False, True], ids=["rollback", "fork"])
def test_a_restored_backup_is_refused_by_the_relay_and_by_the_witness(pair, tmp_path, grown):
    relay = pair.relay
    relay.member()
    signed(relay)
    back_up(relay, tmp_path / "backup")
    for _ in range(3):
        relay.member()
    latest = signed(relay)
    origin, size = latest.decode().split("\n")[:2]
    held = pair.witness.latest(origin)
    memory = (relay.data / "last-signed").read_text()
    # With its own memory the relay refuses by itself, and the witness is not even asked.
    restore(relay, tmp_path / "backup", memory)
    for _ in range(9 if grown else 0):
        relay.member()
    result = checkpoint(relay)
    assert result.returncode == 1
    assert ("another history" if grown else "its tail is lost, or a backup was restored") in result.stderr
    assert status(relay)["halted"]
    # With the memory that was in the backup it would sign; the witness holds more, and says so.
    restore(relay, tmp_path / "backup", None)
    for _ in range(9 if grown else 0):
        relay.member()
    result = checkpoint(relay)
    assert result.returncode == 1 and ("w1" in result.stderr or pair.witness.name in result.stderr), result.stderr
    assert pair.witness.latest(origin) == held and f"\n{size}\n" in held, "nothing moved the witness"
    assert status(relay)["halted"], result.stderr
    assert relay.connect(relay.owner), "the relay itself goes on"


def test_a_fork_that_somebody_signs_all_the_same_is_refused_by_the_witness(pair, tmp_path):
    """A relay that does not ask: its directory is signed elsewhere, and the note is brought to the witness."""
    relay = pair.relay
    relay.member()
    first = signed(relay)
    back_up(relay, tmp_path / "backup")
    relay.member()
    latest = signed(relay)
    size = int(latest.split(b"\n")[1])
    relay.stop()
    fork = tmp_path / "backup"
    for _ in range(5):
        succeed("ringdown-relay", "member", "add", "--data", fork, "--pubkey", Key().hex)
    forked = run("ringdown-relay", "checkpoint", "--data", fork)
    assert forked.returncode == 0, forked.stderr
    note = "\n".join(forked.stdout.split("\n")[:5]) + "\n"
    assert int(note.split("\n")[1]) > size
    proof = tmp_path / "proof"
    succeed("ringdown-replay", "consistency", size, fork, "--out", proof)
    hashes = proof.read_text().split("\n\n")[0].split("\n", 1)[1].encode() + b"\n"
    answer = pair.witness.add_checkpoint(size, hashes, note.encode())
    assert answer[0] == 422, answer
    assert pair.witness.evidence()
    kept = tmp_path / "kept"
    kept.write_bytes(latest)
    told = run("ringdown-replay", "consistency", kept, fork, "--json")
    assert (told.returncode, json.loads(told.stdout)["finding"]) == (1, "rewritten")
    assert first != latest
