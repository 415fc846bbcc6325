"""Members who wait to be called cost the relay little memory."""

import resource
import time

from nostr_client import Key
from relay_process import Relay

WARM_UP = 50
CONNECTIONS = 400
# The aim is 12 KB; a read buffer of 16 KiB that stays with the connection, as NIO has it, is well above it.
MOST_BYTES_EACH = 12_000


def heap_bytes(relay: Relay) -> int:
    with open(f"/proc/{relay.process.pid}/smaps_rollup") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Anonymous:"))


def wait_to_be_called(relay: Relay, count: int):
    for _ in range(count):
        key = Key()
        client = relay.connect(key)
        wanted = {"kinds": [24622], "#p": [key.hex], "limit": 0, "since": int(time.time()) - 5}
        client.send("REQ", "calls", wanted)
        client.wait_for("EOSE", "calls")


def test_a_waiting_connection_costs_less_than_12_kilobytes(make_relay):
    relay = make_relay("--open", owner=Key()).start()
    wait_to_be_called(relay, WARM_UP)
    before = heap_bytes(relay)
    wait_to_be_called(relay, CONNECTIONS)
    each = (heap_bytes(relay) - before) / CONNECTIONS
    assert each < MOST_BYTES_EACH


def test_a_low_limit_of_open_files_does_not_limit_the_connections(make_relay):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        relay = make_relay(owner=Key()).start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE) == (hard, hard)
