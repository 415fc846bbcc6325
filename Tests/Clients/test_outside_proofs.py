"""Other people's verifiers on our checkpoints, proofs and tiles: logs of nine sizes, each the beginning of the next."""

import base64
import hashlib
import json
import random

import pytest

from outside import CHECKS, NEEDED, PublicLog, prefix
from relay_process import succeed

pytestmark = pytest.mark.timeout(180)

SIZES = [1, 2, 255, 256, 257, 1000, 1023, 65536, 70000]
RANDOM_LEAVES = 4
SEED = 4


@pytest.fixture(scope="module")
def logs(tmp_path_factory, judges) -> dict[int, PublicLog]:
    directory = tmp_path_factory.mktemp("nine")
    whole = directory / "whole"
    succeed("ringdown-bench", "make-log", whole, "--entries", max(SIZES), "--seed", SEED)
    lines = succeed("ringdown-relay", "export", "--data", whole, "--entries").splitlines(keepends=True)
    assert len(lines) == max(SIZES)
    chance = random.Random(SEED)
    made = {}
    for size in SIZES:
        indexes = sorted({0, size - 1, *(chance.randrange(size) for _ in range(RANDOM_LEAVES))})
        log = whole if size == max(SIZES) else prefix(whole, lines, size, directory / f"log{size}")
        made[size] = PublicLog(log, directory / f"public{size}", indexes, [old for old in SIZES if old <= size])
    made[max(SIZES)].leaves = [base64.b64decode(json.loads(line)["leaf"]) for line in lines]
    return made


def reference_root(leaves: list[bytes]) -> str:
    """RFC 6962's root, written down once more."""
    level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2])]
        level = pairs + level[len(pairs) * 2:]
    return level[0].hex()


def test_at_least_two_programs_of_other_people_check_each_thing(judges, logs):
    log = logs[1000]
    questions = {
        "checkpoint": log.note, "inclusion": log.inclusion(0), "consistency": log.note, "tiles": log.note}
    for do, text in questions.items():
        answers = judges.ask(
            do, log.vkey, text, old=logs[257].note, proof=log.consistency(257), tiles=str(log.directory),
            indexes=[], olds=[])
        names = answers.keys() - {"ringdown"}
        assert names <= set(CHECKS[do])
        assert len(names) >= NEEDED, f"{do} is checked by {sorted(names)} only; missing: {judges.missing}"


@pytest.mark.parametrize("size", SIZES)
def test_a_checkpoint_is_believed(judges, logs, size):
    log = logs[size]
    root = reference_root(logs[max(SIZES)].leaves[:size])
    assert judges.believed("checkpoint", log.vkey, log.note) == f"{log.origin} {size} {root}"


@pytest.mark.parametrize("size", SIZES)
def test_inclusion_of_the_first_the_last_and_other_leaves_is_believed(judges, logs, size):
    log = logs[size]
    for index in log.indexes:
        leaf = hashlib.sha256(b"\0" + logs[max(SIZES)].leaves[index]).hexdigest()
        expected = f"{log.origin} {size} {log.root} {index} {leaf}"
        assert judges.believed("inclusion", log.vkey, log.inclusion(index)) == expected


@pytest.mark.parametrize("size", SIZES)
def test_growth_from_every_smaller_log_is_believed(judges, logs, size):
    log = logs[size]
    for old in log.olds:
        expected = f"{log.origin} {old} {logs[old].root} {log.origin} {size} {log.root}"
        believed = judges.believed(
            "consistency", log.vkey, log.note, old=logs[old].note, proof=log.consistency(old))
        assert believed == expected


@pytest.mark.parametrize("size", SIZES)
def test_the_tiles_alone_give_the_root_and_our_own_proofs(judges, logs, size):
    log = logs[size]
    expected = [f"{log.origin} {size} {log.root}"]
    for index in log.indexes:
        leaf = hashlib.sha256(b"\0" + logs[max(SIZES)].leaves[index]).hexdigest()
        expected += [f"leaf {index} {leaf}", *hashes(log.inclusion(index).split(b"\n\n")[0].split(b"\n")[3:])]
    for old in log.olds:
        expected += [f"old {old} {logs[old].root}", *hashes(log.consistency(old).splitlines())]
    believed = judges.believed(
        "tiles", log.vkey, log.note, tiles=str(log.directory), indexes=log.indexes, olds=log.olds)
    assert believed == " ".join(expected)


def hashes(lines: list[bytes]) -> list[str]:
    return [base64.b64decode(line).hex() for line in lines]


def test_a_tile_with_one_wrong_bit_is_refused(judges, logs, tmp_path):
    log = logs[70000]
    path = log.directory / "tile" / "0" / "100"
    good = path.read_bytes()
    try:
        path.write_bytes(good[:40] + bytes([good[40] ^ 4]) + good[41:])
        answers = judges.ask("tiles", log.vkey, log.note, tiles=str(log.directory), indexes=[25601], olds=[1000])
    finally:
        path.write_bytes(good)
    assert len(answers) >= NEEDED
    assert not any(answer["accepted"] for answer in answers.values()), answers


def test_two_logs_that_are_not_one_another_are_no_growth(judges, logs, tmp_path):
    succeed("ringdown-bench", "make-log", tmp_path / "other", "--entries", 1000, "--seed", SEED)
    other = PublicLog(tmp_path / "other", tmp_path / "public", [0], [257])
    assert other.vkey == logs[257].vkey, "the same key signed both"
    assert other.root != logs[1000].root, "but they are not the same"
    for older, newer in [(logs[1000], logs[70000]), (other, logs[70000]), (other, logs[1000])]:
        answers = judges.ask(
            "consistency", newer.vkey, newer.note, old=older.note, proof=newer.consistency(older.size))
        accepted = {name for name, answer in answers.items() if answer["accepted"]}
        assert accepted == (set(answers) if older is logs[1000] else set())
