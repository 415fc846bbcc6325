"""A log watched over HTTP while its relay runs, by anybody and by an auditor; proofs of what happened there."""

import json
import shutil
import textwrap
from pathlib import Path

import pytest
from http_client import url
from nostr_client import Key
from relay_process import run, succeed


@pytest.fixture
def watched(make_relay, tmp_path):
    """A relay with one granted call, that publishes when asked, and the log's key."""
    relay = make_relay("--set", "checkpoint_seconds=0", owner=Key()).start()
    relay.member()
    return relay


def log_vkey(relay) -> str:
    return json.loads(succeed("ringdown-relay", "key", "show", "--data", relay.data, "--json"))["vkey"]


def publish(relay):
    done = run("ringdown-relay", "checkpoint", "--data", relay.data)
    assert done.returncode == 0, done.stderr


def look(relay, tmp_path, *options):
    return run(
        "ringdown-replay", "monitor", url(relay, ""), "--once", "--state", tmp_path / "state", "--vkey", log_vkey(relay),
        *options)


def test_a_log_is_followed_over_http_and_a_restored_backup_is_an_alarm(watched, tmp_path):
    publish(watched)
    first = look(watched, tmp_path)
    assert first.returncode == 0 and first.stdout.startswith("first look at"), first.stdout + first.stderr
    watched.stop()
    backup = tmp_path / "backup"
    shutil.copytree(watched.data, backup, ignore=shutil.ignore_patterns("*.sock"))
    watched.start()
    watched.member()
    publish(watched)
    grown = look(watched, tmp_path, "--json")
    assert grown.returncode == 0, grown.stdout + grown.stderr
    assert json.loads(grown.stdout)["grown"] > 0
    watched.stop()
    (tmp_path / "newer").mkdir()
    for name in ("data.mdb", "lock.mdb", "last-signed"):
        if (backup / name).exists():
            shutil.move(watched.data / name, tmp_path / "newer" / name)
            shutil.copy(backup / name, watched.data / name)
    watched.start()
    publish(watched)
    alarm = look(watched, tmp_path)
    assert alarm.returncode == 1, alarm.stdout
    assert alarm.stdout.startswith(("ALARM rollback", "ALARM fork")), alarm.stdout


def test_an_auditor_recomputes_the_decisions_over_http(watched, tmp_path):
    publish(watched)
    secret = tmp_path / "auditor.key"
    secret.write_text(watched.owner.secret.hex() + "\n")
    options = ("--key-file", secret, "--copy", tmp_path / "copy")
    first = look(watched, tmp_path, *options)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "every decision is what the rules give" in first.stdout
    watched.member()
    publish(watched)
    assert look(watched, tmp_path, *options).returncode == 0
    verified = run("ringdown-replay", "verify", "--data", tmp_path / "copy")
    assert verified.returncode == 0, verified.stdout
    stranger = tmp_path / "stranger.key"
    stranger.write_text("11" * 32)
    watched.member()
    publish(watched)
    refused = look(watched, tmp_path, "--key-file", stranger, "--copy", tmp_path / "copy")
    assert refused.returncode == 1 and refused.stdout.startswith("ALARM unreachable"), refused.stdout


def test_what_a_relay_did_is_proven_under_its_own_checkpoint(watched, tmp_path):
    publish(watched)
    proof = tmp_path / "entry.proof"
    made = run("ringdown-replay", "prove", "--data", watched.data, "3", "--out", proof)
    assert made.returncode == 0, made.stderr
    checked = run("ringdown-replay", "check", proof, "--vkey", log_vkey(watched))
    assert checked.returncode == 0 and checked.stdout.startswith("PROVEN"), checked.stdout
    altered = bytearray(proof.read_bytes())
    altered[len(altered) // 2] ^= 1
    proof.write_bytes(altered)
    assert run("ringdown-replay", "check", proof, "--vkey", log_vkey(watched)).returncode == 1


def test_the_check_by_hand_that_the_docs_give_accepts_a_proof_and_refuses_an_altered_one(watched, tmp_path):
    publish(watched)
    proof = tmp_path / "entry.proof"
    assert run("ringdown-replay", "prove", "--data", watched.data, "3", "--out", proof).returncode == 0
    docs = (Path(__file__).parents[2] / "docs" / "proofs.md").read_text().split("## By hand")[1].split("\n## ")[0]
    code = textwrap.dedent("\n".join(line for line in docs.split("\n") if line.startswith("    ")))
    code = code.replace('"call.proof"', repr(str(proof)))
    exec(code, {})
    bundle = json.loads(proof.read_text())
    bundle["entries"][-1]["payload"] += " "
    proof.write_text(json.dumps(bundle))
    with pytest.raises(AssertionError):
        exec(code, {})
