"""A real witness of other people beside our logs: it cosigns growth, and refuses rollbacks and forks, as our signer does."""

import os
import shutil

import pytest

from outside import NEEDED, PublicLog, prefix
from relay_process import run, succeed
from witness_process import PROGRAM, Witness

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        not PROGRAM.exists() and not os.environ.get("CI"), reason="aics-witness is not installed: scripts/setup.sh clients"),
]

SEED = 11
SIZES = [257, 800, 1500]


@pytest.fixture(scope="module")
def logs(tmp_path_factory) -> dict[int, PublicLog]:
    """One log as it grew, signed at three sizes."""
    directory = tmp_path_factory.mktemp("growing")
    whole = directory / "whole"
    succeed("ringdown-bench", "make-log", whole, "--entries", SIZES[-1], "--seed", SEED)
    lines = succeed("ringdown-relay", "export", "--data", whole, "--entries").splitlines(keepends=True)
    made = {}
    for size in SIZES:
        log = prefix(whole, lines, size, directory / f"log{size}")
        made[size] = PublicLog(log, directory / f"public{size}", [0], [old for old in SIZES if old <= size])
    return made


@pytest.fixture(scope="module")
def fork(tmp_path_factory, logs) -> PublicLog:
    """Another log by the same keys, which begins alike: what a restored backup goes on to write. It differs from the
    first before its entry 800, since the last entries of a made log are fillers."""
    directory = tmp_path_factory.mktemp("fork")
    succeed("ringdown-bench", "make-log", directory / "log", "--entries", 850, "--seed", SEED)
    fork = PublicLog(directory / "log", directory / "public", [0], [257, 800, 850])
    assert fork.vkey == logs[257].vkey
    assert fork.consistency(257) != logs[800].consistency(257)
    return fork


@pytest.fixture
def witness(tmp_path, logs):
    witness = Witness(tmp_path / "witness")
    witness.trust(logs[257].vkey)
    yield witness.start()
    witness.stop()


def grow(witness: Witness, log: PublicLog, old: int) -> bytes:
    """Has a larger log cosigned; the note with the cosignature."""
    status, answer = witness.add_checkpoint(old, log.consistency(old) if old else b"", log.note)
    assert status == 200, answer
    return log.note + answer.encode()


def policy(tmp_path, log: PublicLog, *witnesses: Witness):
    """A tlog-policy that asks for all of these."""
    lines = [f"log {log.vkey}"]
    lines += [f"witness w{number} {witness.vkey}" for number, witness in enumerate(witnesses)]
    lines += ["group all all " + " ".join(f"w{number}" for number in range(len(witnesses))), "quorum all"]
    path = tmp_path / "policy"
    path.write_text("\n".join(lines) + "\n")
    return path


def checked(path, log: PublicLog, *options) -> int:
    return run("ringdown-replay", "check", path, "--vkey", log.vkey, *options).returncode


def test_growth_is_cosigned_and_everybody_can_check_it(judges, witness, logs, tmp_path):
    old = 0
    for size in SIZES:
        log = logs[size]
        note = grow(witness, log, old)
        believed = judges.believed("checkpoint", log.vkey, note, witness=witness.vkey)
        assert believed == f"{log.origin} {size} {log.root}"
        proof = tmp_path / "cosigned.tlog-proof"
        proof.write_bytes(log.inclusion(0).replace(log.note, note))
        assert checked(proof, log, "--policy", policy(tmp_path, log, witness)) == 0
        old = size
    assert witness.latest(logs[1500].origin).startswith(logs[1500].note.decode().split("—")[0])
    assert witness.evidence() == []


def test_a_note_without_or_with_a_wrong_cosignature_does_not_meet_the_policy(judges, witness, logs, tmp_path):
    log = logs[257]
    note = grow(witness, log, 0)
    cosignature = note[len(log.note):]
    other = Witness(tmp_path / "other", "witness.example.net/w2")
    damaged = cosignature[:-20] + bytes([cosignature[-20] ^ 1]) + cosignature[-19:]
    earlier = log.inclusion(0)
    wrong = {
        "none": (log.note, witness),
        "of another witness": (note, other),
        "damaged": (log.note + damaged, witness),
        "of another size": (logs[800].note + cosignature, witness),
        "under another name": (log.note + cosignature.replace(b"w1", b"w3"), witness),
    }
    for name, (text, asked) in wrong.items():
        answers = judges.ask("checkpoint", log.vkey, text, witness=asked.vkey)
        assert len(answers.keys() - {"ringdown"}) >= NEEDED
        assert not any(answer["accepted"] for answer in answers.values()), f"{name}: {answers}"
        proof = tmp_path / "wrong.tlog-proof"
        proof.write_bytes(earlier.replace(log.note, text))
        assert checked(proof, log, "--policy", policy(tmp_path, log, asked)) != 0, name


def test_the_witness_refuses_a_rollback_and_a_fork_and_keeps_the_evidence(witness, logs, fork):
    grow(witness, logs[800], 0)
    old, new = logs[257], logs[1500]
    # A size that it has gone past: it answers with the one it holds.
    assert witness.add_checkpoint(257, new.consistency(257), new.note) == (409, "800\n")
    assert witness.add_checkpoint(0, b"", old.note) == (409, "800\n")
    # Smaller than what the request itself says was there.
    assert witness.add_checkpoint(800, b"", old.note)[0] == 400
    # Other entries at the same size, and a larger log that does not begin with the one that was cosigned.
    assert witness.add_checkpoint(800, fork.consistency(800), fork.note)[0] == 422
    assert witness.add_checkpoint(800, new.consistency(800), fork.note)[0] == 422
    assert witness.evidence(), "it keeps what shows that the log's key signed two histories"
    # None of it moved the witness, and its word survives its own restart.
    witness.stop()
    witness.start()
    assert "\n800\n" in witness.latest(old.origin)
    grow(witness, new, 800)


def test_a_log_that_the_witness_does_not_know_is_not_cosigned(witness, logs, tmp_path):
    succeed("ringdown-bench", "make-log", tmp_path / "log", "--entries", 10, "--seed", SEED + 1)
    stranger = PublicLog(tmp_path / "log", tmp_path / "public", [], [])
    assert witness.add_checkpoint(0, b"", stranger.note)[0] == 403, "the same name, but another key"


@pytest.mark.parametrize("what", ["rollback", "fork"])
def test_our_own_signer_refuses_before_anybody_else_has_to(logs, fork, tmp_path, what):
    """The data directory is an older backup, or one that went on otherwise; `last-signed` remembers."""
    source = {"rollback": logs[257].data, "fork": fork.data}[what]
    restored = tmp_path / "restored"
    shutil.copytree(source, restored)
    shutil.copy(logs[800].data / "last-signed", restored / "last-signed")
    result = run("ringdown-bench", "proof-files", restored, tmp_path / "public")
    assert result.returncode != 0
    assert {"rollback": "257", "fork": "800"}[what] in result.stderr, result.stderr
    assert not (tmp_path / "public").exists(), "nothing was signed"
