"""WIRE.md, "24621" and "24622": who is paired with whom, who is refused and why, and who hears of it."""

import json
import time

import pytest

import mesh
from nostr_client import Key, tag_values

MALFORMED = "invalid: malformed mesh connect request ("
NO_TARGET = "invalid: mesh connect request missing #p target"
TO_SELF = "invalid: cannot mesh-connect to self"
TARGET_OUTSIDE = "restricted: target is not a relay member"
TOO_OFTEN = "rate-limited: mesh connect request rate exceeded (20/sec)"
NOT_THE_AUTHOR = "invalid: event pubkey does not match authenticated identity"
NOT_LISTENING = "info: target is not listening"


class Pair:
    """Two members, each connected and listening for calls as the mesh's clients do."""

    def __init__(self, relay):
        self.relay = relay
        self.requester, self.requesting = relay.connected_member()
        self.target, self.answering = relay.connected_member()
        for key, client in ((self.requester, self.requesting), (self.target, self.answering)):
            assert client.subscribe("calls", mesh.calls_to(key)) == []

    def ask(self, content=None, target="target", **fields):
        to = self.target if target == "target" else target
        return self.requesting.publish(mesh.connect_request(self.requester, to, content, **fields))

    def expect_no_call(self):
        self.requesting.expect_silence("calls", 0.1)
        self.answering.expect_silence("calls", 0.1)


@pytest.fixture
def pair(relay) -> Pair:
    return Pair(relay)


# A grant


def test_both_ends_are_rung(pair):
    content = mesh.request_content()
    before = int(time.time())
    assert pair.ask(content) == (True, "")
    to_requester, to_target = pair.requesting.next_event("calls"), pair.answering.next_event("calls")
    for call, recipient in ((to_requester, pair.requester), (to_target, pair.target)):
        assert call["kind"] == mesh.CALL_ME_NOW and call["pubkey"] == pair.relay.key
        assert tag_values(call, "p") == [recipient.hex]
        assert before <= call["created_at"] <= time.time()
    first, second = json.loads(to_requester["content"]), json.loads(to_target["content"])
    assert first["expires_at"] == second["expires_at"]
    assert before + 60 <= first["expires_at"] <= time.time() + 60
    common = {
        "v": 1, "type": "sprout-iroh-call-me-now", "attempt_id": content["attempt_id"],
        "expires_at": first["expires_at"]}
    assert first == {
        **common, "peer_endpoint_addr": "address-of-the-target", "peer_endpoint_id": "id-of-the-target",
        "peer_pubkey": pair.target.hex}
    assert second == {
        **common, "peer_endpoint_addr": "address-of-the-requester", "peer_endpoint_id": "id-of-the-requester",
        "peer_pubkey": pair.requester.hex}
    pair.expect_no_call()


def test_the_requesters_half_comes_first(relay):
    requester, target = relay.member(), relay.member()
    client = relay.connect(requester, target)
    client.subscribe("calls", mesh.calls_to(requester), mesh.calls_to(target))
    client.accept(mesh.connect_request(requester, target))
    assert tag_values(client.next_event("calls"), "p") == [requester.hex]
    assert tag_values(client.next_event("calls"), "p") == [target.hex]


def test_the_ids_are_optional(pair):
    assert pair.ask(mesh.request_content(self_endpoint_id=None, peer_endpoint_id=None, v=None)) == (True, "")
    for client in (pair.requesting, pair.answering):
        assert "peer_endpoint_id" not in json.loads(client.next_event("calls")["content"])


def test_the_first_p_tag_counts(pair):
    tags = [["e", "ab" * 32], ["p", pair.target.hex], ["p", Key().hex]]
    assert pair.ask(tags=tags) == (True, "")
    assert tag_values(pair.answering.next_event("calls"), "p") == [pair.target.hex]


def test_the_target_is_lower_cased_first(pair):
    assert pair.ask(target=pair.target.hex.upper()) == (True, "")
    assert json.loads(pair.requesting.next_event("calls")["content"])["peer_pubkey"] == pair.target.hex
    pair.answering.next_event("calls")
    assert pair.ask(target=pair.requester.hex.upper()) == (False, TO_SELF)


def test_strings_arrive_as_they_were_sent(pair):
    address = 'a "quoted" \\ address\n with 🦤, \u2028 and \u0001'
    assert pair.ask(mesh.request_content(self_endpoint_addr=address)).accepted
    assert json.loads(pair.answering.next_event("calls")["content"])["peer_endpoint_addr"] == address


def test_the_dialect_is_in_the_type(make_relay):
    pair = Pair(make_relay("--dialect", "buzz", owner=Key()).start())
    assert pair.ask() == (True, "")
    assert json.loads(pair.answering.next_event("calls")["content"])["type"] == "buzz-iroh-call-me-now"


def test_a_target_that_does_not_listen_is_reported(relay):
    key, client = relay.connected_member()
    client.subscribe("calls", mesh.calls_to(key))
    absent, (idle, idle_client) = relay.member(), relay.connected_member()
    idle_client.subscribe("other", {"kinds": [1]}, {"kinds": [mesh.CALL_ME_NOW], "#p": [key.hex]})
    for target in (absent, idle):
        assert client.publish(mesh.connect_request(key, target)) == (True, NOT_LISTENING)
        client.next_event("calls")


def test_a_target_that_stopped_listening_is_reported(pair):
    pair.answering.send("CLOSE", "calls")
    pair.answering.query({"kinds": [1], "limit": 1})
    assert pair.ask() == (True, NOT_LISTENING)
    pair.answering.subscribe("calls", mesh.calls_to(pair.target))
    assert pair.ask() == (True, "")
    pair.answering.close()
    deadline = time.monotonic() + 5
    while pair.ask().message != NOT_LISTENING:
        assert time.monotonic() < deadline, "a closed connection still counts as listening"
        time.sleep(0.1)


# Who hears of it


def test_a_call_reaches_its_recipient_only(pair):
    third, watcher = pair.relay.connected_member()
    watcher.subscribe("all", {"kinds": [mesh.CALL_ME_NOW]})
    watcher.subscribe("theirs", mesh.calls_to(pair.target))
    watcher.subscribe("everything", {"since": 0, "limit": 0})
    pair.requesting.subscribe("all", {"kinds": [mesh.CALL_ME_NOW]})
    assert pair.ask() == (True, "")
    assert tag_values(pair.requesting.next_event("all"), "p") == [pair.requester.hex]
    pair.answering.next_event("calls")
    for name in ("all", "theirs"):
        watcher.expect_silence(name)
    assert [event for event in watcher.unread("EVENT", "everything") if event[2]["kind"] == mesh.CALL_ME_NOW] == []
    pair.requesting.expect_silence("all", 0.1)


def test_every_session_of_the_recipient_hears_it(pair):
    second = pair.relay.connect(pair.target)
    second.subscribe("also", mesh.calls_to(pair.target))
    pair.ask()
    assert second.next_event("also") == pair.answering.next_event("calls")


def test_without_private_signaling_members_may_listen_in(make_relay):
    pair = Pair(make_relay(owner=Key(), environ={"RINGDOWN_PRIVATE_SIGNALING": "false"}).start())
    _, watcher = pair.relay.connected_member()
    watcher.subscribe("theirs", mesh.calls_to(pair.target))
    assert pair.ask() == (True, "")
    assert tag_values(watcher.next_event("theirs"), "p") == [pair.target.hex]


def test_requests_and_calls_are_never_served(pair):
    _, watcher = pair.relay.connected_member()
    watcher.subscribe("requests", {"kinds": [mesh.CONNECT_REQUEST]})
    assert pair.ask() == (True, "")
    call = pair.answering.next_event("calls")
    watcher.expect_silence("requests")
    assert pair.answering.query(
        {"kinds": [mesh.CONNECT_REQUEST, mesh.CALL_ME_NOW]}, {"ids": [call["id"]]},
        {"authors": [pair.requester.hex]}) == []


def test_a_since_of_a_moment_ago_matches_and_one_ahead_does_not(pair):
    now = int(time.time())
    filters = {"kinds": [mesh.CALL_ME_NOW], "#p": [pair.target.hex]}
    pair.answering.subscribe("since 5 s ago", {**filters, "since": now - 5})
    pair.answering.subscribe("since tomorrow", {**filters, "since": now + 86_400})
    assert pair.ask() == (True, "")
    pair.answering.next_event("since 5 s ago")
    pair.answering.expect_silence("since tomorrow", 0.1)


# Refusals, in the order of the checks: each test breaks one rule and later ones too


def test_1_unauthenticated(relay):
    request = mesh.connect_request(Key(), None, "nonsense")
    assert relay.connect().publish(request) == (False, "auth-required: not authenticated")


def test_2_another_author(pair):
    request = mesh.connect_request(pair.target, None, "nonsense")
    assert pair.requesting.publish(request) == (False, NOT_THE_AUTHOR)
    assert pair.requesting.publish({**request, "sig": "00" * 64}) == (False, NOT_THE_AUTHOR)
    pair.expect_no_call()


@pytest.mark.parametrize("change", [{"content": "changed"}, {"sig": "22" * 64}, {"id": "33" * 32}], ids=str)
def test_3_id_and_signature(pair, change):
    answer = pair.requesting.publish({**mesh.connect_request(pair.requester, None, "nonsense"), **change})
    assert not answer.accepted and answer.message.startswith("invalid: ")
    assert "mesh connect request" not in answer.message
    pair.expect_no_call()


def test_4_the_21st_request_of_a_window(pair):
    requests = [mesh.connect_request(pair.requester, pair.target) for _ in range(20)]
    requests.append(mesh.connect_request(pair.requester, None, "nonsense"))
    for request in requests:
        pair.requesting.send("EVENT", request)
    answers = [pair.requesting.answer(request) for request in requests]
    assert answers == [(True, "")] * 20 + [(False, TOO_OFTEN)]
    # The window is the requester's own, and it ends.
    assert pair.answering.publish(mesh.connect_request(pair.target, pair.requester)) == (True, "")
    time.sleep(1.1)
    assert pair.ask() == (True, "")


def test_4_refused_requests_count(pair):
    requests = [mesh.connect_request(pair.requester, pair.target, f"nonsense {number}") for number in range(20)]
    requests.append(mesh.connect_request(pair.requester, pair.target))
    for request in requests:
        pair.requesting.send("EVENT", request)
    answers = [pair.requesting.answer(request) for request in requests]
    assert all(answer.message.startswith(MALFORMED) for answer in answers[:20])
    assert answers[20] == (False, TOO_OFTEN)
    pair.expect_no_call()


@pytest.mark.parametrize("content", [
    "", "nonsense", "[]", '"text"', "null", '{"a":1',
    *({name: None} for name in ("self_endpoint_addr", "peer_endpoint_addr", "attempt_id")),
    *({name: ""} for name in ("self_endpoint_addr", "peer_endpoint_addr", "attempt_id")),
    *({name: 7} for name in ("self_endpoint_addr", "peer_endpoint_addr", "attempt_id")),
    {"self_endpoint_id": ""}, {"peer_endpoint_id": 1}, {"peer_endpoint_id": ["x"]},
], ids=str)
def test_5_malformed_content_before_the_missing_target(pair, content):
    content = mesh.request_content(**content) if isinstance(content, dict) else content
    answer = pair.ask(content, target=None)
    assert not answer.accepted
    assert answer.message.startswith(MALFORMED) and answer.message.endswith(")")
    pair.expect_no_call()


@pytest.mark.parametrize("field", ["self_endpoint_addr", "peer_endpoint_addr", "attempt_id"])
def test_5_the_answer_names_the_field(pair, field):
    assert field in pair.ask(mesh.request_content(**{field: None})).message


@pytest.mark.parametrize("field", [
    "self_endpoint_addr", "peer_endpoint_addr", "attempt_id", "self_endpoint_id", "peer_endpoint_id"])
def test_5_every_field_has_a_longest_length(pair, field):
    answer = pair.ask(mesh.request_content(**{field: "x" * 70_000}))
    assert not answer.accepted and answer.message.startswith("invalid: ")
    pair.expect_no_call()


@pytest.mark.parametrize("tags", [[], [["e", "ab" * 32]], [["P", "ab" * 32]]], ids=str)
def test_6_no_target(pair, tags):
    assert pair.ask(tags=tags) == (False, NO_TARGET)
    pair.expect_no_call()


@pytest.mark.parametrize("target", ["ab" * 31, "xy" * 32, "", "ab" * 33, "npub1" + "q" * 58])
def test_6_a_target_that_is_no_key(pair, target):
    answer = pair.ask(tags=[["p", target]])
    assert not answer.accepted and answer.message.startswith("invalid: ")
    pair.expect_no_call()


def test_7_to_oneself(pair):
    assert pair.ask(target=pair.requester) == (False, TO_SELF)
    pair.expect_no_call()


def test_9_to_a_stranger(pair):
    assert pair.ask(target=Key()) == (False, TARGET_OUTSIDE)
    pair.expect_no_call()


def test_9_to_a_member_that_was_removed_a_moment_ago(pair):
    assert pair.ask() == (True, "")
    pair.relay.remove(pair.target)
    assert pair.ask() == (False, TARGET_OUTSIDE)
    pair.relay.add(pair.target)
    assert pair.ask() == (True, NOT_LISTENING)


@pytest.mark.parametrize("seconds", [-130, 130])
def test_a_request_that_is_not_fresh(pair, seconds):
    answer = pair.ask(created_at=int(time.time()) + seconds)
    assert not answer.accepted and answer.message.startswith("invalid: ")
    pair.expect_no_call()


@pytest.mark.parametrize("seconds", [-110, 110])
def test_a_clock_that_is_a_little_off(pair, seconds):
    assert pair.ask(created_at=int(time.time()) + seconds) == (True, "")


def test_a_request_is_decided_once(pair):
    request = mesh.connect_request(pair.requester, pair.target)
    assert pair.requesting.publish(request) == (True, "")
    for client in (pair.requesting, pair.answering):
        client.next_event("calls")
    assert not pair.requesting.publish(request).accepted
    again = pair.relay.connect(pair.requester)
    assert not again.publish(request).accepted
    pair.expect_no_call()


def test_a_request_is_decided_once_even_over_a_restart(make_relay):
    pair = Pair(make_relay(owner=Key()).start())
    request = pair.requesting.accept(mesh.connect_request(pair.requester, pair.target))
    pair.relay.restart()
    assert not pair.relay.connect(pair.requester).publish(request).accepted


# An open relay


def test_an_open_relay_pairs_every_authenticated_key(make_relay):
    relay = make_relay("--open", owner=Key()).start()
    requester, target = Key(), Key()
    requesting, answering = relay.connect(requester), relay.connect(target)
    requesting.subscribe("calls", mesh.calls_to(requester))
    answering.subscribe("calls", mesh.calls_to(target))
    assert relay.connect().refusal({"kinds": [1]}) == "auth-required: not authenticated"
    assert requesting.publish(mesh.connect_request(requester, target)) == (True, "")
    requesting.next_event("calls"), answering.next_event("calls")
    assert requesting.publish(mesh.connect_request(requester, requester)) == (False, TO_SELF)
    assert requesting.publish(mesh.status_report(requester, mesh.serving())) == (True, "")
    [note] = answering.query(mesh.DISCOVERY)
    assert tag_values(note, "d") == [f"sprout-relay-mesh:{requester.hex}"]
