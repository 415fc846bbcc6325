"""NIP-OA: who a member vouches for may connect where the policy says so, and passes no mesh check."""

import hashlib
import json

import pytest

import mesh
from nostr_client import Key


def auth_tag(owner: Key, agent: Key, conditions: str = "") -> list[str]:
    digest = hashlib.sha256(f"nostr:agent-auth:{agent.hex}:{conditions}".encode()).digest()
    return ["auth", owner.hex, conditions, owner._private.sign_schnorr(digest).hex()]


def authenticate(client, key: Key, *tags: list[str]):
    event = key.sign(22242, tags=[["relay", client.url], ["challenge", client.challenge], *tags])
    client.send("AUTH", event)
    return client.answer(event)


@pytest.fixture(scope="module")
def trusting(tmp_path_factory):
    from relay_process import Relay

    with Relay(tmp_path_factory.mktemp("relay") / "data", "--set", "allow_delegation=true", owner=Key()) as relay:
        yield relay


def test_it_is_off_by_default(relay):
    owner, agent = relay.member(), Key()
    answer = authenticate(relay.connect(), agent, auth_tag(owner, agent))
    assert answer == (False, "restricted: not a relay member")


def test_a_delegated_identity_reads_and_publishes(trusting):
    owner, agent = trusting.member(), Key()
    client = trusting.connect()
    assert authenticate(client, agent, auth_tag(owner, agent)).accepted
    event = client.accept(agent.sign(1, "hello"))
    assert client.query({"ids": [event["id"]]}) == [event]


@pytest.mark.parametrize("conditions, allowed", [
    ("", True), ("kind=22242", True), ("kind=22242&created_at>1700000000&created_at<4294967295", True),
    ("kind=1", False), ("kind=22242&", False), ("&kind=22242", False), ("kind=022242", False), ("kind= 22242", False),
    ("created_at<1700000000", False), ("created_at>4294967295", False), ("created_at<4294967296", False),
    ("Kind=22242", False), ("kind=65536", False), ("expires=1", False), ("kind=22242&kind=1", False),
])
def test_conditions_are_evaluated(trusting, conditions, allowed):
    owner, agent = trusting.member(), Key()
    answer = authenticate(trusting.connect(), agent, auth_tag(owner, agent, conditions))
    assert answer.accepted == allowed, answer
    assert allowed or answer.message.startswith("restricted: ")


def test_tags_that_vouch_for_nobody(trusting):
    owner, agent, other = trusting.member(), Key(), Key()
    good = auth_tag(owner, agent)
    for tags in (
        [good, good], [good[:3]], [good + ["more"]], [auth_tag(owner, other)], [auth_tag(Key(), agent)],
        [["auth", owner.hex.upper(), *good[2:]]], [["auth", owner.hex, "", "0" * 128]], [auth_tag(agent, agent)],
        [[*good[:2], "kind=22242", good[3]]],
    ):
        answer = authenticate(trusting.connect(), agent, *tags)
        assert not answer.accepted and answer.message.startswith("restricted: "), (tags, answer)
    assert authenticate(trusting.connect(), agent, good).accepted


def test_no_mesh_check_is_passed(trusting):
    owner, agent, member = trusting.member(), Key(), trusting.member()
    client = trusting.connect()
    assert authenticate(client, agent, auth_tag(owner, agent)).accepted
    client.subscribe("calls", mesh.calls_to(agent))
    report = client.publish(mesh.status_report(agent, mesh.serving()))
    assert report == (False, "restricted: delegated identities cannot report mesh status in v1")
    request = client.publish(mesh.connect_request(agent, member))
    assert request == (False, "restricted: delegated identities cannot initiate mesh in v1")
    asked = trusting.connect(member).publish(mesh.connect_request(member, agent))
    assert asked == (False, "restricted: target is not a relay member")
    client.expect_silence("calls")
    assert client.publish(mesh.command(mesh.ADD_MEMBER, agent, Key())).message.startswith("restricted: ")


def test_it_ends_with_the_owners_membership(trusting):
    owner, agent = trusting.member(), Key()
    client = trusting.connect()
    assert authenticate(client, agent, auth_tag(owner, agent)).accepted
    trusting.remove(owner)
    assert client.wait_for("NOTICE")[1] == "restricted: no longer a relay member"
    assert client.wait_for_close().code == 1008
    answer = authenticate(trusting.connect(), agent, auth_tag(owner, agent))
    assert not answer.accepted and json.dumps(answer.message).count("member")
