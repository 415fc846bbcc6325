"""HTTP/1.1 on the wire: order, bodies, limits and patience of one connection."""

import base64
import hashlib
import json
import os
import signal
import threading
import time

import pytest

from http_client import authorization, header, url
from nip19 import npub
from nostr_client import Key
from wire import Ended, Wire

MAXIMUM_BODY = 262_144


def signed(relay, key: Key, path: str, value) -> tuple[bytes, str]:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return body, header(authorization(key, url(relay, path), body=body))


def test_pipelined_requests_are_answered_in_order_although_a_post_waits(relay):
    key = relay.member()
    event = key.sign(1, "pipelined")
    with Wire(relay.port) as wire:
        for path, value in (("/events", event), ("/query", [{"ids": [event["id"]]}]), ("/count", [{"ids": [event["id"]]}])):
            body, proof = signed(relay, key, path, value)
            wire.request("POST", path, body, Authorization=proof)
            wire.request("GET", "/health")
        assert wire.reply().json["event_id"] == event["id"]
        assert wire.reply().body == b"ok\n"
        # What was posted before is there for what was asked behind it.
        assert wire.reply().json == [event]
        assert wire.reply().body == b"ok\n"
        assert wire.reply().json == {"count": 1}
        assert wire.reply().body == b"ok\n"


def test_a_thousand_pipelined_requests(relay):
    with Wire(relay.port) as wire:
        wire.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nHEAD /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" * 500)
        for _ in range(500):
            assert wire.reply().status == 200
            assert wire.reply(is_head=True).status == 404


def test_a_request_may_come_byte_by_byte(relay):
    with Wire(relay.port) as wire:
        for byte in b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n":
            wire.send(bytes([byte]))
        assert wire.reply().body == b"ok\n"
        assert wire.seconds_until_end() < 2


def test_a_chunked_body(relay):
    key = relay.member()
    event = key.sign(1, "in chunks")
    body, proof = signed(relay, key, "/events", event)
    with Wire(relay.port) as wire:
        wire.request("POST", "/events", Authorization=proof, Transfer_Encoding="chunked")
        for start in range(0, len(body), 7):
            piece = body[start:start + 7]
            wire.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        wire.send(b"0\r\n\r\n")
        assert wire.reply().json["event_id"] == event["id"]


def test_old_clients_get_one_answer(relay):
    with Wire(relay.port) as wire:
        wire.send(b"GET /health HTTP/1.0\r\n\r\n")
        assert wire.reply().body == b"ok\n"
        assert wire.seconds_until_end() < 2


# Bodies


def test_a_body_of_exactly_the_limit_is_read(relay):
    key = relay.member()
    body, proof = signed(relay, key, "/query", b"[" + b" " * (MAXIMUM_BODY - 2) + b"]")
    with Wire(relay.port) as wire:
        assert wire.request("POST", "/query", body, Authorization=proof).reply().json == []


def test_a_length_over_the_limit_is_refused_before_the_body(relay):
    with Wire(relay.port) as wire:
        wire.send(f"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: {MAXIMUM_BODY + 1}\r\n\r\n".encode())
        reply = wire.reply()
        assert reply.status == 413 and reply.json["error"].startswith("invalid: ")
        assert reply.headers["connection"] == "close"
        # It is not read any further, and not kept for long.
        assert wire.seconds_until_end() < 8


@pytest.mark.parametrize("form", ["length", "chunked"])
def test_who_sends_on_regardless_still_reads_the_refusal(relay, form):
    """Closing at once would reset the connection, and the client would see that instead of the answer."""
    with Wire(relay.port) as wire:
        if form == "length":
            wire.send(b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n")
            piece = b" " * 10_000
        else:
            wire.send(b"POST /events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            piece = b"2710\r\n" + b" " * 10_000 + b"\r\n"
        for _ in range(400):
            wire.send(piece)
        assert wire.reply().status == 413


def test_nothing_behind_a_refused_body_is_answered(relay):
    key = relay.member()
    event = key.sign(1, "smuggled")
    body, proof = signed(relay, key, "/events", event)
    with Wire(relay.port) as wire:
        try:
            wire.request("POST", "/query", b" " * (MAXIMUM_BODY + 1))
            wire.request("POST", "/events", body, Authorization=proof)
        except Ended:
            pass
        assert wire.reply().status == 413
        with pytest.raises(Ended):
            wire.reply()
    assert relay.connect(key).query({"ids": [event["id"]]}) == []


def test_expect_100_continue(relay):
    key = relay.member()
    event = key.sign(1, "may I?")
    body, proof = signed(relay, key, "/events", event)
    with Wire(relay.port) as wire:
        wire.request("POST", "/events", Authorization=proof, Content_Length=len(body), Expect="100-continue")
        assert wire.reply().status == 100
        wire.send(body)
        assert wire.reply().json["event_id"] == event["id"]
        # What would be refused anyhow is refused before it is sent.
        wire.request("POST", "/events", Content_Length=MAXIMUM_BODY + 1, Expect="100-continue")
        assert wire.reply().status == 413


@pytest.mark.parametrize("fields", [
    b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: 4\r\nContent-Length: 5\r\n",
    b"Transfer-Encoding: gzip\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked, gzip\r\n", b"Bad Header: x\r\n", b"X: a\0b\r\n",
])
def test_a_request_that_can_be_read_in_two_ways_is_not_read(relay, fields):
    """Behind a proxy, whoever reads such a request differently from the proxy mixes up the requests of two clients."""
    with Wire(relay.port) as wire:
        wire.send(b"POST /query HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            assert wire.reply().status in (400, 413, 501)
            wire.reply()
        except Ended:
            return
        raise AssertionError("there was a second answer")


@pytest.mark.parametrize("request_line", [
    b"GET /health HTTP/9.9", b"GET  HTTP/1.1", b"\0\0\0", b"GET /health", b"G@T /health HTTP/1.1",
])
def test_what_is_no_http(relay, request_line):
    with Wire(relay.port) as wire:
        wire.send(request_line + b"\r\nHost: x\r\n\r\n")
        try:
            assert wire.reply().status in (400, 405, 505)
        except Ended:
            pass


def test_headers_are_bounded(relay):
    with Wire(relay.port) as wire:
        try:
            wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
            for number in range(2_000):
                wire.send(f"X-{number}: {'x' * 1_000}\r\n".encode())
            status = wire.reply().status
            assert status in (400, 431)
        except Ended:
            pass


# Patience


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    from relay_process import Relay

    with Relay(tmp_path_factory.mktemp("impatient") / "data", "--set", "http_seconds=1", owner=Key()) as relay:
        yield relay


@pytest.mark.parametrize("beginning", [
    b"", b"GET", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n",
    b"POST /events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n",
], ids=["nothing", "a method", "headers", "idle", "body", "chunk"])
def test_a_connection_that_goes_quiet_is_closed(impatient, beginning):
    with Wire(impatient.port) as wire:
        wire.send(beginning)
        assert 0.5 < wire.seconds_until_end() < 4


@pytest.mark.parametrize("beginning, drop", [
    (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X: y\r\n"), (b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", b" "),
], ids=["headers", "body"])
def test_a_request_that_drips_is_closed(impatient, beginning, drop):
    started = time.monotonic()
    with Wire(impatient.port) as wire:
        wire.send(beginning)
        with pytest.raises(Ended):
            while time.monotonic() - started < 6:
                wire.send(drop)
                time.sleep(0.1)
    assert time.monotonic() - started < 4


def test_who_keeps_asking_is_kept(impatient):
    with Wire(impatient.port) as wire:
        for _ in range(5):
            assert wire.request("GET", "/health").reply().status == 200
            time.sleep(0.5)


def test_a_websocket_is_not_hurried(impatient):
    key = impatient.member()
    client = impatient.connect(key)
    time.sleep(2.5)
    client.accept(key.sign(1, "still here"))


# WebSocket on a connection that has been used


HANDSHAKE = {
    "Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": base64.b64encode(os.urandom(16)).decode(),
}


def text_frame(text: str) -> bytes:
    data = text.encode()
    assert len(data) < 65_536
    length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + len(data).to_bytes(2, "big")
    return b"\x81" + length + b"\0\0\0\0" + data


@pytest.mark.parametrize("before", [0, 1, 3])
def test_an_upgrade_may_follow_other_requests(relay, before):
    """Reverse proxies keep connections, and pick one for a WebSocket that has carried other requests."""
    with Wire(relay.port) as wire:
        for _ in range(before):
            assert wire.request("GET", "/info").reply().status == 200
        reply = wire.request("GET", "/", **HANDSHAKE).reply()
        assert reply.status == 101, reply
        expected = base64.b64encode(hashlib.sha1(
            HANDSHAKE["Sec_WebSocket_Key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
        assert reply.headers["sec-websocket-accept"] == expected
        wire.send(text_frame('["REQ","x",{"kinds":[1]}]'))
        while b"auth-required" not in wire.buffer:
            wire._more()
        assert b'["AUTH","' in wire.buffer


@pytest.mark.parametrize("change, status", [
    ({"Sec_WebSocket_Version": "12"}, 426), ({"Sec_WebSocket_Version": ""}, 426),
    ({"Sec_WebSocket_Key": "short"}, 400), ({"Sec_WebSocket_Key": "A" * 24}, 400),
])
def test_a_broken_upgrade_is_refused(relay, change, status):
    with Wire(relay.port) as wire:
        assert wire.request("GET", "/health").reply().status == 200
        reply = wire.request("GET", "/", **{**HANDSHAKE, **change}).reply()
        assert reply.status == status
        assert status != 426 or reply.headers["sec-websocket-version"] == "13"
        # What follows may be WebSocket or HTTP: it is not guessed.
        assert reply.headers["connection"] == "close" and wire.seconds_until_end() < 2


def test_another_protocol_is_declined(relay):
    """Java's client asks for HTTP/2 this way, and then goes on as if it had not."""
    key = relay.member()
    body, proof = signed(relay, key, "/query", [])
    offer = {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings", "HTTP2_Settings": "AAMAAABkAAQAAP__"}
    with Wire(relay.port) as wire:
        reply = wire.request("POST", "/query", body, Authorization=proof, **offer).reply()
        assert reply.json == [] and reply.headers["connection"] == "close"


# Readers that do not read


def test_who_asks_and_does_not_read_costs_no_memory(own_relay):
    before = resident_bytes(own_relay)
    # The answer to each of these has two thousand bytes; none is read.
    requests = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 1_000
    with Wire(own_relay.port) as wire:
        wire.socket.settimeout(1)
        try:
            for _ in range(4_000):
                wire.socket.sendall(requests)
        except TimeoutError:
            pass
        else:
            raise AssertionError("everything was taken in, although no answer was read")
        assert resident_bytes(own_relay) - before < 30_000_000
    own_relay.member()


def resident_bytes(relay) -> int:
    text = open(f"/proc/{relay.process.pid}/status").read()
    return int(text.split("VmRSS:")[1].split()[0]) * 1024


# Documents


@pytest.mark.parametrize("path", ["/", "/info", "/health", "/ready", "/metrics", "/events", "/nowhere"])
def test_head_is_get_without_the_body(relay, path):
    with Wire(relay.port) as wire:
        got = wire.request("GET", path).reply()
        head = wire.request("HEAD", path).reply(is_head=True)
        # The answer to the next request begins where the head ended.
        assert wire.request("GET", "/health").reply().body == b"ok\n"
    assert head.status == got.status
    assert head.headers["content-type"] == got.headers["content-type"]
    if path != "/metrics":
        assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.body))


@pytest.mark.parametrize("path", ["/", "/info", "/events", "/query", "/count"])
def test_a_browser_may_ask_for_leave(relay, path):
    with Wire(relay.port) as wire:
        reply = wire.request(
            "OPTIONS", path, Origin="https://app.example", Access_Control_Request_Method="POST",
            Access_Control_Request_Headers="authorization,content-type").reply()
        assert reply.status in (200, 204)
        assert reply.headers["access-control-allow-origin"] == "*"
        allowed = {name.strip().lower() for name in reply.headers["access-control-allow-headers"].split(",")}
        # A wildcard does not stand for Authorization (Fetch, "CORS-preflight fetch").
        assert {"authorization", "content-type"} <= allowed
        methods = {name.strip() for name in reply.headers["access-control-allow-methods"].split(",")}
        assert "POST" in methods
        # The answers themselves may be read, too, refusals included.
        assert wire.request("POST", path).reply().headers["access-control-allow-origin"] == "*"


def test_the_page_for_a_browser(make_relay):
    name = """<script>alert("1")</script> & 'Sons'"""
    relay = make_relay("--set", f"name={name}", "--set", "description=</p><img src=x>", owner=Key()).start()
    with Wire(relay.port) as wire:
        reply = wire.request("GET", "/", Accept="text/html,application/xhtml+xml,*/*;q=0.8").reply()
    page = reply.body.decode()
    assert reply.status == 200 and reply.headers["content-type"].startswith("text/html")
    assert "<script" not in page and "<img" not in page
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;Sons&#39;" in page
    assert "&lt;/p&gt;&lt;img src=x&gt;" in page
    assert npub(relay.key) in page
    for outside in ("http://", "https://", "src=", "url(", "@import"):
        assert outside not in page.replace("&lt;img src=x&gt;", "")
    assert "default-src 'none'" in reply.headers["content-security-policy"]


def test_the_host_header_is_escaped_too(relay):
    with Wire(relay.port) as wire:
        wire.send(b'GET / HTTP/1.1\r\nHost: "><script>alert(1)</script>\r\n\r\n')
        assert b"<script" not in wire.reply().body


# Draining


def test_while_draining_it_is_not_ready_and_takes_nothing(own_relay):
    relay = own_relay
    key = relay.member()
    body, proof = signed(relay, key, "/events", key.sign(1, "too late"))
    with Wire(relay.port) as wire, Wire(relay.port) as websocket:
        assert wire.request("GET", "/ready").reply().status == 200
        # A client that does not answer the Close frame holds the relay for a moment.
        assert websocket.request("GET", "/", **HANDSHAKE).reply().status == 101
        relay.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert wire.request("GET", "/health").reply().status == 200
        assert wire.request("GET", "/ready").reply().status == 503
        reply = wire.request("POST", "/events", body, Authorization=proof).reply()
        assert reply.status == 503 and reply.json["error"].startswith("error: ")
        assert wire.request("GET", "/", **HANDSHAKE).reply().status == 503
    assert relay.process.wait(15) == 0


def test_a_post_that_is_answered_is_in_the_log_whatever_happens_next(own_relay):
    """Posts go on while the relay is told to stop: whoever got a 200 finds the event afterwards."""
    relay = own_relay
    key = relay.member()
    accepted, lock = [], threading.Lock()

    def work():
        try:
            with Wire(relay.port) as wire:
                for number in range(200):
                    event = key.sign(1, f"{threading.get_ident()} {number}")
                    body, proof = signed(relay, key, "/events", event)
                    if wire.request("POST", "/events", body, Authorization=proof).reply().status == 200:
                        with lock:
                            accepted.append(event["id"])
        except (Ended, OSError):
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    relay.process.send_signal(signal.SIGTERM)
    assert relay.process.wait(15) == 0
    for thread in threads:
        thread.join()
    assert accepted
    relay.kill()
    relay.start()
    stored = {event["id"] for event in relay.connect(key).query({"authors": [key.hex]})}
    assert set(accepted) <= stored
