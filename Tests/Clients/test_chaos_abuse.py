"""A short run of some attacks: members go on pairing, memory comes back, and what was turned away is counted and explained.

And the controls: with the limit against an attack switched off, the same measurement has to find something."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from relay_process import succeed
from Tests.Chaos.abuse import measure
from Tests.Chaos.abuse.attacks import ATTACKS

SECONDS = 1.5
# A loaded machine stretches everything: here it only has to go on. `python -m Tests.Chaos.abuse` measures.
GENEROUS_SECONDS = 3.0
SHORT = [
    "crowd", "crowd_that_talks", "auth_flood", "ping_flood", "fragments", "slow_heads", "page_flood", "bad_signatures",
    "half_open",
]


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(measure, "IDLE_SECONDS", 0.3)
    # Here the attackers have to get somewhere, whatever else the machine does.
    monkeypatch.setattr(measure, "ATTACKER_NICENESS", 0)
    monkeypatch.setattr(measure, "WARM_UP_SECONDS", 0.1)
    monkeypatch.setattr(measure, "STORED_EVENTS", 100)
    monkeypatch.setattr(measure, "NOISE_SECONDS", GENEROUS_SECONDS)


@pytest.mark.parametrize("name", SHORT)
def test_members_pair_beside_the_attack_and_nothing_of_it_stays(name, tmp_path):
    found = measure.measure(ATTACKS[name], tmp_path, SECONDS)
    assert found.problems == [], found
    assert found.during.count > 0 and found.during.p99 < GENEROUS_SECONDS, found


CONTROLS = {
    "auth_flood": "nothing was counted as too_many_faults",
    "half_open": "nothing was counted as ping_timeout",
    "slow_heads": "nothing was counted as request_timeout",
}


@pytest.mark.parametrize("name", CONTROLS)
def test_control_without_the_limit_the_attack_is_noticed(name, tmp_path):
    attack = ATTACKS[name]._replace(counts=ATTACKS[name].counts[:1])
    found = measure.measure(attack, tmp_path, SECONDS, attack.control)
    assert any(problem.startswith(CONTROLS[name]) for problem in found.problems), found


def test_control_memory_without_a_bound_is_noticed(tmp_path, monkeypatch):
    """Messages that never end, which the bound on all of them together would turn away."""
    monkeypatch.setattr(measure, "HEAP_BYTES", 8 << 20)
    attack = ATTACKS["unfinished_frames"]
    bounded = measure.measure(attack, tmp_path / "bounded", SECONDS)
    assert bounded.problems == [], bounded
    found = measure.measure(attack, tmp_path / "unbounded", SECONDS, attack.control)
    assert any(problem.startswith("the heap grew by") for problem in found.problems), found


def test_status_says_why(make_relay):
    """What was turned away is on the operator's screen, with what it means."""
    from nostr_client import Key

    relay = make_relay(owner=Key()).start()
    assert not relay.connect().authenticate(Key()).accepted
    text = succeed("ringdown-relay", "status", "--data", relay.data)
    assert "not_member: a proved key that is no member's" in text


def test_every_attack_has_a_name_of_its_own_and_says_what_it_does():
    assert len(ATTACKS) > 35 and all(attack.what and attack.name == name for name, attack in ATTACKS.items())
