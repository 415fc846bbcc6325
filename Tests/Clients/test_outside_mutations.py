"""A thousand notes and proofs with one thing wrong: refused by us, and by everybody who checks that part."""

from collections import Counter

import pytest

from mutations import SPELLINGS, Proof, mutations
from outside import NEEDED, PublicLog, prefix
from relay_process import succeed

pytestmark = pytest.mark.timeout(180)

SEED = 20260102
COUNT = 1000
SPELLED = 200
SIZE = 1000
OLDS = [1, 257, 512, 999]
INDEXES = [0, 255, 700, 999]

# Readers of other people that do not notice some other spellings: Go's base64 passes over line feeds, carriage returns and
# the bits of a last digit that stand for nothing; a signature that comes twice is dropped once.
LENIENT = {"go", "metamorphic-log"}


@pytest.fixture(scope="module")
def proofs(tmp_path_factory, judges) -> list[Proof]:
    directory = tmp_path_factory.mktemp("mutated")
    log = directory / "log"
    succeed("ringdown-bench", "make-log", log, "--entries", SIZE, "--seed", SEED)
    whole = PublicLog(log, directory / "public", INDEXES, OLDS)
    notes = {}
    exported = succeed("ringdown-relay", "export", "--data", log, "--entries").splitlines(keepends=True)
    for size in OLDS:
        older = prefix(log, exported, size, directory / f"log{size}")
        notes[size] = PublicLog(older, directory / f"public{size}", [], []).note
    return [
        Proof("checkpoint", whole.vkey, whole.note),
        *(Proof("inclusion", whole.vkey, whole.inclusion(index)) for index in INDEXES),
        *(Proof("consistency", whole.vkey, whole.note, notes[old], whole.consistency(old)) for old in OLDS),
    ]


def test_each_of_a_thousand_mutations_is_refused_by_all(judges, proofs):
    refused = Counter()
    kinds = Counter()
    accepted = []
    for way, _, mutated in mutations(SEED, proofs, COUNT):
        kinds[way] += 1
        for name, answer in judges.ask(**mutated.question).items():
            refused[name] += not answer["accepted"]
            if answer["accepted"]:
                accepted.append((name, way, answer, mutated))
    assert not accepted, f"{len(accepted)} were accepted, the first ones: {accepted[:8]}"
    assert sum(kinds.values()) == COUNT and min(kinds.values()) >= 5, kinds
    everything = {name for name, count in refused.items() if count == COUNT}
    assert "ringdown" in everything and len(everything) > NEEDED, refused


def test_another_spelling_is_refused_here_and_says_nothing_else_elsewhere(judges, proofs):
    statements = {proof: judges.believed(**proof.question) for proof in proofs}
    for way, original, mutated in mutations(SEED, proofs, SPELLED, SPELLINGS):
        for name, answer in judges.ask(**mutated.question).items():
            if answer["accepted"]:
                assert name in LENIENT, f"{name} takes {way}: {mutated}"
                assert answer["statement"] == statements[original], f"{name} takes {way} for something else: {mutated}"
