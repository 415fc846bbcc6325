"""Each kind of forgery, made on a real log with the product's own commands, and called by its name by them."""

import json
from pathlib import Path

import pytest

from forge import DECISION, FLAGS, RELAY_EVENT, Entries
from nostr_client import Key
from outside import PublicLog
from relay_process import run, succeed

pytestmark = pytest.mark.timeout(120)

SEED = 11
SIZE = 1500
KEPT = 1200

# What a monitor that remembers the kept checkpoint calls what `consistency` finds.
ALARMS = {
    "grown": None, "truncated": "rollback", "rewritten": "fork", "another_key": "other_key", "another_log": "other_log"}


class World:
    """An honest log, a checkpoint that somebody kept of its beginning, and what a monitor remembers of that."""

    def __init__(self, directory: Path):
        self.log = directory / "log"
        succeed("ringdown-bench", "make-log", self.log, "--entries", SIZE, "--seed", SEED)
        self.entries = Entries.of(self.log)
        beginning = Entries(self.entries[:KEPT]).log(directory / "beginning")
        (beginning / "log.key").write_bytes((self.log / "log.key").read_bytes())
        self.kept = PublicLog(beginning, directory / "public", [], [])
        self.note = self.kept.directory / "checkpoint"
        self.seen = directory / "seen.json"
        succeed("ringdown-replay", "monitor", beginning, "--once", "--state", self.seen)

    def granted(self) -> int:
        """The decision of a granted call: the request stands before it, both halves behind it."""
        return next(
            index for index in self.entries.positions(DECISION)
            if '"outcome":"granted"' in self.entries[index]["payload"] and index > 1000
            and self.entries.type(index + 1) == self.entries.type(index + 2) == RELAY_EVENT)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return World(tmp_path_factory.mktemp("forged"))


def verify(log: Path, *options) -> dict:
    result = run("ringdown-replay", "verify", "--data", log, "--json", *options)
    found = json.loads(result.stdout)
    assert result.returncode == (0 if found["verified"] else 1), result.stderr
    return found


def history(world: World, log: Path) -> str:
    """What `consistency` calls it, whatever it is told about the log by a kept note, or by a monitor's memory."""
    result = run("ringdown-replay", "consistency", world.note, log, "--vkey", world.kept.vkey, "--json")
    found = json.loads(result.stdout)
    assert result.returncode == (0 if found["consistent"] else 1), result.stderr
    checked = verify(log, "--checkpoint", world.note)
    assert found["consistent"] or not checked["verified"], "verify --checkpoint notices it, too"
    seen = world.seen.with_name(f"{log.name}.seen")
    seen.write_bytes(world.seen.read_bytes())
    monitor = run("ringdown-replay", "monitor", log, "--once", "--state", seen, "--vkey", world.kept.vkey, "--json")
    assert monitor.returncode == (0 if found["consistent"] else 1), monitor.stdout + monitor.stderr
    assert json.loads(monitor.stdout).get("alarm") == ALARMS[found["finding"]], monitor.stdout
    return found["finding"]


def test_the_honest_log_is_what_it_was(world):
    assert verify(world.log)["verified"]
    assert history(world, world.log) == "grown"


def test_a_truncated_log_is_called_truncated(world, tmp_path):
    log = Entries(world.entries[:KEPT - 400]).log(tmp_path / "truncated")
    # By itself nothing is wrong with it: it takes a checkpoint to see that something is missing.
    assert history(world, log) == "truncated"


def test_a_reordered_log_is_called_rewritten_and_its_first_entry_out_of_place_is_named(world, tmp_path):
    entries = world.entries.copy()
    first = world.granted() + 1
    plain = entries.copy()
    plain[first], plain[first + 1] = plain[first + 1], plain[first]
    refused = plain.write(tmp_path / "plain")
    assert refused.returncode != 0 and f"line {first + 1}" in refused.stderr
    entries.swap(first, first + 1)
    log = entries.log(tmp_path / "reordered")
    found = verify(log)
    assert (found["verified"], found["position"]) == (False, first)
    assert history(world, log) == "rewritten"


def test_a_log_by_another_key_is_called_so(world, tmp_path):
    log = tmp_path / "other"
    succeed("ringdown-bench", "make-log", log, "--entries", SIZE, "--seed", SEED + 1)
    assert verify(log)["verified"], "it is a good log, of the same name"
    assert history(world, log) == "another_key"


def test_a_log_of_another_relay_is_called_so(world, make_relay):
    relay = make_relay(owner=Key(), name="elsewhere").start()
    assert relay.stop() == 0
    assert verify(relay.data)["verified"]
    assert history(world, relay.data) == "another_log"


def test_a_tail_that_was_rewritten_and_signed_again_is_called_rewritten(world, tmp_path):
    log = tmp_path / "rewritten"
    # The same keys and the same beginning, and another end from before the checkpoint that was seen.
    succeed("ringdown-bench", "make-log", log, "--entries", KEPT + 10, "--seed", SEED)
    signed = PublicLog(log, tmp_path / "public", [], [KEPT])
    assert signed.vkey == world.kept.vkey
    assert verify(log)["verified"], "everything in it follows the rules, and the key has signed it"
    assert verify(log, "--checkpoint", signed.directory / "checkpoint")["verified"]
    assert history(world, log) == "rewritten"


def test_a_note_by_another_key_over_the_right_log_is_called_so(world, tmp_path):
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "data.mdb").write_bytes((world.kept.data / "data.mdb").read_bytes())
    (tmp_path / "log" / "log.key").write_text("11" * 32 + "\n")
    forged = PublicLog(tmp_path / "log", tmp_path / "public", [], [])
    result = run("ringdown-replay", "consistency", forged.directory / "checkpoint", world.log, "--json")
    assert (result.returncode, json.loads(result.stdout)["finding"]) == (1, "another_key")
    found = verify(world.log, "--checkpoint", forged.directory / "checkpoint")
    assert (found["verified"], found["aspect"]) == (False, "checkpoint")


def test_an_erased_payload_verifies_as_erased(world, tmp_path):
    entries = world.entries.copy()
    event = next(index for index in entries.positions(2) if index > 250)
    entries.lose_payload(event)
    log = entries.log(tmp_path / "erased")
    found = verify(log)
    assert (found["verified"], found["erased"]) == (True, 1)
    assert history(world, log) == "grown", "leaves and proofs stay as they are"


def test_a_payload_that_is_missing_without_the_mark_is_damage(world, tmp_path):
    entries = world.entries.copy()
    decision = world.granted()
    entries.lose_payload(decision)
    refused = entries.write(tmp_path / "removed")
    assert refused.returncode != 0
    assert f"entry {decision} has no payload" in refused.stderr and "may be erased" in refused.stderr
    # With the mark put on it is no longer the entry that the rules give.
    marked = world.entries.copy()
    marked.set_leaf(decision, slice(FLAGS, FLAGS + 1), b"\1")
    marked.lose_payload(decision)
    log = marked.log(tmp_path / "marked")
    found = verify(log)
    assert (found["verified"], found["position"], found["aspect"]) == (False, decision, "header")
    assert history(world, log) == "rewritten"


def test_swapped_calls_are_named(world, tmp_path):
    entries = world.entries.copy()
    first = world.granted() + 1
    # Only what is in them changes places; salts, numbers and times stay.
    payloads = [entries[index]["payload"] for index in (first, first + 1)]
    entries.put(first, payloads[1])
    entries.put(first + 1, payloads[0])
    log = entries.log(tmp_path / "swapped")
    found = verify(log)
    assert (found["verified"], found["position"], found["aspect"]) == (False, first, "output")
    assert "24622" in found["expected"] and "24622" in found["found"]
    assert history(world, log) == "rewritten"


@pytest.mark.parametrize(("was", "becomes"), [("refused", "granted"), ("granted", "refused")])
def test_a_decision_that_the_rules_do_not_give_is_named(world, tmp_path, was, becomes):
    entries = world.entries.copy()
    decision = next(
        index for index in entries.positions(DECISION)
        if f'"outcome":"{was}"' in entries[index]["payload"] and '"kind":24621' in entries[index]["payload"])
    entries.change(decision, f'"outcome":"{was}"', f'"outcome":"{becomes}"')
    log = entries.log(tmp_path / "decided")
    # The key's holder signs it, too: signatures do not make it right.
    (log / "log.key").write_bytes((world.log / "log.key").read_bytes())
    signed = PublicLog(log, tmp_path / "public", [decision], [])
    found = verify(log, "--checkpoint", signed.directory / "checkpoint")
    assert (found["verified"], found["position"], found["aspect"]) == (False, decision, "output")
    assert was in found["expected"] and becomes in found["found"]
    fresh = run("ringdown-replay", "monitor", log, "--once")
    assert fresh.returncode == 1 and f"{decision}" in fresh.stdout, "a monitor that never saw it calls, too"
