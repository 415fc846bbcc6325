"""What can be done at the HTTP doors."""

import base64
import json
import time

from nostr_client import Key

from ..peer import Peer
from ..target import Target, attack, flood, one_address, strangers
from .strangers import bad


def request(peer: Peer, method: str, path: str, body: bytes = b"", **fields) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"X-Forwarded-For: {peer.address}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def trickle(target: Target, seconds: float, beginning: bytes, drop: bytes, connections: int = 200):
    """Begins requests and goes on with a few bytes now and then."""
    peers: list[Peer] = []
    until = time.monotonic() + max(seconds, 2.5)
    while time.monotonic() < until:
        try:
            while len(peers) < connections:
                peers.append(Peer(target.port, "192.0.2.70", websocket=False))
                peers[-1].push(beginning)
        except OSError:
            pass
        alive = []
        for peer in peers:
            try:
                peer.push(drop)
                peer.skim()
                alive.append(peer)
            except OSError:
                peer.close()
        peers = alive
        time.sleep(0.1)
    for peer in peers:
        peer.close()


@attack("slowloris: the headers of a request come a few bytes at a time", "request_timeout",
        settings={"http_seconds": 1}, control={"http_seconds": 3600})
def slow_heads(target: Target, seconds: float):
    trickle(target, seconds, b"GET / HTTP/1.1\r\nHost: x\r\n", b"X: y\r\n")


@attack("the body of a request comes a byte at a time", "request_timeout", settings={"http_seconds": 1})
def slow_bodies(target: Target, seconds: float):
    trickle(target, seconds, b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", b" ")


@attack("headers without end", "request_malformed")
def endless_headers(target: Target, seconds: float):
    flood(target, seconds, strangers(), 8, lambda _: b"GET / HTTP/1.1\r\n" + b"X: " + b"x" * 60_000, websocket=False)


@attack("one address asks for pages, the information document and tiles without end", "request_rate_of_address",
        control={"requests_per_second_per_address": 1_000_000, "stranger_share": 100})
def page_flood(target: Target, seconds: float):
    def pages(peer: Peer) -> bytes:
        return b"".join(request(peer, "GET", path) for path in ("/", "/info", "/tile/0/000", "/health", "/nowhere")) * 10
    flood(target, seconds, one_address("192.0.2.71"), 8, pages, websocket=False)


@attack("many addresses ask for /metrics")
def metrics_flood(target: Target, seconds: float):
    flood(target, seconds, strangers(), 16, lambda peer: request(peer, "GET", "/metrics") * 20, websocket=False)


@attack("requests whose NIP-98 authorization has a bad signature", "http_unauthorized", "request_rate_of_address",
        control={"requests_per_second_per_address": 1_000_000, "stranger_share": 100})
def unauthorized_posts(target: Target, seconds: float):
    def posts(peer: Peer) -> bytes:
        url = f"http://127.0.0.1:{target.port}/query"
        event = bad(Key().sign(27_235, "", [["u", url], ["method", "POST"]]))
        header = "Nostr " + base64.b64encode(json.dumps(event).encode()).decode()
        return request(peer, "POST", "/query", b"[{}]", Authorization=header) * 20
    flood(target, seconds, one_address("192.0.2.72"), 8, posts, websocket=False)


@attack("bodies that are too large", "request_too_large")
def giant_bodies(target: Target, seconds: float):
    flood(target, seconds, one_address("192.0.2.73"), 8,
          lambda peer: request(peer, "POST", "/events", Content_Length=1 << 30) + b" " * 65_536, websocket=False)


@attack("requests are sent one upon the other, and no answer is read", "answer_timeout", "request_rate_of_address")
def unread_answers(target: Target, seconds: float):
    flood(target, seconds, one_address("192.0.2.74"), 8, lambda peer: request(peer, "GET", "/") * 50, reads=False,
          websocket=False)


@attack("one machine writes a new X-Forwarded-For in front of its own with every connection", "connection_rate",
        "address_connections", "request_rate_of_address")
def forwarded_games(target: Target, seconds: float):
    # The proxy appends what it saw: the right-most address is the one that counts.
    addresses = (f"{invented}, 192.0.2.75" for invented in strangers())
    flood(target, seconds, addresses, 16, lambda peer: request(peer, "GET", "/info") * 20, websocket=False)
