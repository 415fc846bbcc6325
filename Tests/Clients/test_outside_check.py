"""`ringdown-replay check` on proofs with one thing wrong, and what is in its bundles before other people's verifiers."""

import json
import random
from collections import Counter

import pytest

from mutations import SPELLINGS, Anywhere, Proof, mutations, ways
from outside import PublicLog
from relay_process import run, succeed

pytestmark = pytest.mark.timeout(180)

SEED = 77
SIZE = 2000
PROOFS = 150
SPELLED = 30
BUNDLES = 150


@pytest.fixture(scope="module")
def log(tmp_path_factory) -> PublicLog:
    directory = tmp_path_factory.mktemp("checked")
    succeed("ringdown-bench", "make-log", directory / "log", "--entries", SIZE, "--seed", SEED)
    return PublicLog(directory / "log", directory / "public", [0, 1234, SIZE - 1], [])


@pytest.fixture(scope="module")
def bundles(log) -> list[bytes]:
    """The proofs of a granted and of a refused request."""
    attempts = [json.loads(line) for line in succeed(
        "ringdown-replay", "pairs", "--data", log.data, "--json").splitlines()]
    made = []
    for outcome in ("granted", "refused"):
        position = next(a["position"] for a in attempts if a["outcome"] == outcome)
        path = log.directory / f"{outcome}.proof"
        succeed(
            "ringdown-replay", "prove", "--data", log.data, position, "--checkpoint", log.directory / "checkpoint",
            "--out", path)
        made.append(path.read_bytes())
    return made


def check(log: PublicLog, text: bytes, path) -> tuple[int, str]:
    path.write_bytes(text)
    result = run("ringdown-replay", "check", path, "--vkey", log.vkey)
    assert result.returncode in (0, 1, 64, 65), f"check ended with {result.returncode}: {result.stderr}"
    assert result.returncode == 0 or result.stderr or result.stdout, "a refusal says why"
    return result.returncode, result.stdout


def test_our_own_tool_refuses_mutated_proofs_and_other_spellings(log, tmp_path):
    proofs = [Proof("inclusion", log.vkey, log.inclusion(index)) for index in log.indexes]
    for proof in proofs:
        assert check(log, proof.text, tmp_path / "good")[0] == 0
    wrong = [*mutations(SEED, proofs, PROOFS), *mutations(SEED, proofs, SPELLED, SPELLINGS)]
    accepted = [way for way, _, proof in wrong if check(log, proof.text, tmp_path / "wrong")[0] == 0]
    assert accepted == []


def test_a_bundle_that_was_touched_is_refused_or_says_the_same(log, bundles, tmp_path):
    chance = random.Random(SEED)
    outcomes = Counter()
    for bundle in bundles:
        code, said = check(log, bundle, tmp_path / "good")
        assert code == 0
        for _ in range(BUNDLES // len(bundles)):
            way = chance.choice(ways(Anywhere))
            mutated = way(chance, bundle)
            if mutated == bundle:
                continue
            code, says = check(log, mutated, tmp_path / "wrong")
            outcomes[code == 0] += 1
            assert code != 0 or says == said, f"{way.__name__} changed what is proven"
    assert outcomes[False] > outcomes[True], outcomes


def test_every_entry_of_a_bundle_is_believed_by_other_people(log, bundles, judges):
    for bundle in bundles:
        entries = json.loads(bundle)["entries"]
        assert len(entries) >= 4
        for entry in entries:
            believed = judges.believed("inclusion", log.vkey, entry["tlog_proof"].encode())
            assert believed.startswith(f"{log.origin} {SIZE} {log.root} {entry['position']} ")


def test_another_logs_key_and_another_epoch_are_told(log, tmp_path):
    name, key_id, key = log.vkey.split("+", 2)
    for vkey in [f"{name}2+{key_id}+{key}", f"{name}+00000000+{key}", key, ""]:
        path = tmp_path / "good"
        path.write_bytes(log.inclusion(0))
        assert run("ringdown-replay", "check", path, f"--vkey={vkey}").returncode != 0
