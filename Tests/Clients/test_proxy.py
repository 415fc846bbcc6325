"""Behind a reverse proxy: whom the relay believes about addresses and names, and whom it does not."""

import pytest
from websockets.exceptions import InvalidStatus, WebSocketException

from http_client import authorization, post, request
from nostr_client import Key
from relay_process import until
from wire import Ended, Wire

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


def test_a_trusted_proxy_that_speaks_rfc_7239(make_relay):
    relay = make_relay(*TRUSTING, "--set", "proxy_header=forwarded", owner=Key()).start()
    blocked(relay, "203.0.113.9")
    blocked(relay, "2001:db8::9")
    for value, expected in (
        ("for=203.0.113.9", 403), ('for="203.0.113.9:80";proto=https', 403), ('For="[2001:db8::9]"', 403),
        ("for=203.0.113.9, for=198.51.100.1", 200), ("for=198.51.100.1, for=203.0.113.9", 403), ("for=_hidden", 200),
        ("for=unknown", 200), ("proto=https", 200),
        # A separator inside of quotes separates nothing.
        ('for=203.0.113.9;host="a, for=198.51.100.1"', 403), ('host="a;b";for=203.0.113.9', 403),
        ('for=203.0.113.9;by="x', 403), ("for=198.51.100.1,for=203.0.113.9,for=10.1.1.1", 403), (",,for=203.0.113.9,", 403),
        ("=;;=for=203.0.113.9", 200), ("for=", 200), ('for=""', 200),
    ):
        assert status(relay, Forwarded=value) == expected, value


@pytest.mark.parametrize("form, right, wrong", [
    ("x-forwarded-for", ("X_Forwarded_For", "{}"), ("Forwarded", "for={}")),
    ("forwarded", ("Forwarded", "for={}"), ("X_Forwarded_For", "{}")),
])
def test_what_the_proxy_does_not_write_a_client_may_have_written(make_relay, form, right, wrong):
    """A proxy that writes one header passes the other on as it came from the client."""
    relay = make_relay(*TRUSTING, "--set", f"proxy_header={form}", owner=Key()).start()
    blocked(relay, "203.0.113.9")
    bad, good = "203.0.113.9", "198.51.100.1"
    assert status(relay, **{right[0]: right[1].format(bad), wrong[0]: wrong[1].format(good)}) == 403
    assert status(relay, **{right[0]: right[1].format(good), wrong[0]: wrong[1].format(bad)}) == 200
    assert status(relay, **{wrong[0]: wrong[1].format(bad)}) == 200


def test_one_header_may_come_in_several_lines(make_relay):
    relay = make_relay(*TRUSTING, owner=Key()).start()
    blocked(relay, "203.0.113.9")
    with Wire(relay.port) as wire:
        for first, second, expected in (("198.51.100.1", "203.0.113.9", 403), ("203.0.113.9", "198.51.100.1", 200)):
            wire.send(
                f"GET /info HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {first}\r\nX-Forwarded-For: {second}\r\n\r\n".encode())
            assert wire.reply().status == expected


def test_a_blocked_address_gets_no_websocket_either(make_relay):
    relay = make_relay(*TRUSTING, owner=Key()).start()
    blocked(relay, "203.0.113.0/24")
    with pytest.raises(InvalidStatus) as refusal:
        relay.connect(additional_headers={"X-Forwarded-For": "203.0.113.77"})
    assert refusal.value.response.status_code == 403
    relay.connect(additional_headers={"X-Forwarded-For": "203.0.114.77"})


def test_a_blocked_peer_is_closed_at_once(own_relay):
    blocked(own_relay, "127.0.0.9")
    with Wire(own_relay.port, source="127.0.0.9") as wire:
        try:
            wire.request("GET", "/health")
            assert wire.reply().status == 403
        except Ended:
            pass
    with Wire(own_relay.port, source="127.0.0.8") as wire:
        assert wire.request("GET", "/health").reply().status == 200


def test_this_machine_is_not_counted_unless_a_proxy_names_it(make_relay):
    relay = make_relay(*TRUSTING, "--set", "maximum_connections_per_address=2", owner=Key()).start()
    for _ in range(5):
        relay.connect()
    local = {"additional_headers": {"X-Forwarded-For": "127.0.0.5"}}
    relay.connect(**local), relay.connect(**local)
    with pytest.raises(InvalidStatus) as refusal:
        relay.connect(**local)
    assert refusal.value.response.status_code == 429


def test_an_ipv6_customer_is_one_however_many_addresses_it_has(make_relay):
    relay = make_relay(*TRUSTING, "--set", "maximum_connections_per_address=2", owner=Key()).start()

    def connect(address):
        return relay.connect(additional_headers={"X-Forwarded-For": address})

    connect("2001:db8:1:2::1"), connect("2001:db8:1:2:ffff::2")
    with pytest.raises(InvalidStatus):
        connect("2001:db8:1:2:3::4")
    connect("2001:db8:1:3::1")
    # An IPv4 address in IPv6 clothes is that IPv4 address.
    connect("::ffff:198.51.100.1"), connect("198.51.100.1")
    with pytest.raises(InvalidStatus):
        connect("::ffff:198.51.100.1")
    connect("198.51.100.2")


def test_connections_are_counted_by_the_clients_address(make_relay):
    relay = make_relay(*TRUSTING, "--set", "maximum_connections_per_address=2", owner=Key()).start()
    one = {"additional_headers": {"X-Forwarded-For": "198.51.100.1"}}
    kept = [relay.connect(**one) for _ in range(2)]
    with pytest.raises(WebSocketException):
        relay.connect(**one)
    relay.connect(additional_headers={"X-Forwarded-For": "198.51.100.2"})
    kept[0].close()

    def comes_in():
        try:
            return relay.connect(**one)
        except WebSocketException:
            return None

    until(comes_in, "a connection that ended is counted for ever")


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


def test_a_relay_behind_a_path(make_relay):
    """Whether the proxy takes the path away or not, clients sign for the whole address."""
    key = Key()
    relay = make_relay("--url", "wss://one.example.com/mesh", "--open", owner=Key()).start()

    def query(address, path):
        event = authorization(key, address, body=b"[]")
        return post(relay, path, [], None, event).status

    assert query("https://one.example.com/mesh/query", "/query") == 200
    assert query("https://one.example.com/mesh/query", "/mesh/query") == 200
    assert query("https://one.example.com/query", "/query") == 200
    assert query("https://one.example.com/mesh/count", "/query") == 401
    assert query("https://one.example.com/mess/query", "/query") == 401
    assert query("https://one.example.com/mesh/mesh/query", "/query") == 401
    document = request(relay, "GET", "/mesh", headers={"Accept": "application/nostr+json"})
    assert document.status == 200 and document.headers["content-type"] == "application/nostr+json"
    assert request(relay, "GET", "/mesh/health").status == 200
    assert request(relay, "GET", "/meshhealth").status == 404


def authenticates(relay, key, name: str, **headers) -> bool:
    client = relay.connect(additional_headers={field.replace("_", "-"): value for field, value in headers.items()})
    return client.authenticate(key, relay=f"wss://{name}").accepted


@pytest.mark.parametrize("flags, believed", [
    (TRUSTING, True), ((), False), ((*TRUSTING, "--url", "wss://relay.example.com"), False)])
def test_what_a_proxy_says_was_asked_for_counts_while_there_is_no_public_address(make_relay, flags, believed):
    """Whom a stranger fools into authenticating under the stranger's name must not be authenticated here: a proxy passes on
    what the client asked for, so its word counts only where the operator has said nothing better."""
    key = Key()
    relay = make_relay(*flags, "--open", owner=Key()).start()
    headers = {"X_Forwarded_For": "198.51.100.1", "X_Forwarded_Host": "late.example.com"}
    assert authenticates(relay, key, "late.example.com", **headers) is believed
    event = authorization(key, "https://late.example.com/query", body=b"[]")
    reply = post(relay, "/query", [], None, event, **{k.replace("_", "-"): v for k, v in headers.items()})
    assert reply.status == (200 if believed else 401)
    # The nearest proxy's word counts, not what stands to the left of it.
    assert not authenticates(relay, key, "evil.example.com", X_Forwarded_For="198.51.100.1",
                             X_Forwarded_Host="evil.example.com, late.example.com")


def test_the_host_header_is_no_name_of_the_relay(own_relay):
    key = own_relay.member()
    event = authorization(key, "http://evil.example.com/query", body=b"[]")
    assert post(own_relay, "/query", [], None, event, Host="evil.example.com").status == 401


@pytest.mark.parametrize("headers, expected", [
    ({}, 200), ({"Host": "localhost:7447"}, 200), ({"Host": "[::1]:80"}, 200), ({"Host": "127.0.0.5"}, 200),
    # A proxy of which the relay was not told leaves traces; a page that was pointed at 127.0.0.1, the name it has.
    ({"X-Forwarded-For": "198.51.100.1"}, 403), ({"Forwarded": "for=198.51.100.1"}, 403), ({"Via": "1.1 proxy"}, 403),
    ({"X-Real-IP": "198.51.100.1"}, 403), ({"Host": "relay.example.com"}, 403), ({"Host": "127.0.0.1.evil.example"}, 403),
])
def test_the_metrics_are_for_this_machine(relay, headers, expected):
    assert request(relay, "GET", "/metrics", headers=headers).status == expected
