"""Limits of sessions over sockets: the time to authenticate in, and events per second of one key."""

import time
import urllib.request

import pytest

from nostr_client import Key

IMPATIENT = ("--set", "authentication_seconds=2")
SLOW = ("--set", "events_per_second=5", "--set", "event_burst=10")


def metrics(relay) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{relay.port}/metrics", timeout=5) as answer:
        return answer.read().decode()


def test_a_connection_that_proves_no_key_is_closed(make_relay):
    relay = make_relay(*IMPATIENT, owner=Key()).start()
    member, other = relay.connected_member()
    started = time.monotonic()
    with relay.connect() as stranger, relay.connect() as outsider:
        outsider.authenticate(Key())
        # Asking for something does not prolong it.
        stranger.send("REQ", "x", {"kinds": [1]})
        end = stranger.wait_for_close(timeout=6)
        assert end.code == 1008 and end.reason == "auth-required: not authenticated within 2 s"
        assert stranger.wait_for("NOTICE")[1] == end.reason
        end = outsider.wait_for_close(timeout=6)
        assert end.code == 1008 and end.reason == "restricted: not a relay member"
        assert 1.5 < time.monotonic() - started < 5
    assert other.query({"authors": [member.hex]}) == [], "who authenticated stays"
    assert 'reason="unauthenticated_timeout"} 2' in metrics(relay)


def test_a_session_whose_connection_went_before_it_began_ends(own_relay):
    key = own_relay.member()
    for _ in range(50):
        client = own_relay.connect()
        client.send("AUTH", client.auth_event(key))
        # No closing handshake: the relay learns of it when it reads, often before it has decided.
        client._socket.socket.close()
    deadline = time.monotonic() + 5
    while "ringdown_sessions 1\n" not in metrics(own_relay):
        assert time.monotonic() < deadline, "sessions are left: " + metrics(own_relay)
        time.sleep(0.1)


def test_a_key_that_publishes_too_much_is_slowed_down(make_relay):
    relay = make_relay(*SLOW, owner=Key()).start()
    key, first = relay.connected_member()
    second = relay.connect(key)
    neighbour, other = relay.connected_member()
    events = [key.sign(1, f"{number}") for number in range(30)]
    for number, event in enumerate(events):
        (first if number % 2 == 0 else second).send("EVENT", event)
    answers = [(first if number % 2 == 0 else second).answer(event) for number, event in enumerate(events)]
    refused = [answer.message for answer in answers if not answer.accepted]
    assert 15 <= len(refused) <= 20, "ten at once over both connections, and some that time brought"
    assert set(refused) == {"rate-limited: more than 5 events a second, slow down"}
    assert len(first.query({"authors": [key.hex]})) == 30 - len(refused), "reading goes on"
    other.accept(neighbour.sign(1, "another key has its own"))
    time.sleep(0.6)
    first.accept(key.sign(1, "later"))
    assert 'reason="event_rate"}' in metrics(relay)


def test_an_event_beyond_the_rate_is_not_looked_at(make_relay):
    relay = make_relay("--set", "events_per_second=1", "--set", "event_burst=1", owner=Key()).start()
    key, client = relay.connected_member()
    client.accept(key.sign(1, "the only one"))
    forged = {**key.sign(1, "x"), "sig": "0" * 128}
    assert client.publish(forged).message.startswith("rate-limited: ")


def test_without_a_limit_nothing_is_slowed_down(make_relay):
    relay = make_relay("--set", "events_per_second=0", "--set", "event_burst=1", owner=Key()).start()
    key, client = relay.connected_member()
    for number in range(50):
        client.accept(key.sign(1, f"{number}"))


@pytest.mark.parametrize("setting", ["authentication_seconds=0", "events_per_second=-1", "event_burst=0", "maximum_syncs=0",
                                     "maximum_sync_events=1000000", "sync_seconds=0"])
def test_settings_out_of_range_are_refused(make_relay, setting):
    with pytest.raises(AssertionError, match=setting.split("=")[0]):
        make_relay("--set", setting, owner=Key()).start()


def test_what_limits_refuse_is_counted(make_relay):
    relay = make_relay(
        "--set", "maximum_subscriptions=1", "--set", "maximum_filters=1", "--set", "maximum_message_bytes=2048",
        owner=Key()).start()
    key, client = relay.connected_member()
    client.subscribe("one", {"kinds": [1]})
    assert client.refusal({"kinds": [1]}).startswith("restricted: ")
    client.send("REQ", "one", {"kinds": [1]}, {"kinds": [2]})
    assert client.wait_for("CLOSED", "one")[2].startswith("invalid: ")
    client.send_text('["EVENT","' + "x" * 4096 + '"]')
    assert client.wait_for_close().code == 1009
    text = metrics(relay)
    for reason in ("too_many_subscriptions", "too_many_filters", "message_too_large"):
        assert f'ringdown_dropped_total{{reason="{reason}"}} 1' in text, (reason, text)
