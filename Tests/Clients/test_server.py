"""The process: its HTTP documents, its keys, its end and its start, and readers that do not read."""

import http.client
import json
import re
import signal
import socket
import stat
import time

import pytest

import mesh
from nostr_client import Client, Key
from relay_process import Relay, free_port, run

NOSTR_JSON = {"Accept": "application/nostr+json"}


def get(relay: Relay, path: str, headers: dict | None = None) -> tuple[int, dict, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=5)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


# NIP-11


@pytest.mark.parametrize("path, headers", [("/", NOSTR_JSON), ("/info", {})])
def test_the_information_document(relay, path, headers):
    status, answer_headers, body = get(relay, path, headers)
    assert status == 200
    assert answer_headers["content-type"].split(";")[0] == "application/nostr+json"
    assert answer_headers["access-control-allow-origin"] == "*"
    document = json.loads(body)
    assert document["self"] == relay.key
    assert {1, 11, 42, 70} <= set(document["supported_nips"])
    assert document["limitation"]["auth_required"] is True
    assert document["limitation"]["restricted_writes"] is True
    for name in ("name", "description", "software", "version"):
        assert document[name]


def test_the_limits_of_the_information_document_are_true(relay):
    limits = json.loads(get(relay, "/", NOSTR_JSON)[2])["limitation"]
    key, client = relay.connected_member()
    name = "x" * limits["max_subid_length"]
    client.subscribe(name, {"kinds": [1], "limit": 1})
    client.send("CLOSE", name)
    for number in range(limits["max_subscriptions"]):
        client.subscribe(f"{number}", {"kinds": [7_777], "limit": 0})
    client.send("REQ", "one more", {"kinds": [1]})
    assert client.wait_for("CLOSED", "one more")[2]
    fits = key.sign(1, "")
    room = limits["max_message_length"] - len(json.dumps(["EVENT", fits], separators=(",", ":")))
    fits = key.sign(1, "x" * room)
    assert client.publish(fits).accepted
    client.send("EVENT", key.sign(1, "x" * (room + 1)))
    end = client.wait_for_close()
    assert end.code == 1009, end


def test_health(relay):
    assert get(relay, "/health")[0] == 200


def test_other_paths_are_not_found(relay):
    assert get(relay, "/nothing-here")[0] == 404


def test_a_browser_gets_an_answer(relay):
    assert get(relay, "/")[0] in (200, 426)


# An open relay


def test_an_open_relay_asks_for_a_key_and_for_nothing_else(make_relay):
    relay = make_relay("--open", owner=Key()).start()
    key = Key()
    client = relay.connect()
    event = key.sign(1, "from nowhere")
    assert client.publish(event) == (False, "auth-required: not authenticated")
    assert client.authenticate(key) == (True, "")
    assert client.publish(event) == (True, "")
    assert client.query({"ids": [event["id"]]}) == [event]
    answer = client.publish(mesh.command(mesh.ADD_MEMBER, key, Key()))
    assert not answer.accepted and answer.message.startswith("restricted: ")


# The end and the start


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_closes_with_1012_and_exits_with_0(own_relay, number):
    key, client = own_relay.connected_member()
    idle = Client(own_relay.url)
    events = [key.sign(1, f"note {number}") for number in range(50)]
    for event in events:
        client.send("EVENT", event)
    process = own_relay.process
    started = time.monotonic()
    process.send_signal(number)
    for connection in (client, idle):
        assert connection.wait_for_close().code == 1012
    assert process.wait(15) == 0
    assert time.monotonic() - started < 12
    accepted = {message[1] for message in client.received if message[0] == "OK" and message[2]}
    own_relay.kill()
    own_relay.start()
    stored = own_relay.connect(key).query({"ids": [event["id"] for event in events]})
    assert accepted & {event["id"] for event in events} <= {event["id"] for event in stored}


def test_a_restart_keeps_everything(own_relay):
    relay = own_relay
    admin, gone = relay.member("admin"), relay.member()
    key, client = relay.connected_member()
    relay.remove(gone)
    events = [client.accept(key.sign(kind, "", [["d", "x"]])) for kind in (1, 0, 30_000)]
    client.accept(mesh.status_report(key, mesh.serving()))

    def everything(client) -> list[dict]:
        # The end of the relay publishes one more checkpoint.
        return [event for event in client.query({"since": 0}) if event["kind"] != 30622]

    before, relay_key = everything(client), relay.key
    relay.restart()
    client = relay.connect(key)
    assert relay.key == relay_key
    assert everything(client) == before
    assert {event["id"] for event in events} <= {event["id"] for event in before}
    assert relay.connect(admin).publish(mesh.command(mesh.ADD_MEMBER, admin, Key())).accepted
    assert not relay.connect().authenticate(gone).accepted
    assert client.publish(events[0]).message.startswith("duplicate: ")
    latest = max(event["created_at"] for event in before if event["kind"] == mesh.STATUS)
    client.subscribe("mesh", {"kinds": [mesh.STATUS], "limit": 0})
    client.accept(mesh.status_report(key, mesh.serving("another")))
    assert client.next_event("mesh")["created_at"] > latest


def test_a_restart_without_the_owner_flag_keeps_the_owner(make_relay):
    owner = Key()
    relay = make_relay(owner=owner).start()
    relay.stop()
    relay.flags = []
    relay.start()
    relay.member()


def test_two_relays_do_not_share_a_directory(own_relay):
    result = run("ringdown-relay", "run", "--data", own_relay.data, "--listen", f"127.0.0.1:{free_port()}")
    assert result.returncode != 0
    assert str(own_relay.data) in result.stderr and str(own_relay.process.pid) in result.stderr
    own_relay.member()


def test_an_address_in_use_is_reported(own_relay, tmp_path):
    address = f"127.0.0.1:{own_relay.port}"
    result = run("ringdown-relay", "run", "--data", tmp_path / "other", "--listen", address)
    assert result.returncode != 0 and address in result.stderr
    own_relay.member()


def test_it_says_once_that_it_listens(own_relay):
    lines = [line for line in own_relay.said().splitlines() if f"127.0.0.1:{own_relay.port}" in line]
    assert len(lines) == 1


# Keys


def secrets_in(directory) -> dict:
    """Files that hold a secret, by what they look like."""
    return {path: path.read_text() for path in directory.rglob("*")
            if path.is_file() and path.suffix != ".mdb" and re.search(rb"\b([0-9a-f]{64}|nsec1\w+)", path.read_bytes())}


def test_without_an_owner_it_makes_one_and_says_where(make_relay):
    relay = make_relay().start()
    [path] = [path for path in secrets_in(relay.data) if str(path) in relay.said()]
    secret = re.search("[0-9a-f]{64}", path.read_text())
    owner = Key(bytes.fromhex(secret[0]))
    relay.owner = owner
    relay.member()
    assert secret[0] not in relay.said()
    relay.restart().member()


def test_secrets_are_for_their_owner_only(make_relay):
    relay = make_relay().start()
    secrets = secrets_in(relay.data)
    assert len(secrets) >= 2
    for path in secrets:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(relay.data.stat().st_mode) == 0o700


def test_a_key_that_others_can_read_is_refused(make_relay):
    relay = make_relay(owner=Key()).start()
    relay.stop()
    path = next(iter(secrets_in(relay.data)))
    path.chmod(0o644)
    result = run("ringdown-relay", "run", "--data", relay.data, "--listen", f"127.0.0.1:{free_port()}")
    assert result.returncode != 0 and str(path) in result.stderr and "600" in result.stderr


# Readers that do not read, speakers that say nothing


def test_a_slow_reader_is_closed_and_told_why(make_relay):
    relay = make_relay(owner=Key(), environ={"RINGDOWN_MAXIMUM_BACKLOG_BYTES": "65536"}).start()
    key, client = relay.connected_member()
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    narrow.connect(("127.0.0.1", relay.port))
    slow = relay.connect(relay.member(), sock=narrow, max_queue=1)
    slow.subscribe("flood", {"kinds": [1], "limit": 0})
    for number in range(300):
        client.accept(key.sign(1, f"{number} " + "x" * 60_000))
    end = slow.wait_for_close(timeout=8)
    notices = [message[1] for message in slow.received if message[0] == "NOTICE"]
    assert end.reason or notices, f"closed with {end.code} and no reason"
    # Up to its end it misses nothing: no gap that it could not know of.
    numbers = [int(message[2]["content"].split()[0]) for message in slow.received if message[0] == "EVENT"]
    assert numbers == list(range(len(numbers)))
    client.query({"kinds": [1], "limit": 1})


@pytest.mark.parametrize("request_bytes", [
    b"", b"\r\n\r\n", b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000,
], ids=range(7))
def test_strange_http_leaves_the_relay_alive(relay, request_bytes):
    with socket.create_connection(("127.0.0.1", relay.port), timeout=5) as stranger:
        try:
            stranger.sendall(request_bytes)
            stranger.shutdown(socket.SHUT_WR)
            stranger.recv(1024)
        except OSError:
            pass
    relay.member()


@pytest.mark.parametrize("command", ["ringdown-relay", "ringdown-replay"])
def test_version(command):
    result = run(command, "--version")
    assert result.returncode == 0 and re.search(r"\d+\.\d+\.\d+", result.stdout)


@pytest.mark.parametrize("command, subcommand, option", [
    ("ringdown-relay", ["run"], "--listen"), ("ringdown-relay", ["member", "add"], "--pubkey"),
    ("ringdown-relay", ["key", "generate"], "--json"), ("ringdown-replay", ["log"], "--from"),
    ("ringdown-replay", ["state"], "--at"), ("ringdown-replay", ["pairs"], "--since"),
    ("ringdown-replay", ["why"], "EVENT"), ("ringdown-replay", ["verify"], "--data"),
])
def test_help(command, subcommand, option):
    result = run(command, *subcommand, "--help")
    assert result.returncode == 0
    assert " ".join(["USAGE:", command, *subcommand]) in result.stdout and option in result.stdout
    overview = run(command, "--help").stdout
    assert "USAGE" in overview and subcommand[0] in overview
