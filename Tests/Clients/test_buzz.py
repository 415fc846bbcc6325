"""buzzkit, which holds the real Rust client of Buzz, as a member in Buzz's dialect.

It needs Python 3.12; `scripts/setup.sh clients` makes it an environment of its own where there is one.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

import mesh
from nostr_client import Key, is_valid
from relay_process import REPOSITORY

PYTHON = Path(os.environ.get("RINGDOWN_BUZZ_PYTHON") or REPOSITORY / ".venv-buzz" / "bin" / "python")
SCRIPT = Path(__file__).with_name("buzz_member.py")
SECONDS = 60


@pytest.mark.skipif(not PYTHON.exists(), reason=f"buzzkit needs Python 3.12 or later, and {PYTHON} is not there")
def test_a_buzz_client_is_a_member(make_relay):
    relay = make_relay("--dialect", "buzz", owner=Key()).start()
    alice, bob = relay.member(), relay.member()
    plan = {
        "url": relay.url, "alice": alice.secret.hex(), "bob": bob.secret.hex(), "stranger": Key().secret.hex(),
        "report": mesh.status_report(alice, mesh.serving()), "request": mesh.connect_request(bob, alice),
        "discovery": {"kinds": [mesh.STATUS], "#k": ["buzz-mesh-status"], "limit": 100},
        "calls": {"alice": mesh.calls_to(alice), "bob": mesh.calls_to(bob)},
    }
    run = subprocess.run(
        [PYTHON, SCRIPT], input=json.dumps(plan), capture_output=True, text=True, timeout=SECONDS)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["posted"]["accepted"] and result["profile"]["accepted"] and result["presence"]["accepted"]
    assert [event["content"] for event in result["queried"]] == ["hello from Buzz"]
    assert result["stored"] == result["queried"]
    assert "403" in result["stranger_http"] and "relay_membership_required" in result["stranger_http"]
    assert "restricted: not a relay member" in result["stranger_ws"]
    assert result["report"] == {"event_id": plan["report"]["id"], "accepted": True, "message": ""}
    [note] = result["note"]
    assert is_valid(note) and ["d", f"buzz-relay-mesh:{alice.hex}"] in note["tags"]
    assert json.loads(note["content"])["type"] == "buzz-mesh-status"
    assert result["request"] == {"event_id": plan["request"]["id"], "accepted": True, "message": ""}
    for call, key, other in zip(result["rung"], (alice, bob), (bob, alice)):
        content = json.loads(call["content"])
        assert is_valid(call) and call["tags"] == [["p", key.hex]]
        assert content["type"] == "buzz-iroh-call-me-now" and content["peer_pubkey"] == other.hex
