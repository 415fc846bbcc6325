"""WIRE.md, "Sessions": who may speak, when, and what a connection is told otherwise."""

import re
import socket
import time

import pytest

import mesh
from nostr_client import Client, Key

NOT_AUTHENTICATED = "auth-required: not authenticated"
NOT_A_MEMBER = "restricted: not a relay member"
ANYTHING = {"kinds": [1], "limit": 1}


def test_the_first_message_is_a_challenge_of_64_hex_characters(relay):
    clients = [relay.connect(), relay.connect()]
    for client in clients:
        assert client.received[0][0] == "AUTH"
        assert re.fullmatch("[0-9a-f]{64}", client.challenge)
    assert clients[0].challenge != clients[1].challenge


def test_auth_and_req_may_be_sent_in_one_breath(relay):
    key = relay.member()
    client = relay.connect()
    event = client.auth_event(key)
    client.send("AUTH", event)
    client.send("REQ", "early", ANYTHING)
    client.wait_for("EOSE", "early")
    kinds = [message[0] for message in client.received if message[0] != "EVENT"]
    assert kinds == ["AUTH", "OK", "EOSE"]
    assert client.answer(event) == (True, "")


def test_a_request_sees_the_events_that_its_connection_sent_before_it(relay):
    key, client = relay.connected_member()
    events = [key.sign(1, f"number {number}") for number in range(20)]
    for event in events:
        client.send("EVENT", event)
    stored = client.query({"authors": [key.hex]})
    assert {event["id"] for event in stored} == {event["id"] for event in events}
    assert all(client.answer(event).accepted for event in events)


@pytest.mark.parametrize("kind", [1, 0, 30023, 20001, 24620, 24621, 24622, 30621, 9030, 9031, 9032, 13534])
def test_an_event_before_auth_is_refused(relay, kind):
    member = relay.member()
    event = member.sign(kind, "{}", [["p", Key().hex], ["d", "x"]])
    assert relay.connect().publish(event) == (False, NOT_AUTHENTICATED)
    assert relay.owner_client.query({"ids": [event["id"]]}) == []


def test_a_req_before_auth_is_closed(relay):
    assert relay.connect().refusal(ANYTHING) == NOT_AUTHENTICATED


def test_a_count_before_auth_is_closed(relay):
    client = relay.connect()
    client.send("COUNT", "how-many", ANYTHING)
    assert client.wait_for("CLOSED", "how-many")[2] == NOT_AUTHENTICATED


def test_a_stranger_is_refused_and_stays_outside(relay):
    stranger = Key()
    client = relay.connect()
    assert client.authenticate(stranger) == (False, NOT_A_MEMBER)
    # "restricted:" tells clients that authenticating once more is of no use.
    assert client.refusal(ANYTHING).startswith("restricted:")
    answer = client.publish(stranger.sign(1, "let me in"))
    assert not answer.accepted and answer.message.startswith("restricted:")


def test_a_stranger_may_still_authenticate_as_a_member(relay):
    client = relay.connect()
    assert client.authenticate(Key()) == (False, NOT_A_MEMBER)
    assert client.authenticate(relay.member()) == (True, "")
    client.query(ANYTHING)


@pytest.mark.parametrize("fields", [
    {"challenge": "00" * 32}, {"challenge": "no"}, {"relay": "ws://relay.example.com"}, {"relay": "not a url"},
    {"created_at": -90}, {"created_at": 90}, {"kind": 22243}, {"kind": 1},
], ids=str)
def test_an_auth_event_that_proves_nothing_is_refused(relay, fields):
    if "created_at" in fields:
        fields = {"created_at": int(time.time()) + fields["created_at"]}
    client = relay.connect()
    answer = client.authenticate(relay.member(), **fields)
    assert not answer.accepted and re.match("[a-z-]+: .", answer.message)
    assert client.refusal(ANYTHING) == NOT_AUTHENTICATED


@pytest.mark.parametrize("missing", ["relay", "challenge"])
def test_an_auth_event_needs_both_tags(relay, missing):
    client, key = relay.connect(), relay.member()
    tags = [tag for tag in client.auth_event(key)["tags"] if tag[0] != missing]
    event = key.sign(22242, tags=tags)
    client.send("AUTH", event)
    assert not client.answer(event).accepted


def test_an_auth_event_with_another_signature_is_refused(relay):
    client, key = relay.connect(), relay.member()
    event = client.auth_event(key)
    event["sig"] = key.sign(1)["sig"]
    client.send("AUTH", event)
    answer = client.answer(event)
    assert not answer.accepted and answer.message.startswith("invalid:")


def test_an_auth_event_is_good_for_one_connection(relay):
    first, second = relay.connect(), relay.connect()
    event = first.auth_event(relay.member())
    first.send("AUTH", event)
    assert first.answer(event).accepted
    second.send("AUTH", event)
    assert not second.answer(event).accepted


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
@pytest.mark.parametrize("end", ["", "/"])
def test_the_names_of_this_machine_are_the_same_relay(relay, host, end):
    answer = relay.connect().authenticate(relay.member(), relay=f"ws://{host}:{relay.port}{end}")
    assert answer == (True, "")


@pytest.mark.parametrize("seconds", [-50, 50])
def test_a_clock_may_be_off_by_less_than_a_minute(relay, seconds):
    assert relay.connect().authenticate(relay.member(), created_at=int(time.time()) + seconds).accepted


def test_the_configured_name_counts_for_auth(make_relay):
    owner = Key()
    relay = make_relay("--url", "ws://mesh.example.com", owner=owner).start()
    assert relay.connect().authenticate(owner, relay="wss://mesh.example.com/").accepted
    assert not relay.connect().authenticate(owner, relay="wss://other.example.com/").accepted


def test_several_keys_on_one_connection(relay):
    first, second, third = relay.member(), relay.member(), relay.member()
    client = relay.connect(first, second)
    assert client.publish(mesh.status_report(first, mesh.serving())).accepted
    assert client.publish(mesh.status_report(second, mesh.serving())).accepted
    assert client.publish(mesh.status_report(third, mesh.serving())) == (
        False, "invalid: event pubkey does not match authenticated identity")
    assert client.authenticate(Key()) == (False, NOT_A_MEMBER)
    assert client.publish(mesh.status_report(first, mesh.serving("another"))).accepted


def test_auth_events_are_never_served(relay):
    key, client = relay.connected_member()
    watcher = relay.connect(relay.member())
    watcher.subscribe("auth", {"kinds": [22242, 27235]})
    assert relay.connect().authenticate(key).accepted
    for kind in (22242, 27235):
        event = key.sign(kind, tags=[["challenge", client.challenge], ["relay", relay.url]])
        assert not client.publish(event).accepted
    watcher.expect_silence("auth")
    assert watcher.query({"kinds": [22242, 27235]}) == []


@pytest.mark.parametrize("text", [
    "", "nothing", "{}", "[]", "[1]", '["PLEASE"]', '["EVENT"]', '["EVENT",1]', '["REQ"]', '["REQ",1]', '["CLOSE"]',
    '["REQ","",{}]', '["REQ","' + "x" * 65 + '",{}]', '["EVENT",{"id":1}]', '["AUTH","challenge"]',
    '["REQ","a",{}', "[" * 100_000,
], ids=lambda text: repr(text[:30]))
def test_nonsense_is_answered_and_the_connection_lives(relay, text):
    client = relay.connect(relay.member())
    client.send_text(text)
    answer = client.wait_for(matching=lambda message: message[0] in ("NOTICE", "CLOSED", "OK"))
    assert re.match("(invalid|unsupported|error): .", answer[-1]), answer
    client.query(ANYTHING)


@pytest.mark.parametrize("filters", [
    '{"kinds":"1"}', '{"kinds":[70000]}', '{"kinds":[-1]}', '{"ids":["abc"]}', '{"authors":["' + "AB" * 32 + '"]}',
    '{"since":"now"}', '{"limit":-1}', '{"limit":1.5}', '{"#p":"x"}', '{"kinds":[1],"kinds":[2]}', "1", '"x"', "[]",
])
def test_a_filter_that_is_none_is_closed(relay, filters):
    client = relay.connect(relay.member())
    client.send_text(f'["REQ","sub",{filters}]')
    message = client.wait_for("CLOSED", "sub")[2]
    assert re.match("(invalid|unsupported): .", message)
    client.query(ANYTHING)


def test_text_that_is_not_utf8_closes_only_its_own_connection(relay):
    client = relay.connect(relay.member())
    client._socket.send(b'["REQ","\xff\xfe",{}]', text=True)
    assert client.wait_for_close().code in (1007, 1002, 1003, 1008)
    with Client(relay.url) as other:
        assert other.challenge


def test_what_waits_behind_a_long_query_is_not_forgotten(make_relay):
    """More messages than may wait: the relay stops reading, and has to read on when the query is done."""
    relay = make_relay(environ={"RINGDOWN_MAXIMUM_PENDING_MESSAGES": "2"}, owner=Key()).start()
    key, client = relay.connected_member()
    for number in range(350):
        client.send("EVENT", key.sign(1, f"{number}"))
    client.query({"kinds": [1], "limit": 1})
    for round in range(5):
        client.send("REQ", f"long {round}", {"kinds": [1]})
    nobody = [Key().hex for _ in range(5)]
    for _ in range(300):
        client.send("REQ", "again", {"kinds": [1], "authors": nobody})
    for round in range(5):
        client.wait_for("EOSE", f"long {round}")
    for _ in range(300):
        client.wait_for("EOSE", "again")
    client.accept(key.sign(1, "and an event"))


def raw_socket(relay):
    """A WebSocket without a library, so that frames can break the rules."""
    raw = socket.create_connection(("127.0.0.1", relay.port), timeout=10)
    raw.sendall(
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    data = b""
    while b'["AUTH"' not in data:
        data += raw.recv(4096)
    return raw


@pytest.mark.parametrize("frame", [
    b"\x81\x02{}", b"\xc1\x82\x00\x00\x00\x00{}", b"\xa1\x82\x00\x00\x00\x00{}", b"\x91\x82\x00\x00\x00\x00{}",
    b"\x89\x00",
], ids=["unmasked", "rsv1", "rsv2", "rsv3", "unmasked ping"])
def test_frames_that_break_the_rules_close_the_connection(relay, frame):
    with raw_socket(relay) as raw:
        raw.sendall(frame)
        data = b""
        while chunk := raw.recv(4096):
            data += chunk
            if b"\x03\xea" in data:
                break
        assert data[:1] == b"\x88" and b"\x03\xea" in data[:4], "Close 1002"


def test_a_masked_ping_is_answered(relay):
    with raw_socket(relay) as raw:
        raw.sendall(b"\x89\x82\x00\x00\x00\x00hi")
        assert raw.recv(100) == b"\x8a\x02hi"
