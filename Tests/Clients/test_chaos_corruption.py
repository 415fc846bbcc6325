"""A damaged log: found or harmless, repaired without a silent loss, and refused by a relay with a message."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nostr_client import Key
from relay_process import BINARIES, json_lines, run
from Tests.Chaos.corruption import mutations
from Tests.Chaos.corruption.run import corrupt
from Tests.Chaos.corruption.sample import Sample

ROUNDS = int(os.environ.get("RINGDOWN_CORRUPTION_ROUNDS", "300"))
SEED = int(os.environ.get("RINGDOWN_CORRUPTION_SEED", "1"))
PAGE = mutations.PAGE
# Of what a page says, and of a page that cannot be read.
DAMAGED = (65, 74)

needs_checker = pytest.mark.skipif(
    not (BINARIES / "ringdown-corruption").exists() and not os.environ.get("CI"),
    reason="ringdown-corruption is not built: swift build -c release --product ringdown-corruption")


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Sample:
    return Sample(tmp_path_factory.mktemp("corruption"))


@pytest.fixture
def damaged(sample, tmp_path) -> Path:
    return sample.copy(tmp_path / "damaged")


def write(data: Path, at: int, new: bytes):
    with open(data / "data.mdb", "r+b") as file:
        file.seek(at)
        file.write(new)


def entries(data: Path) -> list:
    return json_lines(run("ringdown-replay", "log", "--data", data, "--json").stdout)


def repair(data: Path, to: Path, *arguments) -> tuple[int, dict]:
    result = run("ringdown-relay", "repair", "--data", data, "--to", to, "--json", *arguments)
    assert result.stdout, result.stderr
    return result.returncode, json.loads(result.stdout)


def verifies(data: Path) -> bool:
    return run("ringdown-replay", "verify", "--data", data).returncode == 0


def live_page(sample: Sample) -> int:
    """A page that holds entries and is in use: one of the last that were written."""
    data = sample.newest
    pages = [at for at in range(0, len(data), PAGE) if data[at + 10] == 2 and data[at:at + PAGE].count(b"NRL1") > 2]
    for at in pages:
        copy = sample.copy(sample.data.with_name("probe"))
        write(copy, at, bytes(PAGE))
        if not verifies(copy):
            return at
    raise AssertionError("no page of the log is in use")


@needs_checker
def test_damage_is_found_or_changes_nothing_that_anybody_is_told(sample, tmp_path):
    counts, _, failures = corrupt(sample, tmp_path, ROUNDS, SEED)
    assert not failures, failures
    assert sum(counts.values()) == ROUNDS and counts["harmless"] < ROUNDS * 0.9, counts


class Blind:
    """A checker that takes no record's hash: it reads what stands in the pages, as it stands there."""

    def check(self, directory: Path) -> dict:
        data = (directory / "data.mdb").read_bytes()
        return {"told": str([data[at:at + 1000] for at in range(len(data)) if data.startswith(b"NRL1", at)])}

    def stop(self):
        pass


def test_control_a_checker_without_hashes_lets_silent_damage_through(sample, tmp_path):
    _, _, failures = corrupt(sample, tmp_path, 60, SEED, make_checker=Blind)
    assert any(failure["verdict"] == "SILENT" for failure in failures)


def test_repair_of_a_whole_log_gives_the_same_log(sample, damaged, tmp_path):
    code, result = repair(damaged, tmp_path / "new")
    assert code == 0 and result["lost"] == 0 and result["proven"], result
    assert verifies(tmp_path / "new") and entries(tmp_path / "new") == entries(sample.data)


def test_repair_finds_all_entries_where_no_page_leads_to_them(sample, damaged, tmp_path):
    write(damaged, 0, bytes(2 * PAGE))
    code, result = repair(damaged, tmp_path / "new")
    assert code == 0 and result["lost"] == 0 and result["proven"] and result["read"] == 0, result
    assert verifies(tmp_path / "new") and entries(tmp_path / "new") == entries(sample.data)


def test_repair_says_what_is_lost_and_that_it_was_published(sample, damaged, tmp_path):
    write(damaged, live_page(sample), bytes(PAGE))
    before = (damaged / "data.mdb").read_bytes()
    code, result = repair(damaged, tmp_path / "new")
    total = len(entries(sample.data))
    assert code == 1 and result["entries"] + result["lost"] == total and result["lost_signed"] > 0, result
    assert entries(tmp_path / "new") == entries(sample.data)[:result["entries"]]
    assert verifies(tmp_path / "new") and (damaged / "data.mdb").read_bytes() == before
    refused = run("ringdown-relay", "checkpoint", "--data", tmp_path / "new")
    assert refused.returncode != 0 and refused.stderr
    epoch = run("ringdown-relay", "new-epoch", "--data", tmp_path / "new", "--to", tmp_path / "epoch")
    assert epoch.returncode == 0, epoch.stderr


def test_repair_takes_what_is_missing_from_a_backup(sample, damaged, tmp_path):
    write(damaged, live_page(sample), bytes(PAGE))
    code, result = repair(damaged, tmp_path / "new", "--from", sample.backup)
    assert code == 0 and result["lost"] == 0 and result["from_backup"] > 0, result
    assert verifies(tmp_path / "new") and entries(tmp_path / "new") == entries(sample.data)


def test_repair_of_a_file_that_kills_its_reader(sample, damaged, tmp_path):
    os.truncate(damaged / "data.mdb", len(sample.newest) // 2 // PAGE * PAGE)
    code, result = repair(damaged, tmp_path / "new")
    assert code == 1 and result["entries"] > 0 and result["lost"] > 0, result
    assert verifies(tmp_path / "new")


def test_repair_keeps_away_from_what_is_there(sample, damaged, tmp_path):
    to = sample.copy(tmp_path / "taken")
    result = run("ringdown-relay", "repair", "--data", damaged, "--to", to)
    assert result.returncode == 64 and "holds a log already" in result.stderr
    assert run("ringdown-relay", "repair", "--data", damaged).returncode == 64


def test_a_dry_run_keeps_nothing(damaged):
    before = sorted(path.name for path in damaged.parent.iterdir())
    result = run("ringdown-relay", "repair", "--data", damaged, "--dry-run", "--json")
    assert result.returncode == 0 and json.loads(result.stdout)["lost"] == 0
    assert sorted(path.name for path in damaged.parent.iterdir()) == before


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_relay_on_a_damaged_log_ends_with_a_message(sample, damaged, part):
    os.truncate(damaged / "data.mdb", int(len(sample.newest) * part) // PAGE * PAGE)
    result = run("ringdown-relay", "checkpoint", "--data", damaged)
    assert result.returncode in DAMAGED and "ringdown-relay repair" in result.stderr, result


@pytest.mark.parametrize("name", ["relay.key", "log.key", "last-signed"])
def test_a_damaged_key_or_last_checkpoint_is_refused(sample, tmp_path, name):
    text = (sample.data / name).read_bytes()
    for at in range(0, len(text) - 1, max(1, len(text) // 6)):
        copy = sample.copy(tmp_path / "copy")
        (copy / name).write_bytes(text[:at] + bytes([text[at] ^ 1]) + text[at + 1:])
        os.chmod(copy / name, 0o600)
        # One more entry, so that there is something to sign.
        member = run("ringdown-relay", "member", "add", "--data", copy, "--pubkey", Key().hex)
        result = run("ringdown-relay", "checkpoint", "--data", copy)
        assert result.returncode != 0 and (result.stderr or member.stderr), f"byte {at}: {result}"
        shutil.rmtree(copy)
