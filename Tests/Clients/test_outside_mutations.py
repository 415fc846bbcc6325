"""A thousand notes and proofs with one thing wrong: refused by us, and by everybody who checks that part."""

from collections import Counter

import pytest

from mutations import Proof, mutations
from outside import PublicLog, prefix
from relay_process import succeed

pytestmark = pytest.mark.timeout(180)

SEED = 20260102
COUNT = 1000
SIZE = 1000
OLDS = [1, 257, 512, 999]
INDEXES = [0, 255, 700, 999]

# Go's base64 passes over line feeds, carriage returns and the bits of a last digit that stand for nothing: there it takes
# another spelling of the same bytes. Nothing else is known from it than from the right one. The others refuse these, too.
LENIENT = {
    "go": {"base64_has_spare_bits_set", "its_lines_end_as_elsewhere", "base64_is_padded_otherwise",
           "the_signature_comes_twice"},
}


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


def test_each_of_a_thousand_mutations_is_refused(judges, proofs):
    statements = {proof: judges.believed(**proof.question) for proof in proofs}
    refused = Counter()
    kinds = Counter()
    lenient = Counter()
    wrong = []
    for way, original, mutated in mutations(SEED, proofs, COUNT):
        kinds[way] += 1
        for name, answer in judges.ask(**mutated.question).items():
            if not answer["accepted"]:
                refused[name] += 1
            elif way in LENIENT.get(name, ()) and answer["statement"] == statements[original]:
                lenient[name] += 1
            else:
                wrong.append((name, way, answer, mutated))
    assert not wrong, f"{len(wrong)} were accepted, the first ones: {wrong[:8]}"
    assert sum(kinds.values()) == COUNT and min(kinds.values()) >= 5, kinds
    assert refused["ringdown"] == COUNT
    strict = [name for name in ("aics-tlog", "metamorphic-log") if name in refused]
    assert all(refused[name] == COUNT for name in strict), refused
    assert refused["go"] + lenient["go"] in (0, COUNT) and lenient["go"] < COUNT // 10
