"""NIP-86: owner and admins manage the relay over HTTP; each call is an entry in the log."""

import json

import pytest

import mesh
from http_client import MANAGEMENT, authorization, manage, post, request, url
from nostr_client import Key
from relay_process import log_entries, succeed
from websockets.exceptions import InvalidStatus


def result(relay, key: Key, method: str, *params):
    reply = manage(relay, key, method, *params)
    assert reply.status == 200 and reply.headers["content-type"] == MANAGEMENT, reply
    assert "error" not in reply.json, reply.json
    return reply.json["result"]


def error(relay, key: Key, method, *params) -> str:
    reply = manage(relay, key, method, *params)
    assert reply.status == 200 and "result" not in reply.json, reply
    return reply.json["error"]


def information(relay) -> dict:
    return request(relay, "GET", "/info").json


def test_supported_methods_are_really_there(relay):
    methods = result(relay, relay.owner, "supportedmethods")
    assert {"banpubkey", "allowpubkey", "banevent", "blockip", "changerelayname"} <= set(methods)
    for method in methods:
        reply = manage(relay, relay.owner, method)
        assert reply.status == 200 and not reply.json.get("error", "").startswith("unsupported"), method
    assert 86 in information(relay)["supported_nips"]


def test_authorization(relay):
    body = {"method": "supportedmethods", "params": []}
    headers = {"Content-Type": MANAGEMENT}
    assert post(relay, "/", body, None, **headers).status == 401
    without_hash = authorization(relay.owner, url(relay, "/"), body=None)
    assert post(relay, "/", body, None, without_hash, **headers).status == 401
    other = authorization(relay.owner, url(relay, "/"), body=b"{}")
    assert post(relay, "/", body, None, other, **headers).status == 401
    relay_url = authorization(relay.owner, relay.url, body=json.dumps(body).encode())
    assert post(relay, "/", body, None, relay_url, **headers).status == 200, "u is the relay's URL"
    assert post(relay, "/", body, None, relay_url, **headers).status == 401, "and good once"
    assert error(relay, relay.member(), "listbannedpubkeys").startswith("restricted: ")
    assert error(relay, Key(), "listbannedpubkeys").startswith("restricted: ")


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"{}", b'{"method":1}', b'{"method":"banpubkey"}', b"\xff"])
def test_calls_that_are_none(relay, body):
    reply = post(relay, "/", body, relay.owner, **{"Content-Type": MANAGEMENT})
    assert reply.status == 200 and reply.json["error"].startswith("invalid: "), reply


def test_unknown_methods_and_wrong_parameters(relay):
    assert error(relay, relay.owner, "stats").startswith("unsupported: ")
    for params in ([], ["x"], [1], [None], ["0" * 63], [Key().hex, 5]):
        assert error(relay, relay.owner, "banpubkey", *params).startswith("invalid: "), params
    for params in ([], ["1"], [-1], [65536], [1.5]):
        assert error(relay, relay.owner, "allowkind", *params).startswith("invalid: "), params
    assert error(relay, relay.owner, "blockip", "not-an-address").startswith("invalid: ")


def test_members_come_and_go(relay):
    key = Key()
    assert result(relay, relay.owner, "allowpubkey", key.hex) is True
    with relay.connect(key) as client:
        assert {"pubkey": key.hex, "reason": "member"} in result(relay, relay.owner, "listallowedpubkeys")
        assert result(relay, relay.owner, "assignrole", key.hex, "admin") is True
        assert client.publish(mesh.command(mesh.ADD_MEMBER, key, Key())).accepted
        assert result(relay, relay.owner, "unallowpubkey", key.hex) is True
        assert client.wait_for_close().code == 1008


def test_a_ban_ends_sessions_and_keeps_out(relay):
    key, client = relay.connected_member()
    client.accept(mesh.status_report(key, mesh.serving()))
    assert result(relay, relay.owner, "banpubkey", key.hex, "spam") is True
    assert client.wait_for_close().code == 1008
    assert relay.connect().authenticate(key) == (False, "blocked: this key is banned from this relay")
    assert post(relay, "/query", [], key).status == 403
    assert {"pubkey": key.hex, "reason": "spam"} in result(relay, relay.owner, "listbannedpubkeys")
    assert relay.command(mesh.ADD_MEMBER, key).message.startswith("restricted: this key is banned")
    assert result(relay, relay.owner, "unbanpubkey", key.hex) is True
    relay.add(key)
    assert relay.connect().authenticate(key).accepted


def test_an_event_is_taken_out(relay):
    key, client = relay.connected_member()
    event = client.accept(key.sign(1, "unwanted"))
    client.subscribe("deletions", {"kinds": [5], "limit": 0})
    assert result(relay, relay.owner, "banevent", event["id"], "off topic") is True
    deletion = client.next_event("deletions")
    assert deletion["pubkey"] == relay.key and ["e", event["id"]] in deletion["tags"]
    assert client.query({"ids": [event["id"]]}) == []
    client.publish(event)
    assert client.query({"ids": [event["id"]]}) == []
    assert {"id": event["id"], "reason": "off topic"} in result(relay, relay.owner, "listbannedevents")


def test_kinds(own_relay):
    key, client = own_relay.connected_member()
    assert result(own_relay, own_relay.owner, "disallowkind", 7) is True
    assert client.publish(key.sign(7, "+")) == (False, "blocked: this relay takes no events of kind 7")
    assert result(own_relay, own_relay.owner, "listdisallowedkinds") == [7]
    result(own_relay, own_relay.owner, "allowkind", 7)
    client.accept(key.sign(7, "+"))
    result(own_relay, own_relay.owner, "allowkind", 1)
    assert result(own_relay, own_relay.owner, "listallowedkinds") == [1]
    client.accept(key.sign(1, "x"))
    assert not client.publish(key.sign(7, "-")).accepted
    assert client.publish(mesh.status_report(key, mesh.serving())).accepted


def test_name_description_and_icon_change_at_once_and_stay(own_relay):
    for method, value in (
        ("changerelayname", "Switchboard"), ("changerelaydescription", "<b>we lend</b>"),
        ("changerelayicon", "https://relay.example/icon.png"),
    ):
        assert result(own_relay, own_relay.owner, method, value) is True
    for _ in range(2):
        document = information(own_relay)
        assert (document["name"], document["description"]) == ("Switchboard", "<b>we lend</b>")
        assert document["icon"] == "https://relay.example/icon.png"
        page = request(own_relay, "GET", "/").body.decode()
        assert "Switchboard" in page and "&lt;b&gt;we lend" in page and "<b>we" not in page
        own_relay.restart()


def test_a_blocked_address(make_relay):
    relay = make_relay("--set", "trusted_proxies=127.0.0.1", owner=Key()).start()
    assert result(relay, relay.owner, "blockip", "203.0.113.0/24", "scans") is True
    blocked = {"X-Forwarded-For": "203.0.113.9"}
    assert request(relay, "GET", "/info", headers=blocked).status == 403
    assert request(relay, "GET", "/info", headers={"X-Forwarded-For": "198.51.100.1"}).status == 200
    with pytest.raises(InvalidStatus):
        relay.connect(additional_headers=blocked)
    assert result(relay, relay.owner, "listblockedips") == [{"ip": "203.0.113.0/24", "reason": "scans"}]
    assert result(relay, relay.owner, "unblockip", "203.0.113.0/24") is True
    assert request(relay, "GET", "/info", headers=blocked).status == 200


def test_each_call_is_an_entry(own_relay):
    result(own_relay, own_relay.owner, "listbannedpubkeys")
    result(own_relay, own_relay.owner, "banpubkey", Key().hex)
    error(own_relay, own_relay.member(), "banpubkey", Key().hex)
    log = log_entries(own_relay.data)
    calls = [json.loads(entry["payload"]["body"])["method"] for entry in log if "body" in entry.get("payload", {})]
    assert calls == ["listbannedpubkeys", "banpubkey", "banpubkey"]
    own_relay.stop()
    assert "verified" in succeed("ringdown-replay", "verify", "--data", own_relay.data)
