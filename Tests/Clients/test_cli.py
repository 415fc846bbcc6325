"""`ringdown-relay member` and `key`: beside a running relay, without one, and before there ever was one."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import mesh
import nip19
from nostr_client import Key, tag_values
from relay_process import Relay, json_lines, run, succeed

MEMBERSHIP = {"kinds": [mesh.MEMBER_LIST, mesh.MEMBER_ADDED, mesh.MEMBER_REMOVED], "limit": 0}
IN_EFFECT_SECONDS = 1.0


def member(relay: Relay, verb: str, *arguments) -> str:
    return succeed("ringdown-relay", "member", verb, "--data", relay.data, *arguments)


def add(relay: Relay, key: Key, *arguments) -> str:
    return member(relay, "add", "--pubkey", key.hex, *arguments)


def members(relay: Relay) -> dict[str, str]:
    return {line["pubkey"]: line["role"] for line in json_lines(member(relay, "list", "--json"))}


@pytest.fixture(params=["beside a running relay", "on a directory at rest", "on a directory that is new"])
def directory(request, make_relay) -> Relay:
    """A relay's directory; `.process` tells whether the relay runs."""
    relay = make_relay(owner=Key())
    if request.param != "on a directory that is new":
        relay.start()
    if request.param == "on a directory at rest":
        assert relay.stop() == 0
    return relay


def test_a_member_is_added_given_a_role_and_removed(directory):
    key = Key()
    add(directory, key)
    assert members(directory)[key.hex] == "member"
    member(directory, "role", "--pubkey", nip19.npub(key.hex), "--role", "admin")
    assert members(directory)[key.hex] == "admin"
    if not directory.process:
        directory.start()
    assert directory.connect().authenticate(key).accepted
    assert members(directory) == {key.hex: "admin", directory.owner.hex: "owner"}
    member(directory, "remove", "--pubkey", key.hex)
    assert key.hex not in members(directory)
    assert directory.connect().authenticate(key) == (False, "restricted: not a relay member")


def test_keys_may_be_npub_and_roles_given_at_once(directory):
    key = Key()
    member(directory, "add", "--pubkey", nip19.npub(key.hex), "--role", "admin")
    assert members(directory)[key.hex] == "admin"


def test_adding_twice_is_no_error_and_changes_nothing(directory):
    key = Key()
    add(directory, key, "--role", "admin")
    result = run("ringdown-relay", "member", "add", "--data", directory.data, "--pubkey", key.hex)
    assert result.returncode == 0 and "already" in result.stdout + result.stderr
    assert members(directory)[key.hex] == "admin"


def test_what_cannot_be_done_is_said(directory):
    if not directory.process:
        directory.start()
    for arguments, reason in [
        (("remove", "--pubkey", Key().hex), "member"),
        (("role", "--pubkey", Key().hex, "--role", "admin"), "member"),
        (("remove", "--pubkey", directory.owner.hex), "owner"),
        (("role", "--pubkey", directory.owner.hex, "--role", "member"), "owner"),
        (("add", "--pubkey", Key().hex, "--role", "owner"), "role"),
        (("add", "--pubkey", Key().hex, "--role", "king"), "role"),
        (("add", "--pubkey", "nobody"), "npub"),
        (("add", "--pubkey", nip19.encode("nsec", Key().secret)), "nsec"),
        (("add",), "--pubkey"),
    ]:
        result = run("ringdown-relay", "member", arguments[0], "--data", directory.data, *arguments[1:])
        assert result.returncode != 0, arguments
        assert reason in result.stderr, (arguments, result.stderr)
    assert members(directory) == {directory.owner.hex: "owner"}


def test_a_change_is_in_effect_within_a_second_and_announced(own_relay):
    watcher = own_relay.connect(own_relay.member())
    watcher.subscribe("membership", MEMBERSHIP)
    key = Key()
    steps = [
        (("add", "--pubkey", key.hex), {mesh.MEMBER_LIST, mesh.MEMBER_ADDED}),
        (("role", "--pubkey", key.hex, "--role", "admin"), {mesh.MEMBER_LIST}),
        (("remove", "--pubkey", key.hex), {mesh.MEMBER_LIST, mesh.MEMBER_REMOVED}),
    ]
    for arguments, kinds in steps:
        member(own_relay, *arguments)
        events = [watcher.next_event("membership", timeout=IN_EFFECT_SECONDS) for _ in kinds]
        assert {event["kind"] for event in events} == kinds
        assert {event["pubkey"] for event in events} == {own_relay.key}
        for event in events:
            assert event["kind"] == mesh.MEMBER_LIST or tag_values(event, "p") == [key.hex]
    watcher.expect_silence("membership")


def test_a_removal_ends_sessions_within_a_second(own_relay):
    key, client = own_relay.connected_member()
    client.accept(mesh.status_report(key, mesh.serving()))
    member(own_relay, "remove", "--pubkey", key.hex)
    assert client.wait_for("NOTICE", timeout=IN_EFFECT_SECONDS)[1] == "restricted: no longer a relay member"
    assert client.wait_for_close(IN_EFFECT_SECONDS).code == 1008
    [note] = own_relay.owner_client.query(mesh.DISCOVERY)
    assert '"serveTargets":[]' in note["content"]


def test_changes_without_a_relay_are_announced_when_it_starts(make_relay):
    relay = make_relay(owner=Key()).start()
    relay.stop()
    key, gone = Key(), Key()
    add(relay, key)
    add(relay, gone)
    member(relay, "remove", "--pubkey", gone.hex)
    client = relay.start().connect(key)
    [listed] = client.query({"kinds": [mesh.MEMBER_LIST]})
    assert {tag[1] for tag in listed["tags"] if tag[0] == "member"} == {relay.owner.hex, key.hex}
    changes = client.query({"kinds": [mesh.MEMBER_ADDED, mesh.MEMBER_REMOVED], "#p": [gone.hex]})
    assert sorted(event["kind"] for event in changes) == [mesh.MEMBER_ADDED, mesh.MEMBER_REMOVED]


def test_many_commands_at_once_all_count(own_relay):
    keys = [Key() for _ in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda key: add(own_relay, key), keys))
    assert {key.hex for key in keys} <= set(members(own_relay))


def test_listing_for_people(own_relay):
    key = own_relay.member("admin")
    text = member(own_relay, "list")
    lines = [line for line in text.splitlines() if nip19.npub(key.hex)[:12] in line]
    assert len(lines) == 1 and "admin" in lines[0]


def test_a_directory_that_is_no_log_is_refused(tmp_path):
    (tmp_path / "data.mdb").write_text("something else")
    result = run("ringdown-relay", "member", "list", "--data", tmp_path)
    assert result.returncode != 0 and str(tmp_path) in result.stderr
    assert (tmp_path / "data.mdb").read_text() == "something else"


# Keys


def test_a_generated_key_is_a_pair():
    text = succeed("ringdown-relay", "key", "generate")
    secret = re.search(r"nsec1[a-z0-9]+", text)[0]
    key = Key(nip19.decode(secret))
    assert nip19.npub(key.hex) in text
    assert text != succeed("ringdown-relay", "key", "generate")


def test_showing_keys_shows_no_secret(own_relay):
    text = succeed("ringdown-relay", "key", "show", "--data", own_relay.data)
    assert own_relay.key in text or nip19.npub(own_relay.key) in text
    assert "nsec1" not in text
    for path in own_relay.data.rglob("*.key"):
        assert path.read_text().strip() not in text


def test_showing_keys_of_a_directory_without_any(tmp_path):
    result = run("ringdown-relay", "key", "show", "--data", tmp_path)
    assert result.returncode != 0 and str(tmp_path) in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_command_beside_a_relay_answers_quickly(own_relay):
    started = time.monotonic()
    add(own_relay, Key())
    assert time.monotonic() - started < 2
