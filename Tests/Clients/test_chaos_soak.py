"""A short soak, and what its verdicts do when something is wrong: a verdict that cannot fail says nothing."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nostr_client import Client
from Tests.Chaos.soak import operator, run, verdicts

SECONDS, RATE = 6, 60


def plan(tmp_path, seconds: float = SECONDS, **settings) -> run.Plan:
    return run.Plan(seconds, RATE, 3, 0.5, tmp_path / "soak", settings)


def test_mixed_load_with_churn_leaves_everything_as_it_was(tmp_path):
    found, lines = run.soak(plan(tmp_path))
    assert all(verdict.holds for verdict in found), found
    assert lines[-1]["done"] > SECONDS * RATE / 8 and lines[-1]["entries"] > lines[0]["entries"]


def test_control_connections_that_are_left_open_are_noticed(tmp_path, monkeypatch):
    left = []

    def go_without_closing(world):
        left.append(Client(world.relay.url))

    monkeypatch.setattr(run, "WEIGHTS", {**run.WEIGHTS, go_without_closing: 10})
    monkeypatch.setattr(run, "SETTLE_SECONDS", 2)
    with pytest.raises(AssertionError, match="connections do not end"):
        run.soak(plan(tmp_path, 1.5))
    for client in left:
        client.close()


def test_control_a_wrong_answer_is_noticed(tmp_path, monkeypatch):
    """With a rate that nobody can live with, requests are refused that ought to be granted."""
    monkeypatch.setattr(operator, "configure", lambda file, rate: file.write_text("requests_per_second = 1\n"))
    monkeypatch.setattr(run, "PEOPLE", 3)
    monkeypatch.setattr(run, "FIRST_MEMBERS", 2)
    found, _ = run.soak(plan(tmp_path, 3))
    [answers] = [verdict for verdict in found if verdict.name == "answers were right"]
    assert not answers.holds and "rate" in answers.found


def line(seconds: float, heap: float, descriptors: int = 30, threads: int = 8) -> dict:
    return {"seconds": seconds, "anonymous": heap, "descriptors": descriptors, "connections": 10, "threads": threads}


@pytest.mark.parametrize("per_hour, holds", [(0, True), (2, True), (20, False), (200, False)])
def test_control_a_heap_that_grows_is_noticed(per_hour, holds):
    """Beneath bumps that are larger than the growth."""
    rising = [
        line(second, (20 + per_hour * second / 3600 + (15 if second % 300 == 0 else 0)) * 2**20)
        for second in range(0, 3600, 5)]
    assert verdicts.heap_is_flat(rising).holds == holds
    lost = [line(second, 2**24, 30 + second * per_hour // 3600) for second in range(0, 3600, 5)]
    assert verdicts.descriptors_are_flat(lost).holds == holds


def test_control_threads_that_pile_up_are_noticed():
    assert not verdicts.threads_are_flat([line(second, 2**24, threads=8 + second) for second in range(20)]).holds
