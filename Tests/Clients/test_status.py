"""WIRE.md, "24620" and "30621": what a member reports, and what the others may know of it."""

import json
import time
from pathlib import Path

import pytest

import mesh
from nostr_client import Key, tag_values
from projection import project
from relay_process import Relay

SAMPLES = sorted(path for path in (Path(__file__).parents[1] / "Fixtures" / "samples").glob("*.json")
                 if ".projection" not in path.name)
# Fields that this relay adds and WIRE.md marks as "beyond" do not count; time is the relay's.
FIELDS = {"v", "type", "meshId", "meshName", "serveTargets", "models", "peerCount"}


def content(note: dict) -> dict:
    return {name: value for name, value in json.loads(note["content"]).items() if name in FIELDS}


def notes_of(client, key: Key, **filters) -> list[dict]:
    found = client.query({"kinds": [mesh.STATUS], **filters})
    return [note for note in found if tag_values(note, "d") == [f"sprout-relay-mesh:{key.hex}"]]


@pytest.fixture(scope="module")
def buzz_relay(tmp_path_factory):
    with Relay(tmp_path_factory.mktemp("buzz") / "data", "--dialect", "buzz", owner=Key()) as relay:
        yield relay


# Checks, in order


def test_1_unauthenticated(relay):
    bad = mesh.status_report(Key(), "not JSON")
    bad["sig"] = "00" * 64
    assert relay.connect().publish(bad) == (False, "auth-required: not authenticated")


def test_2_another_author_even_with_a_bad_signature_and_no_json(relay):
    _, client = relay.connected_member()
    report = mesh.status_report(relay.member(), "not JSON")
    expected = (False, "invalid: event pubkey does not match authenticated identity")
    assert client.publish(report) == expected
    assert client.publish({**report, "sig": "00" * 64}) == expected


@pytest.mark.parametrize("change", [
    {"content": "changed"}, {"created_at": 1}, {"sig": "11" * 64}, {"tags": [["x"]]},
], ids=str)
def test_3_id_and_signature_before_the_content(relay, change):
    key, client = relay.connected_member()
    answer = client.publish({**mesh.status_report(key, "not JSON"), **change})
    assert not answer.accepted
    assert answer.message.startswith("invalid: ") and "mesh status report content" not in answer.message


@pytest.mark.parametrize("report", ["", "not JSON", "[]", '"text"', "1", "null", "{", '{"a":1,}', '{"a":1}x'])
def test_5_content_that_is_no_json_object(relay, report):
    key, client = relay.connected_member()
    answer = client.publish(mesh.status_report(key, report))
    assert not answer.accepted
    assert answer.message.startswith("invalid: mesh status report content is not JSON (") and answer.message[-1] == ")"
    assert notes_of(client, key) == []


# The note


def test_a_report_becomes_the_note_that_members_discover(relay):
    key, client = relay.connected_member()
    watcher = relay.connect(relay.member())
    watcher.subscribe("mesh", mesh.DISCOVERY)
    before = int(time.time())
    report = mesh.status_report(key, mesh.serving())
    assert client.publish(report) == (True, "")
    note = watcher.next_event("mesh")
    assert note["pubkey"] == relay.key and note["kind"] == mesh.STATUS
    assert note["tags"][:3] == [["-"], ["d", f"sprout-relay-mesh:{key.hex}"], ["k", "sprout-mesh-status"]]
    assert before <= json.loads(note["content"])["updatedAt"] <= time.time() + 1
    assert content(note) == project(mesh.serving())
    assert notes_of(watcher, key) == [note]
    assert notes_of(watcher, key, **{"#d": tag_values(note, "d")}) == [note]


def test_the_note_expires(relay):
    key, client = relay.connected_member()
    client.accept(mesh.status_report(key, mesh.serving()))
    [note] = notes_of(client, key)
    [expiration] = tag_values(note, "expiration")
    assert time.time() + 15 < int(expiration) < time.time() + 3600


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples(buzz_relay, path):
    key, client = buzz_relay.connected_member()
    client.accept(mesh.status_report(key, path.read_text()))
    filters = {"kinds": [mesh.STATUS], "#d": [f"buzz-relay-mesh:{key.hex}"], "#k": ["buzz-mesh-status"]}
    [note] = client.query(filters)
    expected = json.loads(path.with_suffix(".projection.json").read_text())
    expected.pop("updatedAt")
    assert content(note) == expected
    assert "canary" not in json.dumps(note)
    beyond = set(json.loads(note["content"])) - FIELDS - {"updatedAt"}
    assert not beyond, f"fields that WIRE.md does not name: {beyond}"


def test_blanks_orders_and_repetitions(relay):
    report = {
        "mesh_id": "  ", "mesh_name": "\t name \n", "node_id": 7, "token": " self ", "my_vram_gb": "24",
        "hosted_models": ["b", " a ", "", 1, None, "b", "é", "e\u0301", "Z"], "serving_models": ["a", "c"],
        "models": ["not named by the rules"],
        "peers": [
            {"invite_token": "", "endpoint_addr": " e1 ", "endpointAddr": "e2", "hostname": "", "id": "p1",
             "vram_gb": 8, "serving_models": ["a", "b"]},
            {"endpointAddr": "self", "hostname": "later", "hosted_models": ["a"]},
            {"hosted_models": ["known, not reachable"]},
            "not an object", 5, None,
        ],
        "runtime_dir": "/canary",
    }
    key, client = relay.connected_member()
    client.accept(mesh.status_report(key, report))
    [note] = notes_of(client, key)
    assert content(note) == project(report)
    assert [model["id"] for model in content(note)["models"]] == [
        "Z", "a", "b", "c", "e\u0301", "known, not reachable", "é"]
    assert content(note)["peerCount"] == 6


@pytest.mark.parametrize("report", [
    {}, {"hosted_models": "x", "serving_models": {}, "peers": "y", "token": 1}, {"token": "t"},
    {"hosted_models": ["m"]}, {"token": "t", "serving_models": ["m"]},
], ids=str)
def test_partial_reports(relay, report):
    key, client = relay.connected_member()
    client.accept(mesh.status_report(key, report))
    assert [content(note) for note in notes_of(client, key)] == [project(report)]


def test_reporters_do_not_clobber_each_other(relay):
    (first, one), (second, two) = relay.connected_member(), relay.connected_member()
    one.accept(mesh.status_report(first, mesh.serving("first")))
    two.accept(mesh.status_report(second, mesh.serving("second")))
    assert content(notes_of(one, first)[0])["models"] == [{"id": "first"}]
    assert content(notes_of(one, second)[0])["models"] == [{"id": "second"}]


def test_reports_of_the_same_second_all_count(relay):
    key, client = relay.connected_member()
    client.subscribe("mesh", mesh.DISCOVERY)
    now = int(time.time())
    for number in range(5):
        client.accept(mesh.status_report(key, mesh.serving(f"model {number}"), created_at=now))
    times = [client.next_event("mesh")["created_at"] for _ in range(5)]
    assert times == sorted(set(times))
    [note] = notes_of(client, key)
    assert content(note)["models"] == [{"id": "model 4"}] and note["created_at"] == times[-1]


def test_a_report_that_changes_nothing_makes_no_new_note(relay):
    key, client = relay.connected_member()
    client.accept(mesh.status_report(key, mesh.serving()))
    client.subscribe("mesh", mesh.DISCOVERY)
    later = int(time.time()) + 1
    assert client.publish(mesh.status_report(key, mesh.serving(), created_at=later)) == (True, "")
    client.expect_silence("mesh")


def test_a_node_that_stops_empties_its_note(relay):
    key, client = relay.connected_member()
    client.accept(mesh.status_report(key, mesh.serving()))
    client.accept(mesh.status_report(key, mesh.STOPPED))
    [note] = notes_of(client, key)
    assert content(note)["serveTargets"] == [] and content(note)["models"] == []


def test_a_silent_node_is_no_longer_offered(make_relay):
    relay = make_relay(owner=Key(), environ={"RINGDOWN_STALENESS_SECONDS": "1"}).start()
    key, client = relay.connected_member()
    client.accept(mesh.status_report(key, mesh.serving()))
    watcher = relay.connect(relay.member())
    [first] = watcher.subscribe("mesh", mesh.DISCOVERY)
    emptied = watcher.next_event("mesh", timeout=6)
    assert content(emptied)["serveTargets"] == [] and emptied["created_at"] > first["created_at"]
    assert notes_of(watcher, key) == [emptied]


def test_reports_are_never_served(relay):
    key, client = relay.connected_member()
    watcher = relay.connect(relay.member())
    watcher.subscribe("reports", {"kinds": [mesh.STATUS_REPORT]}, {"authors": [key.hex]})
    report = client.accept(mesh.status_report(key, mesh.serving()))
    watcher.expect_silence("reports")
    assert watcher.query({"ids": [report["id"]]}, {"kinds": [mesh.STATUS_REPORT]}) == []


# Limits


def resident_kilobytes(relay) -> int:
    status = open(f"/proc/{relay.process.pid}/status").read()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


@pytest.mark.parametrize("limits", [[], ["--set=maximum_string_bytes=65536", "--set=maximum_models=10000"]])
def test_one_long_token_and_thousands_of_models_are_refused(make_relay, limits):
    relay = make_relay(*limits, owner=Key()).start()
    key, client = relay.connected_member()
    # 126 MB of note, if the token were repeated once per model.
    report = {"token": "t" * 30_000, "hosted_models": [f"m{number}" for number in range(4_200)]}
    client.publish(mesh.status_report(key, report))
    before = resident_kilobytes(relay)
    for number in range(15):
        answer = client.publish(mesh.status_report(key, {**report, "node_id": str(number)}))
        assert not answer.accepted and answer.message.startswith("invalid: ")
    assert resident_kilobytes(relay) - before < 8_192, "memory does not move"
    assert notes_of(client, key) == []


@pytest.mark.parametrize("report", [
    {"token": "t" * 70_000, "hosted_models": ["m"]},
    {"token": "t", "hosted_models": ["m" * 70_000]},
    {"token": "t", "hosted_models": [f"model {number}" for number in range(5_000)]},
    {"peers": [{"id": f"{number}"} for number in range(5_000)]},
], ids=["token", "model", "models", "peers"])
def test_every_list_and_string_has_a_limit(relay, report):
    key, client = relay.connected_member()
    answer = client.publish(mesh.status_report(key, report))
    assert not answer.accepted and answer.message.startswith("invalid: ")


def test_a_reporter_has_a_rate(relay):
    key, client = relay.connected_member()
    reports = [mesh.status_report(key, mesh.serving(f"model {number}")) for number in range(150)]
    for report in reports:
        client.send("EVENT", report)
    answers = [client.answer(report) for report in reports]
    assert answers[0].accepted
    assert any(not answer.accepted and answer.message.startswith("rate-limited: ") for answer in answers)
    time.sleep(1.1)
    client.accept(mesh.status_report(key, mesh.serving()))
