"""Checkpoints: signed on a schedule and at the end, published in the log and as an event, served with their tiles, cosigned
by witnesses, and never a lie."""

import hashlib
import json
import shutil
import time

import pytest

import mesh
from http_client import authorization, header, request, url
from nostr_client import Key
from relay_process import log_entries, run, succeed, until
from witness import Note, Witness, root_of

CHECKPOINT_KIND = 30622


def published(relay) -> Note | None:
    reply = request(relay, "GET", "/checkpoint")
    return Note(reply.body.decode()) if reply.status == 200 else None


def checkpoint(relay, *arguments):
    return run("ringdown-relay", "checkpoint", "--data", relay.data, *arguments)


def log_vkey(relay) -> str:
    return json.loads(succeed("ringdown-relay", "key", "show", "--data", relay.data, "--json"))["vkey"]


@pytest.fixture
def quiet(make_relay):
    """A relay that publishes only when asked."""
    return make_relay("--set", "checkpoint_seconds=0", owner=Key()).start()


def test_a_checkpoint_is_published_on_a_schedule_and_grows(make_relay):
    relay = make_relay("--set", "checkpoint_seconds=1", owner=Key()).start()
    relay.member()
    first = until(lambda: published(relay), "no first checkpoint")
    first.verify(log_vkey(relay))
    relay.member()
    second = until(lambda: (note := published(relay)).size > first.size and note, "no second one")
    second.verify(log_vkey(relay))
    assert second.origin == first.origin


def test_a_quiet_log_has_nothing_new_to_say(make_relay):
    relay = make_relay("--set", "checkpoint_seconds=1", owner=Key()).start()
    relay.member()
    until(lambda: published(relay), "no checkpoint")
    time.sleep(1.5)
    before = published(relay).text
    time.sleep(2.5)
    assert published(relay).text == before


def test_it_is_asked_for_beside_a_relay_and_without_one(quiet):
    assert request(quiet, "GET", "/checkpoint").status == 404
    quiet.member()
    note = Note(checkpoint(quiet).stdout)
    note.verify(log_vkey(quiet))
    assert published(quiet).text == note.text
    assert Note(checkpoint(quiet).stdout).text == note.text, "the same size is not signed twice"
    quiet.stop()
    alone = json.loads(checkpoint(quiet, "--json").stdout)
    assert alone["size"] > note.size and Note(alone["note"]).root.hex() == alone["root"]
    assert succeed("ringdown-replay", "verify", "--data", quiet.data)


def test_the_end_is_signed_too(quiet):
    quiet.member()
    size = len(log_entries(quiet.data))
    assert quiet.stop() == 0
    notes = [entry for entry in log_entries(quiet.data) if entry["type"] == "checkpoint"]
    assert len(notes) == 1 and Note(notes[0]["payload"]["note"]).size >= size
    quiet.start()
    assert published(quiet).text == notes[0]["payload"]["note"], "what was published is served after a restart"


def test_members_get_it_as_an_event_of_the_relay(quiet):
    quiet.member()
    first = Note(checkpoint(quiet).stdout)
    member, client = quiet.connected_member()
    found = client.query({"kinds": [CHECKPOINT_KIND]})
    assert [event["content"] for event in found] == [first.text]
    assert found[0]["pubkey"] == quiet.key
    assert ["d", first.origin] in found[0]["tags"] and ["-"] in found[0]["tags"]
    client.subscribe("live", {"kinds": [CHECKPOINT_KIND], "limit": 0})
    second = Note(checkpoint(quiet).stdout)
    assert client.next_event("live")["content"] == second.text
    assert [event["content"] for event in client.query({"kinds": [CHECKPOINT_KIND]})] == [second.text]


def test_nobody_else_publishes_one(quiet):
    answer = quiet.owner_client.publish(quiet.owner.sign(CHECKPOINT_KIND, tags=[["d", "x"]], content="mine"))
    assert answer == (False, "restricted: relay-only kind")


def test_the_information_document_and_the_figures_tell_of_it(quiet):
    quiet.member()
    note = Note(checkpoint(quiet).stdout)
    document = request(quiet, "GET", "/info").json
    assert Note(document["ringdown"]["checkpoint"]).text == note.text
    note.verify(document["ringdown"]["log"])
    assert f"ringdown_checkpoint_size {note.size}\n".encode() in request(quiet, "GET", "/metrics").body
    status = json.loads(succeed("ringdown-relay", "status", "--data", quiet.data, "--json"))
    assert status["checkpoint"]["size"] == note.size and not status["checkpoint"]["halted"]


# Tiles


def tile_path(level, index: int, width: int) -> str:
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03}")
    return f"/tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < 256 else "")


def leaves(read, size: int) -> list[bytes]:
    found = []
    for index in range((size + 255) // 256):
        width = min(256, size - index * 256)
        data = read(tile_path("entries", index, width))
        while data:
            length = int.from_bytes(data[:2], "big")
            found.append(data[2 : 2 + length])
            data = data[2 + length :]
    return found


def check_tiles(read, note: Note):
    found = leaves(read, note.size)
    hashes = [hashlib.sha256(b"\0" + leaf).digest() for leaf in found]
    assert len(found) == note.size and all(len(leaf) == 124 for leaf in found)
    assert root_of(hashes) == note.root
    level = 0
    while hashes:
        for index in range((len(hashes) + 255) // 256):
            part = hashes[index * 256 : index * 256 + 256]
            assert read(tile_path(level, index, len(part))) == b"".join(part)
        hashes = [root_of(hashes[index : index + 256]) for index in range(0, len(hashes) // 256 * 256, 256)]
        level += 1


def test_the_tiles_are_the_tree_of_the_checkpoint(quiet, tmp_path):
    member, client = quiet.connected_member()
    for number in range(300):
        client.accept(member.sign(1, f"note {number}"))
    note = Note(checkpoint(quiet).stdout)

    def read(path: str) -> bytes:
        reply = request(quiet, "GET", path)
        assert reply.status == 200, path
        assert "immutable" in reply.headers["cache-control"]
        return reply.body

    check_tiles(read, note)
    client.accept(member.sign(1, "one more"))
    for path in [
        tile_path(0, note.size // 256, note.size % 256 + 1), tile_path(0, 999, 256), "/tile/0/00", "/tile/8/000",
        "/tile/0/000.p/256", "/tile/0/000.p/0", "/tile/x/000", "/tile/", "/tile/entries/x001", "/tile/0/-01",
    ]:
        assert request(quiet, "GET", path).status == 404, f"{path} is not covered, or no tile"
    assert request(quiet, "POST", "/checkpoint").status == 405
    files = tmp_path / "tiles"
    succeed("ringdown-relay", "export", "--data", quiet.data, "--tiles", files)
    assert (files / "checkpoint").read_text() == note.text
    check_tiles(lambda path: (files / path[1:]).read_bytes(), note)


# Payloads


def read_entries(relay, key, path: str = "/log/entries?from=0&limit=5", **fields):
    event = authorization(key, url(relay, path), "GET", None, **fields)
    return request(relay, "GET", path, headers={"Authorization": header(event)}), event


def test_payloads_are_for_owner_admins_and_auditors_and_every_reading_is_logged(quiet):
    admin, member, auditor = quiet.member("admin"), quiet.member(), Key()
    assert request(quiet, "GET", "/log/entries").status == 401
    for stranger in (member, auditor):
        reply, _ = read_entries(quiet, stranger)
        assert reply.status == 403 and b"auditors" in reply.body
    succeed("ringdown-relay", "policy", "set", "--data", quiet.data, f"auditors={auditor.hex}")
    for reader in (quiet.owner, admin, auditor):
        reply, event = read_entries(quiet, reader)
        assert reply.status == 200
        lines = [json.loads(line) for line in reply.body.splitlines()]
        exported = succeed("ringdown-relay", "export", "--data", quiet.data, "--entries").splitlines()[:5]
        assert lines == [json.loads(line) for line in exported]
        logged = [entry for entry in log_entries(quiet.data) if entry["type"] == "read"][-1]
        assert logged["event"] == event["id"] and (logged["payload"]["from"], logged["payload"]["to"]) == (0, 4)
        again = request(quiet, "GET", "/log/entries?from=0&limit=5", headers={"Authorization": header(event)})
        assert again.status == 401, "an authorization is good once"
    assert len([entry for entry in log_entries(quiet.data) if entry["type"] == "read"]) == 3
    assert succeed("ringdown-replay", "verify", "--data", quiet.data)


@pytest.mark.parametrize("query", ["from=-1", "from=x", "limit=0", "from=1&from=2", "what=1", "from"])
def test_a_range_that_is_not_understood_is_refused(relay, query):
    assert read_entries(relay, relay.owner, f"/log/entries?{query}")[0].status == 400


def test_reading_behind_the_end_gives_nothing(relay):
    reply, _ = read_entries(relay, relay.owner, "/log/entries?from=1000000")
    assert (reply.status, reply.body) == (200, b"")


# Witnesses


@pytest.fixture
def witnessed(make_relay, tmp_path):
    """A relay, a witness that it asks, and a policy that needs it."""
    relay = make_relay("--set", "checkpoint_seconds=0", owner=Key()).start()
    witness = Witness(log_vkey(relay))
    policy = tmp_path / "policy"
    policy.write_text(f"log {log_vkey(relay)}\nwitness w1 {witness.vkey} {witness.url}\nquorum w1\n")
    relay.flags += ["--witness-policy", str(policy)]
    relay.restart()
    yield relay, witness
    witness.close()


def test_a_witness_cosigns_growth(witnessed):
    relay, witness = witnessed
    for _ in range(3):
        relay.member()
        note = Note(checkpoint(relay).stdout)
        assert [name for name, _, _ in note.signatures] == [note.origin, witness.name]
        assert witness.held == (note.size, note.root)
    assert published(relay).text == note.text
    assert [old for old, _ in witness.asked] == [0, *[size for _, size in witness.asked]][: len(witness.asked)]


@pytest.mark.parametrize("behaviour", ["refuse", "lie", "gone"])
def test_without_the_quorum_nothing_is_published(witnessed, behaviour):
    relay, witness = witnessed
    before = published(relay)
    relay.member()
    witness.close() if behaviour == "gone" else setattr(witness, "behave", behaviour)
    result = checkpoint(relay)
    assert result.returncode == 1 and "too few witnesses" in result.stderr
    assert (published(relay) and published(relay).text) == (before and before.text)
    assert relay.connect(relay.member()), "the relay goes on"
    assert b"ringdown_witness_failures_total" in request(relay, "GET", "/metrics").body
    if behaviour != "gone":
        witness.behave = "well"
        assert checkpoint(relay).returncode == 0, "it recovers by itself"


def test_a_slow_witness_keeps_nobody_waiting(witnessed):
    relay, witness = witnessed
    alice, a = relay.connected_member()
    bob, b = relay.connected_member()
    witness.behave = "slow"
    import threading

    results = []
    asking = threading.Thread(target=lambda: results.append(checkpoint(relay)))
    asking.start()
    time.sleep(0.3)
    begun = time.monotonic()
    assert a.publish(mesh.connect_request(alice, bob)).accepted
    assert time.monotonic() - begun < 1
    asking.join()
    assert results[0].returncode == 0


def test_a_restored_backup_is_not_signed(witnessed, tmp_path):
    relay, witness = witnessed
    relay.member()
    assert checkpoint(relay).returncode == 0
    relay.stop()
    shutil.copytree(relay.data, tmp_path / "old")
    relay.start()
    for _ in range(3):
        relay.member()
    assert checkpoint(relay).returncode == 0
    relay.stop()
    newest = (relay.data / "last-signed").read_text()
    shutil.rmtree(relay.data)
    shutil.copytree(tmp_path / "old", relay.data)
    # With its own memory of what it signed, the relay sees it by itself.
    (relay.data / "last-signed").write_text(newest)
    relay.start()
    result = checkpoint(relay)
    assert result.returncode == 1 and "its tail is lost, or a backup was restored" in result.stderr
    relay.stop()
    # Without it, the witness does.
    shutil.copy(tmp_path / "old" / "last-signed", relay.data / "last-signed")
    held = witness.held
    relay.start()
    result = checkpoint(relay)
    assert result.returncode == 1 and "witness w1 holds a checkpoint over" in result.stderr
    for _ in range(9):
        relay.member()
    assert checkpoint(relay).returncode == 1, "it stays so until somebody looks"
    assert json.loads(succeed("ringdown-relay", "status", "--data", relay.data, "--json"))["checkpoint"]["halted"]
    relay.restart()
    result = checkpoint(relay)
    assert result.returncode == 1 and "another history" in result.stderr
    assert witness.held == held


def test_a_fork_that_is_longer_is_not_signed(quiet, tmp_path):
    quiet.member()
    quiet.stop()
    shutil.copytree(quiet.data, tmp_path / "fork")
    quiet.start()
    quiet.member()
    quiet.stop()
    signed = (quiet.data / "last-signed").read_text()
    shutil.rmtree(quiet.data)
    shutil.copytree(tmp_path / "fork", quiet.data)
    quiet.start()
    for _ in range(9):
        quiet.member()
    quiet.stop()
    (quiet.data / "last-signed").write_text(signed)
    result = checkpoint(quiet)
    assert result.returncode == 1 and "another history" in result.stderr


def test_a_log_with_checkpoints_but_no_memory_of_them_is_not_signed(quiet):
    quiet.member()
    quiet.stop()
    (quiet.data / "last-signed").unlink()
    quiet.start()
    quiet.member()
    result = checkpoint(quiet)
    assert result.returncode == 1 and "last-signed is missing" in result.stderr


@pytest.mark.parametrize("policy, words", [
    (None, "cannot be opened"), ("nonsense\n", "witness_policy"), ("", "witness_policy"),
])
def test_a_policy_that_cannot_be_read_is_an_error_at_the_start(make_relay, tmp_path, policy, words):
    path = tmp_path / "policy"
    if policy is not None:
        path.write_text(policy)
    flags = ["--witness", "http://127.0.0.1:1"] + ([] if policy == "" else ["--witness-policy", str(path)])
    result = run("ringdown-relay", "run", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", *flags)
    assert result.returncode == 64 and words in result.stderr


def test_a_crash_between_signing_and_publishing_loses_nothing(make_relay):
    relay = make_relay("--set", "checkpoint_seconds=1", owner=Key()).start()
    for _ in range(4):
        relay.member()
        time.sleep(0.4)
        relay.kill()
        relay.start()
    until(lambda: published(relay), "no checkpoint")
    assert checkpoint(relay).returncode == 0
    assert succeed("ringdown-replay", "verify", "--data", relay.data)
