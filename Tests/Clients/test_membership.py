"""WIRE.md, "Membership": who may change what, what the relay announces, and what a removal does at once."""

import json
import time

import pytest

import mesh
from nostr_client import Closed, Key, tag_values

ADD, REMOVE, ROLE = mesh.ADD_MEMBER, mesh.REMOVE_MEMBER, mesh.CHANGE_ROLE
MEMBERSHIP = {"kinds": [mesh.MEMBER_LIST, mesh.MEMBER_ADDED, mesh.MEMBER_REMOVED], "limit": 0}


def roster(client) -> dict[str, str]:
    """The current membership list: role by key."""
    [event] = client.query({"kinds": [mesh.MEMBER_LIST]})
    members = [tag for tag in event["tags"] if tag[0] == "member"]
    assert len({tag[1] for tag in members}) == len(members)
    return {key: role for _, key, role in members}


class Cast:
    """One relay with a person for every role, each with a connection."""

    def __init__(self, relay):
        self.relay = relay
        self.owner, self.admin, self.member = relay.owner, relay.member("admin"), relay.member()
        self.other_admin, self.other_member, self.stranger = relay.member("admin"), relay.member(), Key()

    def __getitem__(self, name: str) -> Key:
        return getattr(self, name)


@pytest.fixture
def cast(relay) -> Cast:
    return Cast(relay)


# (kind, subject, role): who may
MATRIX = [
    (ADD, "stranger", None, {"owner", "admin"}),
    (ADD, "stranger", "member", {"owner", "admin"}),
    (ADD, "stranger", "admin", {"owner"}),
    (REMOVE, "other_member", None, {"owner", "admin"}),
    (REMOVE, "other_admin", None, {"owner"}),
    (REMOVE, "owner", None, set()),
    (ROLE, "other_member", "admin", {"owner"}),
    (ROLE, "other_admin", "member", {"owner"}),
    (ROLE, "owner", "member", set()),
    (ROLE, "owner", "admin", set()),
]
CASES = [(*row[:3], author, author in row[3]) for row in MATRIX for author in ("owner", "admin", "member")]
# Never oneself, whatever the role.
CASES += [(REMOVE, "admin", None, "admin", False), (REMOVE, "member", None, "member", False)]
CASES += [(ROLE, "admin", "member", "admin", False), (ROLE, "member", "admin", "member", False)]


@pytest.mark.parametrize("kind, subject, role, author, allowed", CASES)
def test_permissions(cast, kind, subject, role, author, allowed):
    key = cast[subject]
    before = roster(cast.relay.owner_client)
    watcher = cast.relay.connect(cast.relay.member())
    watcher.subscribe("membership", MEMBERSHIP)
    answer = cast.relay.connect(cast[author]).publish(mesh.command(kind, cast[author], key, role))
    after = roster(cast.relay.owner_client)
    if not allowed:
        assert not answer.accepted and answer.message.startswith("restricted: ")
        assert after.get(key.hex) == before.get(key.hex)
        watcher.expect_silence("membership", 0.1)
        return
    assert answer == (True, "")
    assert after.get(key.hex) == (None if kind == REMOVE else role or "member")
    announcement = {ADD: mesh.MEMBER_ADDED, REMOVE: mesh.MEMBER_REMOVED}.get(kind)
    expected = {mesh.MEMBER_LIST, announcement} - {None}
    events = {event["kind"]: event for event in [watcher.next_event("membership") for _ in expected]}
    assert set(events) == expected
    assert {event["pubkey"] for event in events.values()} == {cast.relay.key}
    if announcement:
        assert tag_values(events[announcement], "p") == [key.hex]
    watcher.expect_silence("membership", 0.1)


@pytest.mark.parametrize("kind, role", [
    (ADD, "owner"), (ROLE, "owner"), (ADD, "king"), (ROLE, "king"), (ADD, ""), (ROLE, None),
])
def test_roles_that_cannot_be_given(cast, kind, role):
    subject = cast.stranger if kind == ADD else cast.member
    tags = [["p", subject.hex]] + ([["role", role]] if role is not None else [])
    answer = cast.relay.owner_client.publish(cast.owner.sign(kind, tags=tags))
    assert not answer.accepted and answer.message.split(":")[0] in ("invalid", "restricted")
    assert roster(cast.relay.owner_client).get(subject.hex) == (None if kind == ADD else "member")


@pytest.mark.parametrize("kind", [ADD, REMOVE, ROLE])
@pytest.mark.parametrize("tags", [[], [["p", "ab" * 31]], [["p"]], [["p", "no key"]]], ids=str)
def test_commands_without_a_subject(cast, kind, tags):
    answer = cast.relay.owner_client.publish(cast.owner.sign(kind, tags=[*tags, ["role", "member"]]))
    assert not answer.accepted and answer.message.startswith("invalid: ")


@pytest.mark.parametrize("kind", [REMOVE, ROLE])
def test_a_subject_that_is_no_member(cast, kind):
    assert not cast.relay.command(kind, cast.stranger, "member").accepted


def test_adding_a_member_again_changes_nothing_and_emits_nothing(cast):
    watcher = cast.relay.connect(cast.member)
    watcher.subscribe("membership", MEMBERSHIP)
    assert cast.relay.command(ADD, cast.other_admin, "member").accepted
    assert cast.relay.command(ADD, cast.other_member, "admin").accepted
    watcher.expect_silence("membership")
    members = roster(watcher)
    assert members[cast.other_admin.hex] == "admin" and members[cast.other_member.hex] == "member"


def test_a_command_counts_for_its_author_only(cast):
    command = mesh.command(ADD, cast.owner, cast.stranger)
    answer = cast.relay.connect(cast.member).publish(command)
    assert answer == (False, "invalid: event pubkey does not match authenticated identity")
    assert cast.stranger.hex not in roster(cast.relay.owner_client)


def test_a_command_needs_its_signature(cast):
    command = {**mesh.command(ADD, cast.owner, cast.stranger), "sig": "44" * 64}
    answer = cast.relay.owner_client.publish(command)
    assert not answer.accepted and answer.message.startswith("invalid: ")


@pytest.mark.parametrize("kind", [ADD, REMOVE, ROLE])
@pytest.mark.parametrize("seconds, accepted", [(-130, False), (130, False), (-110, True), (110, True)])
def test_commands_are_fresh_within_120_seconds(cast, kind, seconds, accepted):
    subject, role = {ADD: (cast.stranger, None), REMOVE: (cast.other_member, None), ROLE: (cast.member, "admin")}[kind]
    command = mesh.command(kind, cast.owner, subject, role, created_at=int(time.time()) + seconds)
    answer = cast.relay.owner_client.publish(command)
    assert answer.accepted == accepted
    assert accepted or answer.message.startswith("invalid: ")


def test_a_command_works_once(cast):
    command = mesh.command(ADD, cast.owner, cast.stranger)
    cast.relay.owner_client.accept(command)
    cast.relay.remove(cast.stranger)
    cast.relay.owner_client.publish(command)
    assert cast.stranger.hex not in roster(cast.relay.owner_client)


def test_the_list_is_whole_and_its_time_always_grows(cast):
    watcher = cast.relay.connect(cast.member)
    watcher.subscribe("list", {"kinds": [mesh.MEMBER_LIST], "limit": 0})
    members = roster(watcher)
    lists = []
    for key in (Key(), Key(), Key()):
        cast.relay.add(key)
        members[key.hex] = "member"
        lists.append(watcher.next_event("list"))
        assert {tag[1]: tag[2] for tag in lists[-1]["tags"] if tag[0] == "member"} == members
    times = [event["created_at"] for event in lists]
    assert times == sorted(set(times))
    assert watcher.query({"kinds": [mesh.MEMBER_LIST]}) == [lists[-1]]
    assert members[cast.owner.hex] == "owner"


def test_additions_and_removals_are_stored(cast):
    key = cast.relay.member()
    cast.relay.remove(key)
    events = cast.relay.owner_client.query({"kinds": [mesh.MEMBER_ADDED, mesh.MEMBER_REMOVED], "#p": [key.hex]})
    assert sorted(event["kind"] for event in events) == [mesh.MEMBER_ADDED, mesh.MEMBER_REMOVED]


def test_commands_are_in_effect_at_once(relay):
    key = Key()
    assert not relay.connect().authenticate(key).accepted
    relay.add(key)
    assert relay.connect().authenticate(key).accepted
    relay.remove(key)
    assert relay.connect().authenticate(key) == (False, "restricted: not a relay member")


@pytest.mark.parametrize("kind", mesh.RELAY_ONLY_KINDS)
def test_relay_only_kinds(relay, kind):
    for key in (relay.member(), relay.owner):
        tags = [["d", f"sprout-relay-mesh:{key.hex}"], ["p", key.hex], ["member", key.hex, "owner"]]
        event = key.sign(kind, "{}", tags)
        assert relay.connect(key).publish(event) == (False, "restricted: relay-only kind")
        assert relay.owner_client.query({"ids": [event["id"]]}) == []


# A removal


def test_a_removal_ends_the_sessions_of_its_key(relay):
    key, first = relay.connected_member()
    second = relay.connect(key)
    second.subscribe("live", {"kinds": [1], "limit": 0})
    bystander = relay.connect(relay.member())
    relay.remove(key)
    for client in (first, second):
        assert client.wait_for("NOTICE") == ["NOTICE", "restricted: no longer a relay member"]
        assert client.wait_for_close().code == 1008
    bystander.query({"kinds": [1], "limit": 1})


def test_a_removal_empties_the_note(relay):
    key, client = relay.connected_member()
    client.accept(mesh.status_report(key, mesh.serving()))
    watcher = relay.connect(relay.member())
    d_tag = f"sprout-relay-mesh:{key.hex}"
    [offered] = watcher.subscribe("mesh", {**mesh.DISCOVERY, "#d": [d_tag]})
    assert json.loads(offered["content"])["serveTargets"]
    relay.remove(key)
    emptied = watcher.next_event("mesh")
    assert json.loads(emptied["content"])["serveTargets"] == []
    assert json.loads(emptied["content"])["models"] == []
    assert emptied["created_at"] > offered["created_at"]
    assert watcher.query({**mesh.DISCOVERY, "#d": [d_tag]}) == [emptied]


def test_nothing_pairs_a_removed_member(relay):
    removed, _ = relay.connected_member()
    key, client = relay.connected_member()
    client.subscribe("calls", mesh.calls_to(key))
    client.accept(mesh.connect_request(key, removed))
    client.next_event("calls")
    relay.remove(removed)
    assert client.publish(mesh.connect_request(key, removed)) == (False, "restricted: target is not a relay member")
    client.expect_silence("calls")
    assert relay.connect().authenticate(removed) == (False, "restricted: not a relay member")


def test_what_a_removed_member_had_in_flight_is_decided_in_one_order(relay):
    """Requests that race with the removal: granted before it, refused or cut off after it, never granted after."""
    key, client = relay.connected_member()
    target, answering = relay.connected_member()
    answering.subscribe("calls", mesh.calls_to(target))
    requests = [mesh.connect_request(key, target) for _ in range(15)]
    for request in requests[:8]:
        client.send("EVENT", request)
    removal = mesh.command(REMOVE, relay.owner, key)
    relay.owner_client.send("EVENT", removal)
    try:
        for request in requests[8:]:
            client.send("EVENT", request)
    except Closed:
        pass  # The removal was faster than this loop.
    assert relay.owner_client.answer(removal).accepted
    client.wait_for_close()
    answers = {message[1]: message[2] for message in client.received if message[0] == "OK"}
    granted = [request for request in requests if answers.get(request["id"])]
    answering.expect_silence("other")
    called = [json.loads(event[2]["content"])["attempt_id"] for event in answering.unread("EVENT", "calls")]
    asked = [json.loads(request["content"])["attempt_id"] for request in requests]
    # What was answered was rung, in the order asked; nothing after the first refusal.
    assert called == asked[: len(called)] and len(called) >= len(granted)
