"""WIRE.md, "HTTP door": signed requests, their answers, and what is refused how."""

import http.client
import json
import socket
import threading
import time

import pytest

import mesh
from http_client import authorization, header, post, request, url
from nostr_client import Key, is_valid
from relay_process import log_entries, succeed

NOT_A_MEMBER = {
    "error": "relay_membership_required", "message": "You must be a relay member to access this relay"}


def test_an_event_is_posted_and_served(relay):
    key, client = relay.connected_member()
    client.subscribe("live", {"authors": [key.hex], "limit": 0})
    event = key.sign(1, "over HTTP")
    reply = post(relay, "/events", event, key)
    assert (reply.status, reply.json) == (200, {"event_id": event["id"], "accepted": True, "message": ""})
    assert reply.headers["content-type"] == "application/json"
    assert client.next_event("live") == event
    assert client.query({"ids": [event["id"]]}) == [event]
    again = post(relay, "/events", event, key)
    assert again.status == 200 and again.json["accepted"] and again.json["message"].startswith("duplicate:")


def test_queries_and_counts(relay):
    key = relay.member()
    events = [key.sign(1, f"number {n}", created_at=1_700_000_000 + n) for n in range(250)]
    client = relay.connect(key)
    for event in events:
        client.accept(event)
    newest_first = list(reversed(events))
    assert post(relay, "/query", [{"authors": [key.hex]}], key).json == newest_first
    assert post(relay, "/query", [{"authors": [key.hex], "limit": 3}], key).json == newest_first[:3]
    assert post(relay, "/query", [{"ids": [events[0]["id"]]}, {"ids": [events[1]["id"]]}], key).json == events[1::-1]
    assert post(relay, "/query", [], key).json == []
    assert post(relay, "/count", [{"authors": [key.hex]}], key).json == {"count": 250}
    assert post(relay, "/count", [{"authors": [key.hex], "limit": 3}], key).json == {"count": 250}
    assert post(relay, "/count", [{"kinds": [1], "authors": [Key().hex]}], key).json == {"count": 0}


def test_an_answer_is_whole_or_refused(own_relay):
    key, client = own_relay.connected_member()
    for number in range(75):
        client.accept(key.sign(1, "x" * 240_000, created_at=1_700_000_000 + number))
    reply = post(own_relay, "/query", [{"authors": [key.hex]}], key)
    assert reply.status == 413 and "ask for less" in reply.json["error"]
    assert len(post(own_relay, "/query", [{"authors": [key.hex], "limit": 60}], key).json) == 60
    assert post(own_relay, "/count", [{"authors": [key.hex]}], key).json == {"count": 75}


def test_a_report_and_a_call_over_http(relay):
    alice, bob = relay.member(), relay.member()
    listening = relay.connect(bob)
    listening.subscribe("calls", mesh.calls_to(bob))
    assert post(relay, "/events", mesh.status_report(alice, mesh.serving()), alice).status == 200
    [note] = [
        note for note in post(relay, "/query", [mesh.DISCOVERY], bob).json if alice.hex in json.dumps(note["tags"])]
    assert is_valid(note)
    reply = post(relay, "/events", mesh.connect_request(alice, bob), alice)
    assert (reply.status, reply.json["message"]) == (200, "")
    assert json.loads(listening.next_event("calls")["content"])["peer_pubkey"] == alice.hex
    assert post(relay, "/query", [{"kinds": [24620, 24621, 24622, 22242, 27235]}], bob).json == []


def test_each_door_wants_an_authorization(relay):
    key = relay.member()
    for path in ("/events", "/query", "/count"):
        reply = post(relay, path, [], None)
        assert reply.status == 401 and reply.json["error"].startswith("auth-required: ")
        assert reply.headers["www-authenticate"] == "Nostr"
        for value in ("Basic abc", "Nostr", "Nostr !!!", "Nostr e30=", "Nostr " + "A" * 20_000):
            assert request(relay, "POST", path, b"[]", {"Authorization": value}).status == 401
    # No header replaces a signature.
    for name in ("X-Pubkey", "X-Nostr-Pubkey", "X-User", "X-Auth-Tag"):
        assert post(relay, "/query", [], None, **{name: key.hex}).status == 401


@pytest.mark.parametrize("fields", [
    {"kind": 22242}, {"age": 120}, {"age": -120},
    {"tags": []}, {"tags": [["u", "URL"]]}, {"tags": [["method", "POST"]]}, {"tags": [["u", "URL"], ["method", "GET"]]},
    {"tags": [["u", "http://elsewhere.example/query"], ["method", "POST"]]},
    {"tags": [["u", "URL/more"], ["method", "POST"]]}, {"tags": [["u", "URL?a=1"], ["method", "POST"]]},
    {"tags": [["u", "ftp://127.0.0.1/query"], ["method", "POST"]]},
    {"tags": [["u", "URL"], ["method", "POST"], ["payload", "0" * 64]]},
])
def test_an_authorization_for_something_else(relay, fields):
    key = relay.member()
    here = url(relay, "/query")
    if "age" in fields:
        fields = {"created_at": int(time.time()) - fields["age"]}
    if "tags" in fields:
        fields = {**fields, "tags": [[part.replace("URL", here) for part in tag] for tag in fields["tags"]]}
    event = authorization(key, here, body=b"[]", **fields)
    assert post(relay, "/query", [], None, event).status == 401


def test_an_authorization_without_the_bodys_hash_is_good(relay):
    key = relay.member()
    event = authorization(key, url(relay, "/query"), body=None)
    assert post(relay, "/query", [], None, event).status == 200


@pytest.mark.parametrize("form", ["ws://127.0.0.1:{}/query", "http://localhost:{}/query", "http://[::1]:{}/query/"])
def test_names_of_this_machine(relay, form):
    key = relay.member()
    event = authorization(key, form.format(relay.port), body=b"[]")
    assert post(relay, "/query", [], None, event).status == 200


def test_a_forged_authorization(relay):
    key = relay.member()
    event = authorization(key, url(relay, "/query"), body=b"[]")
    for change in ({"sig": "0" * 128}, {"pubkey": Key().hex}, {"content": "x"}):
        assert post(relay, "/query", [], None, {**event, **change}).status == 401
    assert post(relay, "/query", [], None, event).status == 200


@pytest.mark.parametrize("path", ["/events", "/query", "/count"])
def test_an_authorization_is_good_once(relay, path):
    key = relay.member()
    value = key.sign(1, f"once {path}") if path == "/events" else []
    body = json.dumps(value).encode()
    event = authorization(key, url(relay, path), body=body)
    assert post(relay, path, value, None, event).status == 200
    assert post(relay, path, value, None, event).status == 401


@pytest.mark.parametrize("path", ["/events", "/query", "/count"])
@pytest.mark.parametrize("body", [b"not json", b'[{"ids":7}]', b'{"id":1}'])
def test_a_refused_request_uses_its_authorization_up(relay, path, body):
    """Without the body's hash in it somebody else could use it for another body."""
    key = relay.member()
    event = authorization(key, url(relay, path), body=None)
    assert post(relay, path, body, None, event).status == 400
    assert post(relay, path, [] if path != "/events" else key.sign(1, "x"), None, event).status == 401


def test_an_event_that_is_refused_uses_the_authorization_up(relay):
    key = relay.member()
    event = authorization(key, url(relay, "/events"), body=None)
    assert post(relay, "/events", key.sign(30621, "x", [["d", "x"]]), None, event).status == 403
    assert post(relay, "/events", key.sign(1, "x"), None, event).status == 401


def test_strangers_learn_only_that_they_are_strangers(relay):
    for path in ("/events", "/query", "/count"):
        for body in (b"not json", b'[{"ids":7}]', b"{}"):
            reply = post(relay, path, body, Key())
            assert (reply.status, reply.json) == (403, NOT_A_MEMBER)


def test_it_is_good_once_even_over_a_restart(own_relay):
    key = own_relay.member()
    event = key.sign(1, "once")
    used = authorization(key, "http://relay.example.com/events", body=json.dumps(event).encode())
    own_relay.flags += ["--url", "ws://relay.example.com"]
    own_relay.restart()
    assert post(own_relay, "/events", event, None, used).status == 200
    own_relay.restart()
    assert post(own_relay, "/events", event, None, used).status == 401


def test_two_requests_with_one_authorization_at_once(relay):
    key = relay.member()
    event = authorization(key, url(relay, "/query"), body=b"[]")
    statuses = []
    threads = [
        threading.Thread(target=lambda: statuses.append(post(relay, "/query", [], None, event).status))
        for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [401] * 7


def test_a_stranger_is_refused(relay):
    key = Key()
    for path, value in (("/events", key.sign(1, "x")), ("/query", []), ("/count", [])):
        reply = post(relay, path, value, key)
        assert (reply.status, reply.json) == (403, NOT_A_MEMBER)


def test_a_removed_member_is_a_stranger(relay):
    key = relay.member()
    assert post(relay, "/query", [], key).status == 200
    relay.remove(key)
    assert post(relay, "/query", [], key).json == NOT_A_MEMBER


def test_refusals_by_prefix(relay):
    key, other = relay.member(), relay.member()
    cases = [
        (key.sign(30621, "x", [["d", "x"]]), 403, "restricted: relay-only kind"),
        (mesh.connect_request(key, key), 400, "invalid: cannot mesh-connect to self"),
        (mesh.connect_request(key, Key()), 403, "restricted: target is not a relay member"),
        (mesh.connect_request(other, key), 400, "invalid: event pubkey does not match authenticated identity"),
        (mesh.command(mesh.ADD_MEMBER, key, Key()), 403, "restricted: only the owner or an admin can add members"),
        ({**key.sign(1, "x"), "sig": "0" * 128}, 400, "invalid: "),
        ({"id": 1}, 400, "invalid: "), (b"not json", 400, "invalid: "), (b"", 400, "invalid: "),
    ]
    for value, status, message in cases:
        reply = post(relay, "/events", value, key)
        assert reply.status == status and reply.json["error"].startswith(message), (reply, message)
    for value in ({}, "x", [1], [{"ids": "x"}], [{}] * 1000):
        reply = post(relay, "/query", value, key)
        assert reply.status == 400 and reply.json["error"].startswith("invalid: "), reply


def test_too_many_requests(relay):
    key, target = relay.member(), relay.member()
    replies = [post(relay, "/events", mesh.connect_request(key, target), key) for _ in range(60)]
    refused = [reply for reply in replies if reply.status == 429]
    assert all(reply.status in (200, 429) for reply in replies)
    if refused:
        assert refused[0].json["error"] == "rate-limited: mesh connect request rate exceeded (20/sec)"


def test_a_key_that_publishes_too_much_over_either_door(make_relay):
    relay = make_relay("--set", "events_per_second=1", "--set", "event_burst=5", owner=Key()).start()
    key, client = relay.connected_member()
    for number in range(3):
        client.accept(key.sign(1, f"socket {number}"))
    replies = [post(relay, "/events", key.sign(1, f"http {number}"), key) for number in range(8)]
    refused = [reply for reply in replies if reply.status == 429]
    assert 4 <= len(refused) <= 7 and refused[0].json["error"].startswith("rate-limited: more than 1 events a second")


def test_too_large(relay):
    key = relay.member()
    body = b"[" + b" " * 300_000 + b"]"
    assert post(relay, "/query", body, key).status == 413
    # Chunked, without saying before how much it will be.
    with socket.create_connection(("127.0.0.1", relay.port), timeout=10) as raw:
        raw.sendall(b"POST /query HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(100):
                raw.sendall(b"2000\r\n" + b" " * 0x2000 + b"\r\n")
        except OSError:
            pass
        assert b" 413 " in raw.recv(4096)


def test_what_was_posted_is_in_the_log_with_its_authorization(own_relay):
    key = own_relay.member()
    event = key.sign(1, "hello")
    used = authorization(key, url(own_relay, "/events"), body=json.dumps(event).encode())
    assert post(own_relay, "/events", event, None, used).status == 200
    log = log_entries(own_relay.data)
    entries = {entry["event"]: entry for entry in log if "event" in entry}
    assert entries[event["id"]]["payload"]["door"] == "http"
    assert entries[used["id"]]["type"] == "session"
    own_relay.stop()
    assert "verified" in succeed("ringdown-replay", "verify", "--data", own_relay.data)


def test_joining_over_http(relay):
    from test_invites import code_of, join, leave

    key, code = Key(), code_of(relay.owner_client)
    assert post(relay, "/events", join(key, "guess"), key).status == 403
    assert post(relay, "/events", join(key, code), Key()).json == NOT_A_MEMBER, "for oneself only"
    reply = post(relay, "/events", join(key, code), key)
    assert reply.status == 200 and reply.json["message"].startswith("info: welcome")
    assert post(relay, "/events", key.sign(1, "I am in"), key).status == 200
    assert post(relay, "/events", leave(key), key).status == 200
    assert post(relay, "/query", [], key).json == NOT_A_MEMBER


def test_a_connection_is_kept_and_answers_in_order(relay):
    key = relay.member()
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=10)
    for number in range(5):
        event = key.sign(1, f"kept {number}")
        body = json.dumps(event).encode()
        signed = header(authorization(key, url(relay, "/events"), body=body))
        connection.request("POST", "/events", body, {"Authorization": signed})
        assert json.loads(connection.getresponse().read())["event_id"] == event["id"]
    connection.close()
    # Pipelined: the second request is there before the first is answered.
    with socket.create_connection(("127.0.0.1", relay.port), timeout=10) as raw:
        raw.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        data = b""
        while chunk := raw.recv(4096):
            data += chunk
    assert data.index(b" 200 ") < data.index(b" 404 ")


def test_a_slow_request_is_ended(make_relay):
    relay = make_relay("--set", "http_seconds=1", owner=Key()).start()
    for beginning in (b"", b"GET / HT", b"POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n["):
        with socket.create_connection(("127.0.0.1", relay.port), timeout=10) as raw:
            raw.sendall(beginning)
            started = time.monotonic()
            try:
                assert raw.recv(100) == b""
            except ConnectionResetError:
                pass
            assert time.monotonic() - started < 5


def test_methods_and_paths(relay):
    for path in ("/events", "/query", "/count"):
        reply = request(relay, "GET", path)
        assert reply.status == 405 and reply.headers["allow"] == "POST, OPTIONS"
    assert request(relay, "POST", "/info").status == 405
    assert request(relay, "DELETE", "/").status == 405
    assert request(relay, "POST", "/nowhere").status == 404
    preflight = request(relay, "OPTIONS", "/events", headers={
        "Origin": "https://app.example", "Access-Control-Request-Method": "POST"})
    assert preflight.status == 204 and "authorization" in preflight.headers["access-control-allow-headers"]
    head = request(relay, "HEAD", "/info")
    assert head.status == 200 and head.body == b"" and int(head.headers["content-length"]) > 100
