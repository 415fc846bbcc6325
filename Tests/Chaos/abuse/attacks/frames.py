"""What can be done with WebSocket frames that say nothing."""

import struct
import time

from ..peer import BINARY, CONTINUATION, PING, TEXT, Peer, frame
from ..target import Target, attack, flood, strangers

# How much longer a busy machine may take to send what has to be sent.
PATIENCE_SECONDS = 15


@attack("pings without end from strangers", "unauthenticated_bytes", control={"maximum_stranger_bytes": 1 << 30})
def ping_flood(target: Target, seconds: float):
    flood(target, seconds, strangers(), 8, lambda _: frame(b"", PING) * 4_000)


@attack("pings without end from members who do not read the pongs")
def ping_flood_of_members(target: Target, seconds: float):
    flood(target, seconds, strangers(), 4, lambda _: frame(b"x" * 125, PING) * 500, reads=False, login=True)


@attack("frames that claim to have a gigabyte", "message_too_large")
def giant_frames(target: Target, seconds: float):
    head = b"\x81\xff" + struct.pack("!Q", 1 << 30) + b"\0\0\0\0"
    flood(target, seconds, strangers(), 8, lambda _: head + b"x" * 65_536)


@attack("frames of members that are as large as is allowed, and never end", "unfinished_bytes",
        settings={"maximum_unfinished_bytes": 4 << 20}, control={"maximum_unfinished_bytes": 1 << 40})
def unfinished_frames(target: Target, seconds: float):
    peers, until = [], time.monotonic() + seconds
    head = b"\x81\xff" + struct.pack("!Q", 262_144) + b"\0\0\0\0"
    for index, address in zip(range(60), strangers()):
        try:
            peer = Peer(target.port, address).login(target.member(index))
            peer.socket.settimeout(0.2)
            peer.socket.sendall(head + b"x" * 262_000)
            peers.append(peer)
        except OSError:
            continue
        if time.monotonic() > until + PATIENCE_SECONDS:
            break
    time.sleep(max(0.0, until - time.monotonic()))
    for peer in peers:
        peer.close()


@attack("messages in thousands of fragments of one byte each, with pings in between", "broken_framing")
def fragments(target: Target, seconds: float):
    tiny = frame(b"x", CONTINUATION, final=False) + frame(b"", PING)

    def endless(peer: Peer) -> bytes:
        peer.push(frame(b"[", TEXT, final=False))
        return tiny * 20

    flood(target, seconds, strangers(), 16, endless)


@attack("fragments of members that come one a packet and stay just below what is allowed")
def kept_fragments(target: Target, seconds: float):
    peers = [Peer(target.port, address).login(target.member(index)) for index, address in zip(range(40), strangers())]
    until, sent = time.monotonic() + seconds, 0
    for peer in peers:
        peer.push(frame(b"[", TEXT, final=False))
    while time.monotonic() < until:
        if sent < 1_000:
            for peer in peers:
                peer.push(frame(b"x", CONTINUATION, final=False))
            sent += 1
        else:
            time.sleep(0.01)
    for peer in peers:
        peer.close()


@attack("reserved bits, frames without a mask, unknown opcodes, continuations of nothing", "broken_framing")
def broken_frames(target: Target, seconds: float):
    broken = [
        frame(b"x", reserved=4), frame(b"x", reserved=2), frame(b"x", masked=False), frame(b"x", 11),
        frame(b"x", CONTINUATION), frame(b"x" * 126, PING)]
    number = iter(range(1 << 30))
    flood(target, seconds, strangers(), 6, lambda _: broken[next(number) % len(broken)])


@attack("binary messages and texts that are no messages", "unreadable_message", "too_many_faults",
        control={"maximum_faults": 1_000_000})
def nonsense(target: Target, seconds: float):
    flood(target, seconds, strangers(), 8, lambda _: frame(b"\0\1\2", BINARY) * 50 + frame(b"{}[]nonsense") * 50, login=True)


@attack("a frame that comes a byte at a time", "unauthenticated_timeout", "ping_timeout",
        settings={"authentication_seconds": 2, "ping_seconds": 1})
def slow_frames(target: Target, seconds: float):
    begin = b"\x81\xfe\xff\xff\0\0\0\0"
    peers = [Peer(target.port, address) for _, address in zip(range(100), strangers())]
    peers += [Peer(target.port, address).login(target.member(index))
              for index, address in zip(range(20), strangers("198.52"))]
    until = time.monotonic() + max(seconds, 3.5)
    for peer in peers:
        peer.push(begin)
    while time.monotonic() < until:
        for peer in peers:
            try:
                peer.push(b"x")
            except OSError:
                continue
        time.sleep(0.1)
    for peer in peers:
        peer.close()
