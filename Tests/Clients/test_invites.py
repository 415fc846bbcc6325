"""NIP-43 self-service: join with a code, ask for one, leave. And what each of these must not do."""

import time

import pytest

import mesh
from nostr_client import Client, Key, is_valid, tag_values

JOIN, INVITE, LEAVE = 28934, 28935, 28936


def join(key: Key, code: str | None, **fields) -> dict:
    return key.sign(JOIN, tags=[["-"], *([["claim", code]] if code is not None else [])], **fields)


def leave(key: Key, **fields) -> dict:
    return key.sign(LEAVE, tags=[["-"]], **fields)


def ask_for_code(client: Client, name: str = "invite") -> dict:
    """The one event that answers a REQ for kind 28935."""
    events = client.subscribe(name, {"kinds": [INVITE]})
    client.send("CLOSE", name)
    assert len(events) == 1
    return events[0]


def code_of(client: Client) -> str:
    [code] = tag_values(ask_for_code(client), "claim")
    return code


def members(relay) -> list[str]:
    [event] = relay.owner_client.query({"kinds": [mesh.MEMBER_LIST]})
    return tag_values(event, "member")


def test_an_owner_gets_a_code_signed_by_the_relay(relay):
    event = ask_for_code(relay.owner_client)
    assert event["kind"] == INVITE and event["pubkey"] == relay.key and is_valid(event)
    assert ["-"] in event["tags"] and len(tag_values(event, "claim")[0]) >= 32
    assert code_of(relay.owner_client) != code_of(relay.owner_client), "each request has a code of its own"


def test_a_code_is_for_who_asked_only(relay):
    admin = relay.connect(relay.member("admin"))
    assert admin.subscribe("codes", {"kinds": [1, INVITE]})[0]["kind"] == INVITE
    code_of(relay.owner_client)
    admin.expect_silence("codes")


def test_a_member_may_not_invite_unless_the_policy_says_so(relay, make_relay):
    _, client = relay.connected_member()
    assert client.refusal({"kinds": [INVITE]}) == "restricted: you may not invite others to this relay"
    open_handed = make_relay("--set", "invites=member", "--set", "invites_per_day=1", name="generous", owner=Key()).start()
    _, client = open_handed.connected_member()
    assert code_of(client)
    assert client.refusal({"kinds": [INVITE]}).startswith("rate-limited: ")


def test_a_stranger_may_not_ask_for_a_code(relay):
    assert relay.connect().refusal({"kinds": [INVITE]}) == "auth-required: not authenticated"


def test_joining_without_authentication(relay):
    key, code = Key(), code_of(relay.owner_client)
    news = relay.connect(relay.member())
    news.subscribe("news", {"kinds": [mesh.MEMBER_ADDED, mesh.MEMBER_LIST], "limit": 0})
    with relay.connect() as client:
        answer = client.publish(join(key, code))
        assert answer.accepted and answer.message.startswith("info: welcome")
        assert client.authenticate(key).accepted, "and the same connection may authenticate now"
        assert client.accept(key.sign(1, "hello"))
    kinds = {news.next_event("news")["kind"], news.next_event("news")["kind"]}
    assert kinds == {mesh.MEMBER_ADDED, mesh.MEMBER_LIST}
    assert key.hex in members(relay)


def test_joining_after_a_refused_authentication(relay):
    key, code = Key(), code_of(relay.owner_client)
    with relay.connect() as client:
        assert client.authenticate(key).message == "restricted: not a relay member"
        assert client.publish(join(key, code)).accepted
        assert client.authenticate(key).accepted


def test_a_code_is_good_once(relay):
    code = code_of(relay.owner_client)
    assert relay.connect().publish(join(Key(), code)).accepted
    assert relay.connect().publish(join(Key(), code)).message == "restricted: that is an invalid invite code"


@pytest.mark.parametrize("code", ["", "guess", "0" * 32, "x" * 300, None])
def test_a_wrong_code_is_refused_and_costs_no_entry(relay, code):
    client = relay.connect()
    before = relay.owner_client.query({"kinds": [mesh.MEMBER_LIST]})
    for _ in range(20):
        assert client.publish(join(Key(), code)).message == "restricted: that is an invalid invite code"
    assert relay.owner_client.query({"kinds": [mesh.MEMBER_LIST]}) == before


def test_a_forged_request_to_join_is_refused_and_leaves_the_code_good(relay):
    code, key = code_of(relay.owner_client), Key()
    forged = join(key, code)
    forged["sig"] = "0" * 128
    client = relay.connect()
    assert client.publish(forged).message.startswith("invalid: ")
    assert not client.publish(join(key, code, created_at=int(time.time()) - 121)).accepted
    assert client.publish(join(key, code)).accepted


def test_a_member_joins_again(relay):
    key, client = relay.connected_member()
    answer = client.publish(join(key, code_of(relay.owner_client)))
    assert answer == (True, "duplicate: you are already a member of this relay")
    assert client.publish(join(key, "guess")).message.startswith("duplicate: ")


def test_a_code_expires(make_relay):
    relay = make_relay("--set", "invite_lifetime_seconds=60", owner=Key()).start()
    event = ask_for_code(relay.owner_client)
    [expiration] = tag_values(event, "expiration")
    assert 55 <= int(expiration) - time.time() <= 61


def test_a_member_leaves(relay):
    key, client = relay.connected_member()
    other = relay.connect(key)
    client.accept(mesh.status_report(key, mesh.serving()))
    news = relay.connect(relay.member())
    news.subscribe("news", {"kinds": [mesh.MEMBER_REMOVED, mesh.STATUS], "limit": 0})
    assert client.publish(leave(key)).accepted
    for connection in (client, other):
        assert connection.wait_for("NOTICE")[1] == "restricted: no longer a relay member"
        assert connection.wait_for_close().code == 1008
    kinds = [news.next_event("news")["kind"] for _ in range(2)]
    assert sorted(kinds) == [mesh.MEMBER_REMOVED, mesh.STATUS]
    assert key.hex not in members(relay)
    assert relay.connect().authenticate(key).message == "restricted: not a relay member"


def test_leaving_is_for_oneself_and_fresh_and_not_for_the_owner(relay):
    key, client = relay.connected_member()
    other = relay.member()
    assert client.publish(leave(other)).message == "invalid: event pubkey does not match authenticated identity"
    assert client.publish(leave(key, created_at=int(time.time()) - 121)).message.startswith("invalid: ")
    assert relay.owner_client.publish(leave(relay.owner)).message == "restricted: the owner cannot leave"
    assert relay.connect().publish(leave(key)).message == "auth-required: not authenticated"
    assert key.hex in members(relay) and other.hex in members(relay)


def test_codes_survive_a_restart_and_go_with_who_made_them(own_relay):
    admin = own_relay.member("admin")
    kept, lost = code_of(own_relay.owner_client), code_of(own_relay.connect(admin))
    own_relay.restart()
    own_relay.remove(admin)
    assert own_relay.connect().publish(join(Key(), lost)).message == "restricted: that is an invalid invite code"
    assert own_relay.connect().publish(join(Key(), kept)).accepted
