"""What can be done with connections alone."""

import socket
import time

from ..peer import Peer
from ..target import Target, attack, flood, one_address, strangers

CROWD = 1_000
# Their time to authenticate in, and some more.
CROWD_SECONDS = 4.0


@attack("1,000 strangers connect at once, and each stays without a word", "unauthenticated_timeout", "stranger_evicted",
        settings={"authentication_seconds": 2})
def crowd(target: Target, seconds: float):
    addresses, peers, until = strangers(), [], time.monotonic() + max(seconds, CROWD_SECONDS)
    while len(peers) < CROWD and time.monotonic() < until:
        try:
            peers.append(Peer(target.port, next(addresses)))
        except OSError:
            continue
    time.sleep(max(0.0, until - time.monotonic()))
    for peer in peers:
        peer.close()


@attack("connections come and go as fast as they can", "connection_rate", "address_connections")
def connection_churn(target: Target, seconds: float):
    addresses, until = one_address(), time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            Peer(target.port, next(addresses)).close()
        except OSError:
            time.sleep(0.001)


@attack("one address takes all the connections it can get", "address_connections", "connection_rate",
        control={"maximum_connections_per_address": 1_000_000, "connections_per_second_per_address": 1_000_000})
def one_address_many_connections(target: Target, seconds: float):
    peers, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            peers.append(Peer(target.port, "192.0.2.67"))
        except OSError:
            time.sleep(0.005)
    for peer in peers:
        peer.close()


@attack("strangers fill every connection that the relay takes, and stay", "stranger_evicted",
        settings={"maximum_connections": 200})
def fill_up(target: Target, seconds: float):
    addresses, peers, until = strangers(), [], time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            peers.append(Peer(target.port, next(addresses)))
        except OSError:
            time.sleep(0.005)
    for peer in peers:
        peer.close()


@attack("connections of members whose machines are gone: nothing is read, and pings are not answered", "ping_timeout",
        settings={"ping_seconds": 1}, control={"ping_seconds": 0})
def half_open(target: Target, seconds: float):
    peers = [Peer(target.port, address).login(target.member(index))
             for index, address in zip(range(20), strangers())]
    time.sleep(max(seconds, 3.5))
    for peer in peers:
        peer.close()


@attack("1,000 strangers connect and send whatever they can at once", "unauthenticated_bytes", "too_many_faults",
        "not_authenticated")
def crowd_that_talks(target: Target, seconds: float):
    from ..peer import frame, message

    chunk = message("REQ", "x", {"kinds": [1]}) * 8 + frame(b"", 9) * 8
    flood(target, seconds, strangers(), 300, lambda _: chunk)


@attack("connections that are reset in the middle of everything", "request_timeout", "connection_rate", "not_authenticated",
        settings={"http_seconds": 1})
def resets(target: Target, seconds: float):
    addresses, until = one_address("192.0.2.68"), time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            peer = Peer(target.port, next(addresses))
            peer.push(b'\x81\xfe\x10\x00\0\0\0\0["REQ","x",{')
            # No FIN: the relay finds out by a reset.
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            peer.close()
        except OSError:
            time.sleep(0.005)
