"""NIP-01: what is stored, what is found, in which order, and what arrives live. NIP-70: protected events."""

import hashlib
import json
import time

import pytest

from nostr_client import Key, serialise

NOW = int(time.time())


def ids(events: list[dict]) -> list[str]:
    return [event["id"] for event in events]


def newest_first(events: list[dict]) -> list[dict]:
    return sorted(events, key=lambda event: (-event["created_at"], event["id"]))


class Library:
    """Twelve notes of two authors, three to a second, with kinds and tags to look for."""

    def __init__(self, relay):
        self.one, self.two = relay.member(), relay.member()
        self.client = relay.connect(self.one, self.two)
        self.events = []
        for number in range(12):
            author = (self.one, self.two)[number % 2]
            tags = [["t", f"topic-{number % 3}-{self.one.hex[:8]}"], ["T", f"upper-{number}"], ["long", "not indexed"]]
            if number % 4 == 0:
                tags.append(["t", f"fourth-{self.one.hex[:8]}", "second value"])
            event = author.sign((1, 7, 1337)[number % 3], f"note {number}", tags, created_at=NOW - 100 + number // 3)
            self.events.append(self.client.accept(event))

    def topic(self, number: int) -> str:
        return f"topic-{number}-{self.one.hex[:8]}"

    def find(self, *filters: dict) -> list[str]:
        return ids(self.client.query(*filters))

    def expect(self, chosen) -> list[str]:
        return ids(newest_first([event for event in self.events if chosen(event)]))


@pytest.fixture(scope="module")
def library(relay) -> Library:
    return Library(relay)


def test_by_ids(library):
    wanted = ids(library.events[2:7])
    assert library.find({"ids": wanted}) == library.expect(lambda event: event["id"] in wanted)
    assert library.find({"ids": ["ab" * 32]}) == []


def test_by_authors(library):
    assert library.find({"authors": [library.one.hex]}) == library.expect(lambda e: e["pubkey"] == library.one.hex)
    both = {"authors": [library.one.hex, library.two.hex]}
    assert library.find(both) == library.expect(lambda event: True)


def test_by_kinds(library):
    authors = [library.one.hex, library.two.hex]
    for kinds in ([7], [7, 1337], [4]):
        assert library.find({"kinds": kinds, "authors": authors}) == library.expect(lambda e: e["kind"] in kinds)


def test_by_tags(library):
    zero, one = library.topic(0), library.topic(1)

    def has(event, name, value):
        return any(tag[0] == name and tag[1] == value for tag in event["tags"])

    assert library.find({"#t": [zero]}) == library.expect(lambda e: has(e, "t", zero))
    assert library.find({"#t": [zero, one]}) == library.expect(lambda e: has(e, "t", zero) or has(e, "t", one))
    authors = [library.one.hex, library.two.hex]
    assert library.find({"#t": [zero], "#T": ["upper-3", "upper-4"], "authors": authors}) == ids([library.events[3]])
    assert library.find({"#t": ["second value"]}) == []
    assert library.find({"#t": [zero.upper()]}) == []


def test_by_time(library):
    authors = [library.one.hex, library.two.hex]
    for since, until in ((NOW - 99, None), (None, NOW - 98), (NOW - 99, NOW - 98), (NOW - 98, NOW - 99)):
        window = {name: value for name, value in (("since", since), ("until", until)) if value is not None}
        expected = library.expect(
            lambda e: (since is None or e["created_at"] >= since) and (until is None or e["created_at"] <= until))
        assert library.find({"authors": authors, **window}) == expected


def test_newest_first_and_ties_by_lowest_id(library):
    found = library.client.query({"authors": [library.one.hex, library.two.hex]})
    assert found == newest_first(library.events)


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 100])
def test_a_limit_keeps_the_newest(library, limit):
    authors = [library.one.hex, library.two.hex]
    assert library.find({"authors": authors, "limit": limit}) == library.expect(lambda event: True)[:limit]


def test_a_limit_of_zero_finds_nothing(library):
    assert library.find({"authors": [library.one.hex], "limit": 0}) == []


def test_empty_lists_match_nothing(library):
    for name in ("ids", "authors", "kinds", "#t"):
        assert library.find({name: []}) == []


def test_filters_add_up_and_an_event_comes_once(library):
    filters = [{"authors": [library.one.hex]}, {"#t": [library.topic(0)]}, {"ids": ids(library.events[:4])}]
    found = library.find(*filters)
    assert len(found) == len(set(found))
    chosen = set(ids(library.events[:4]))
    assert set(found) == set(library.expect(lambda e: e["pubkey"] == library.one.hex or e["id"] in chosen or
                                            any(tag[1] == library.topic(0) for tag in e["tags"])))


def test_every_filter_has_its_own_limit(library):
    found = library.find({"authors": [library.one.hex], "limit": 1}, {"authors": [library.two.hex], "limit": 2})
    assert set(found) == set(library.expect(lambda e: e["pubkey"] == library.one.hex)[:1] +
                             library.expect(lambda e: e["pubkey"] == library.two.hex)[:2])


def test_more_events_than_a_page(relay):
    key, client = relay.connected_member()
    events = [key.sign(1, f"note {number}", created_at=NOW - 5_000 + number // 7) for number in range(1_200)]
    for event in events:
        client.send("EVENT", event)
    assert all(client.answer(event).accepted for event in events)
    assert ids(client.query({"authors": [key.hex], "limit": 1_000})) == ids(newest_first(events))[:1_000]
    assert ids(client.query({"authors": [key.hex], "since": NOW - 4_990, "limit": 3_000})) == ids(
        newest_first([event for event in events if event["created_at"] >= NOW - 4_990]))


# Kinds


def test_events_come_back_as_they_were_sent(relay):
    key, client = relay.connected_member()
    content = 'quotes " \\ \n\t\r\b\f é e\u0301 🦤 \u2028 \u007f / <>&'
    event = client.accept(key.sign(1, content, [["empty"], ["t", ""], ["p", "ab" * 32, "", "x"], ["🦤", content]]))
    assert client.query({"ids": [event["id"]]}) == [event]


@pytest.mark.parametrize("form", ["NIP-01", "JSON"])
def test_control_characters_in_either_form_of_the_id(relay, form):
    """NIP-01 hashes them verbatim, most libraries hash \\u0001. Nobody can tell which a client uses; both are taken."""
    key, client = relay.connected_member()
    content = "one \u0001 control, one \u001f more"
    fields = (key.hex, NOW, 1, [], content)
    body = serialise(*fields) if form == "NIP-01" else json.dumps([0, *fields], separators=(",", ":")).encode()
    identifier = hashlib.sha256(body).hexdigest()
    signature = key._private.sign_schnorr(bytes.fromhex(identifier)).hex()
    event = {**key.sign(1, content, created_at=NOW), "id": identifier, "sig": signature}
    assert client.publish(event) == (True, "")


def test_an_event_of_64_kb(relay):
    key, client = relay.connected_member()
    event = client.accept(key.sign(1, "🦤x" * 13_000))
    assert client.query({"ids": [event["id"]]}) == [event]


@pytest.mark.parametrize("kind, tags", [
    (0, []), (3, []), (10_002, []), (19_999, []), (30_000, [["d", "x"]]), (39_999, [["d", ""]]), (30_023, []),
])
def test_the_newest_of_its_kind_replaces(relay, kind, tags):
    key, client = relay.connected_member()
    versions = [key.sign(kind, f"version {number}", tags, created_at=NOW + number) for number in (-30, -10, -20)]
    for version in versions:
        client.publish(version)
    assert client.query({"kinds": [kind], "authors": [key.hex]}) == [versions[1]]
    # An older one is not there by its id either.
    assert client.query({"ids": ids(versions)}) == [versions[1]]


@pytest.mark.parametrize("kind, tags", [(0, []), (30_000, [["d", "x"]])])
@pytest.mark.parametrize("reverse", [False, True])
def test_of_one_second_the_lowest_id_stays(relay, kind, tags, reverse):
    key, client = relay.connected_member()
    versions = sorted((key.sign(kind, f"version {number}", tags, created_at=NOW) for number in range(5)),
                      key=lambda event: event["id"], reverse=reverse)
    for version in versions:
        client.publish(version)
    assert client.query({"kinds": [kind], "authors": [key.hex]}) == [min(versions, key=lambda event: event["id"])]


def test_addressable_events_replace_by_their_d_tag(relay):
    key, client = relay.connected_member()
    first = client.accept(key.sign(30_000, "", [["d", "first"]], created_at=NOW - 2))
    second = client.accept(key.sign(30_000, "", [["d", "second"]], created_at=NOW - 1))
    assert client.query({"kinds": [30_000], "authors": [key.hex]}) == [second, first]
    assert client.query({"kinds": [30_000], "authors": [key.hex], "#d": ["first"]}) == [first]


def test_replacing_is_by_author(relay):
    first, second = relay.member(), relay.member()
    client = relay.connect(first, second)
    profiles = [client.accept(key.sign(0, "{}", created_at=NOW)) for key in (first, second)]
    assert len(client.query({"kinds": [0], "authors": [first.hex, second.hex]})) == len(profiles)


def test_ephemeral_events_are_delivered_and_not_stored(relay):
    key, client = relay.connected_member()
    watcher = relay.connect(relay.member())
    watcher.subscribe("live", {"authors": [key.hex]})
    event = client.accept(key.sign(20_001, "now or never"))
    assert watcher.next_event("live") == event
    assert client.query({"ids": [event["id"]]}, {"authors": [key.hex]}) == []


def test_the_same_event_again_is_a_duplicate(relay):
    key, client = relay.connected_member()
    event = client.accept(key.sign(1, "once"))
    watcher = relay.connect(relay.member())
    assert watcher.subscribe("live", {"authors": [key.hex]}) == [event]
    answer = client.publish(event)
    assert answer.accepted and answer.message.startswith("duplicate: ")
    assert watcher.publish(event).message.startswith("duplicate: ")
    watcher.expect_silence("live")
    assert client.query({"authors": [key.hex]}) == [event]


def test_the_same_event_twice_in_one_breath(relay):
    key, client = relay.connected_member()
    client.subscribe("live", {"authors": [key.hex]})
    event = key.sign(1, "twice")
    client.send("EVENT", event)
    client.send("EVENT", event)
    assert client.answer(event) == (True, "")
    second = client.answer(event)
    assert second.accepted and second.message.startswith("duplicate: ")
    assert client.next_event("live") == event
    client.expect_silence("live")


# Events that are none


@pytest.mark.parametrize("change", [
    {"content": "another"}, {"created_at": NOW - 1}, {"kind": 2}, {"tags": [["t", "x"]]}, {"pubkey": Key().hex},
    {"id": "55" * 32}, {"sig": "66" * 64},
], ids=str)
def test_an_event_that_was_changed(relay, change):
    key, client = relay.connected_member()
    event = {**key.sign(1, "original", created_at=NOW), **change}
    answer = client.publish(event)
    assert not answer.accepted and answer.message.startswith("invalid: ")
    assert client.query({"ids": [event["id"]]}) == []


@pytest.mark.parametrize("change", [
    {"kind": 65_536}, {"kind": -1}, {"kind": "1"}, {"kind": 1.0}, {"kind": None}, {"created_at": -1},
    {"created_at": "now"}, {"created_at": 2**63}, {"tags": None}, {"tags": ["t"]}, {"tags": [[1]]}, {"tags": {}},
    {"content": None}, {"content": 1}, {"sig": "66"}, {"sig": 1}, {"pubkey": "AB" * 32}, {"pubkey": None},
], ids=str)
def test_an_event_with_a_field_of_the_wrong_type(relay, change):
    key, client = relay.connected_member()
    event = {**key.sign(1, "original"), **change}
    answer = client.publish(event)
    assert not answer.accepted and answer.message.startswith("invalid: ")


@pytest.mark.parametrize("missing", ["pubkey", "created_at", "kind", "tags", "content", "sig"])
def test_an_event_without_a_field(relay, missing):
    key, client = relay.connected_member()
    event = key.sign(1, "original")
    client.send("EVENT", {name: value for name, value in event.items() if name != missing})
    answer = client.answer(event)
    assert not answer.accepted and answer.message.startswith("invalid: ")


@pytest.mark.parametrize("text", [
    '["EVENT",%s,1]', '["EVENT",%s]x', '["EVENT",%s', '["EVENT",{"id":"%.0s"}]', '["EVENT",null%.0s]',
])
def test_a_message_that_is_not_json_or_not_an_event(relay, text):
    key, client = relay.connected_member()
    event = json.dumps(key.sign(1, "original"))
    client.send_text(text % event)
    answer = client.wait_for(matching=lambda message: message[0] in ("OK", "NOTICE"))
    assert answer[0] == "NOTICE" or answer[2] is False
    assert "invalid: " in answer[-1]
    assert client.query({"authors": [key.hex]}) == []


def test_a_duplicate_key_is_refused(relay):
    key, client = relay.connected_member()
    event = key.sign(1, "original")
    text = json.dumps(event)[:-1] + ',"content":"original"}'
    client.send_text(f'["EVENT",{text}]')
    answer = client.answer(event)
    assert not answer.accepted and answer.message.startswith("invalid: ")


# Live events


def test_live_events_follow_the_stored_ones(relay):
    key, client = relay.connected_member()
    watcher = relay.connect(relay.member())
    old = client.accept(key.sign(1, "old"))
    assert watcher.subscribe("live", {"authors": [key.hex]}) == [old]
    new = client.accept(key.sign(1, "new"))
    assert watcher.next_event("live") == new


def test_an_event_that_two_filters_match_comes_once_a_subscription(relay):
    key, client = relay.connected_member()
    client.subscribe("both", {"authors": [key.hex]}, {"kinds": [1], "#t": ["x"], "authors": [key.hex]})
    client.subscribe("other", {"authors": [key.hex], "limit": 0})
    event = client.accept(key.sign(1, "", [["t", "x"]]))
    assert client.next_event("both") == client.next_event("other") == event
    client.expect_silence("both", 0.1)
    client.expect_silence("other", 0.1)


@pytest.mark.parametrize("wanted, arrives", [
    ({"kinds": [1]}, True), ({"kinds": [2]}, False), ({"#t": ["x"]}, True), ({"#t": ["y"]}, False),
    ({"#t": ["x"], "#e": ["y"]}, False), ({"since": NOW - 100}, True), ({"since": NOW + 1_000}, False),
    ({"until": NOW - 1_000}, False), ({"until": NOW + 1_000}, True), ({"limit": 0}, True),
    ({"ids": ["ab" * 32]}, False),
], ids=str)
def test_live_events_match_the_filter(relay, wanted, arrives):
    key, client = relay.connected_member()
    client.subscribe("live", {"authors": [key.hex], **wanted})
    event = client.accept(key.sign(1, "", [["t", "x"]]))
    if arrives:
        assert client.next_event("live") == event
    client.expect_silence("live", 0.1)


def test_close_ends_a_subscription(relay):
    key, client = relay.connected_member()
    client.subscribe("live", {"authors": [key.hex]})
    client.send("CLOSE", "live")
    client.accept(key.sign(1, "nobody listens"))
    client.expect_silence("live")


def test_a_req_of_the_same_name_replaces(relay):
    key, client = relay.connected_member()
    client.subscribe("live", {"authors": [key.hex], "kinds": [1]})
    client.subscribe("live", {"authors": [key.hex], "kinds": [2]})
    client.accept(key.sign(1, "no longer wanted"))
    wanted = client.accept(key.sign(2, "wanted"))
    assert client.next_event("live") == wanted


def test_subscription_names_are_a_connections_own(relay):
    key, client = relay.connected_member()
    other = relay.connect(key)
    client.subscribe("live", {"authors": [key.hex], "limit": 0})
    other.subscribe("live", {"authors": [key.hex], "limit": 0})
    other.send("CLOSE", "live")
    event = client.accept(key.sign(1, "for one"))
    assert client.next_event("live") == event
    other.expect_silence("live", 0.1)


def test_nothing_is_lost_between_stored_and_live(relay):
    """Subscriptions that begin while events stream in see each of them exactly once."""
    key, client = relay.connected_member()
    watcher = relay.connect(relay.member())
    events = [key.sign(1, f"note {number}") for number in range(400)]
    for number, event in enumerate(events):
        client.send("EVENT", event)
        if number % 100 == 50:
            watcher.send("REQ", f"from {number}", {"authors": [key.hex]})
    assert all(client.answer(event).accepted for event in events)
    for number in range(50, 400, 100):
        name = f"from {number}"
        seen = [watcher.next_event(name)["id"] for _ in events]
        assert sorted(seen) == sorted(ids(events))
        watcher.expect_silence(name, 0.05)


# NIP-70


def test_a_protected_event_comes_from_its_author_only(relay):
    author, other = relay.member(), relay.member()
    event = author.sign(1, "mine", [["-"]])
    client = relay.connect(other)
    answer = client.publish(event)
    assert not answer.accepted and answer.message.startswith("restricted: ")
    assert client.query({"ids": [event["id"]]}) == []
    assert relay.connect(author).publish(event) == (True, "")
    assert client.query({"ids": [event["id"]]}) == [event]


def test_an_event_that_is_not_protected_may_come_from_any_member(relay):
    event = Key().sign(1, "copied from elsewhere")
    _, client = relay.connected_member()
    assert client.publish(event) == (True, "")
