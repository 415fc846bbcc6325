"""Crashes and power cuts, the short version of `make chaos SUITES=crash`: and faults on purpose, which have to be found."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nostr_client import Key
from relay_process import BINARIES, REPOSITORY

sys.path.insert(0, str(REPOSITORY))

from Tests.Chaos.crash_images.cuts import cut
from Tests.Chaos.crash_images.rehearsal import rehearse
from Tests.Chaos.kills.trial import Trial
from Tests.Chaos.power_cut.rounds import PowerCut
from Tests.Chaos.power_cut.stage import absent, missing
from Tests.Chaos.shims import preloaded

ROUNDS = int(os.environ.get("RINGDOWN_CRASH_ROUNDS", "50"))
IMAGES = int(os.environ.get("RINGDOWN_CRASH_IMAGES", "300"))
SEED = int(os.environ.get("RINGDOWN_CRASH_SEED", time.time_ns() % 1_000_000))
# A control has to be found out long before so many kills or images.
CONTROL_ROUNDS, CONTROL_IMAGES = 20, 60
MODEL = REPOSITORY / "Tests" / "Chaos" / "model" / "gate.pml"


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory):
    """One recording for all images."""
    if not (BINARIES / "ringdown-crash-check").exists():
        pytest.skip("ringdown-crash-check is not built") if not os.environ.get("CI") else pytest.fail("not built")
    print(f"repeat with RINGDOWN_CRASH_SEED={SEED}")
    return rehearse(tmp_path_factory.mktemp("recorded"), SEED, seconds=1, archives=False)


@pytest.mark.timeout(60 + 15 * ROUNDS)
def test_a_kill_loses_nothing_and_repeats_nothing(make_relay):
    print(f"repeat with RINGDOWN_CRASH_SEED={SEED} RINGDOWN_CRASH_ROUNDS={ROUNDS}")
    trial = Trial(make_relay(owner=Key()).start(), SEED, verify_every=25, longest_load=0.15)
    trial.run(ROUNDS)
    assert trial.counts["acknowledged"] > 20 * ROUNDS, "the load was too small to mean anything"
    assert trial.counts["granted"] and trial.counts["verified"]


def test_a_relay_that_speaks_before_its_commit_is_found_out(make_relay):
    relay = make_relay(owner=Key()).start()
    trial = Trial(relay, SEED, verify_every=CONTROL_ROUNDS)
    relay.environ = preloaded("early")
    relay.restart()
    with pytest.raises(AssertionError, match="acknowledged events are gone|not in the log|was answered|decided twice"):
        trial.run(CONTROL_ROUNDS)


@pytest.mark.timeout(60 + IMAGES)
def test_a_power_cut_loses_nothing_that_was_promised(rehearsal, tmp_path):
    found, problems = cut(rehearsal, tmp_path, SEED, IMAGES)
    assert found["images"] == IMAGES and found["started on"]
    assert not problems, f"{len(problems)} of {IMAGES} images: {problems[:3]}"


def test_a_disk_that_forgets_syncs_is_found_out(rehearsal, tmp_path):
    found, _ = cut(rehearsal, tmp_path, SEED, CONTROL_IMAGES, control="nosync")
    assert found["lost"] + found["corrupt"] > CONTROL_IMAGES / 4, found


def test_without_hashes_a_corrupt_log_would_pass(rehearsal, tmp_path):
    """What the hashes are for: a reader who believes the file finds nothing of the same damage. Some of it is in pages
    that were freed, and means nothing."""
    checked, _ = cut(rehearsal, tmp_path, SEED, CONTROL_IMAGES, control="damaged")
    believed, _ = cut(rehearsal, tmp_path, SEED, CONTROL_IMAGES, control="unchecked")
    assert checked["corrupt"] > CONTROL_IMAGES / 4, f"damage went unnoticed: {checked}"
    assert believed["corrupt"] < checked["corrupt"] / 4, f"a reader without checks found it, too: {believed}"


def violated(mode: int, entries: int, place: Path) -> bool:
    """Whether the model checker finds a call of somebody who is no member."""
    subprocess.run(["spin", f"-DMODE={mode}", f"-DMAX={entries}", "-a", MODEL], cwd=place, check=True)
    subprocess.run(["cc", "-w", "-O2", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"], cwd=place, check=True)
    said = subprocess.run(["./pan", "-m1000000"], cwd=place, check=True, capture_output=True, text=True).stdout
    assert "errors: " in said and "max search depth too small" not in said, said
    return "errors: 0" not in said


@pytest.mark.parametrize("mode, entries, is_wrong", [(0, 5, True), (1, 5, True), (2, 4, False), (3, 4, False)])
def test_the_two_wrong_designs_of_the_gate_fail_in_the_model(mode, entries, is_wrong, tmp_path):
    if not shutil.which("spin") and not os.environ.get("CI"):
        pytest.skip("spin is not installed (scripts/setup.sh chaos)")
    assert violated(mode, entries, tmp_path) == is_wrong


@pytest.mark.parametrize("filesystem", ["ext4", "xfs"])
@pytest.mark.timeout(120)
def test_a_file_system_after_a_power_cut_has_what_was_promised(filesystem, tmp_path):
    if reason := missing(filesystem):
        assert not (os.environ.get("CI") and absent(filesystem)), reason
        pytest.skip(reason)
    trial = PowerCut(filesystem, tmp_path, SEED)
    trial.live(seconds=1)
    trial.cut(12)
    assert trial.found["rounds"] == 12 and not trial.problems, trial.problems[:3]
