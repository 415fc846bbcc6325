"""Behind a reverse proxy: whom the relay believes about addresses and names, and whom it does not."""

import pytest
from websockets.exceptions import WebSocketException

from http_client import authorization, post, request
from nostr_client import Key

TRUSTING = ("--set", "trusted_proxies=127.0.0.1,10.0.0.0/8")


def blocked(relay, address: str):
    from http_client import manage

    assert manage(relay, relay.owner, "blockip", address).json["result"] is True


def status(relay, **headers) -> int:
    return request(relay, "GET", "/info", headers={name.replace("_", "-"): value for name, value in headers.items()}).status


def test_an_untrusted_peer_is_not_believed(own_relay):
    blocked(own_relay, "203.0.113.9")
    assert status(own_relay, X_Forwarded_For="203.0.113.9") == 200
    assert status(own_relay, Forwarded="for=203.0.113.9") == 200


def test_a_trusted_proxy_is(make_relay):
    relay = make_relay(*TRUSTING, owner=Key()).start()
    blocked(relay, "203.0.113.9")
    blocked(relay, "2001:db8::9")
    for value, expected in (
        ("203.0.113.9", 403), ("198.51.100.1", 200),
        # The right-most that is none of the proxies counts; what the client put to the left of it does not.
        ("203.0.113.9, 198.51.100.1", 200), ("198.51.100.1, 203.0.113.9", 403), ("203.0.113.9, 10.1.2.3", 403),
        ("198.51.100.1, 203.0.113.9, 10.1.2.3, 10.9.9.9", 403), ("2001:db8::9", 403), ("203.0.113.9:1234", 403),
        ("[2001:db8::9]:1234", 403), ("garbage", 200), ("203.0.113.9, garbage", 200), ("", 200),
    ):
        assert status(relay, X_Forwarded_For=value) == expected, value
    for value, expected in (
        ("for=203.0.113.9", 403), ('for="203.0.113.9:80";proto=https', 403), ('For="[2001:db8::9]"', 403),
        ("for=203.0.113.9, for=198.51.100.1", 200), ("for=198.51.100.1, for=203.0.113.9", 403), ("for=_hidden", 200),
        ("for=unknown", 200), ("proto=https", 200),
    ):
        assert status(relay, Forwarded=value) == expected, value


def test_connections_are_counted_by_the_clients_address(make_relay):
    relay = make_relay(*TRUSTING, "--set", "maximum_connections_per_address=2", owner=Key()).start()
    one = {"additional_headers": {"X-Forwarded-For": "198.51.100.1"}}
    kept = [relay.connect(**one) for _ in range(2)]
    with pytest.raises(WebSocketException):
        relay.connect(**one)
    relay.connect(additional_headers={"X-Forwarded-For": "198.51.100.2"})
    kept[0].close()
    for _ in range(50):
        try:
            relay.connect(**one)
            break
        except WebSocketException:
            continue
    else:
        raise AssertionError("a connection that ended is counted for ever")


def test_public_names_count_for_authentication(make_relay):
    key = Key()
    relay = make_relay(
        *TRUSTING, "--url", "wss://one.example.com,wss://two.example.com:8443/mesh", "--open", owner=Key()).start()
    for name in ("wss://one.example.com", "wss://two.example.com:8443/mesh"):
        assert relay.connect().authenticate(key, relay=name).accepted
    assert not relay.connect().authenticate(key, relay="wss://three.example.com").accepted
    for name, expected in (
        ("https://one.example.com/query", 200), ("wss://one.example.com/query", 200),
        ("https://one.example.com:443/query", 200), ("https://two.example.com:8443/query", 200),
        ("https://two.example.com/query", 401), ("https://one.example.com:8443/query", 401),
        ("https://three.example.com/query", 401),
    ):
        event = authorization(key, name, body=b"[]")
        assert post(relay, "/query", [], None, event).status == expected, name


def test_a_trusted_proxy_says_what_was_asked_for(make_relay):
    key = Key()
    for flags, expected in ((TRUSTING, 200), ((), 401)):
        relay = make_relay(*flags, "--open", name=f"data{expected}", owner=Key()).start()
        event = authorization(key, "https://late.example.com/query", body=b"[]")
        reply = post(
            relay, "/query", [], None, event,
            **{"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Host": "late.example.com"})
        assert reply.status == expected
