"""Set reconciliation (NIP-77) over sockets: byte by byte with an implementation of its own, and with nostr-sdk's."""

import json
import os
import random
import time

import nostr_sdk
import pytest
from nostr_sdk import DatabaseEventStatus, Filter, Kind, SaveEventStatus, SyncDirection, SyncOptions

import mesh
from negentropy import END, FINGERPRINT, ID_LIST, Initiator, Range, decode, encode, fingerprint
from nostr_client import Client, Key
from test_nostr_sdk import converse, member_of, new_member

# Nothing at all, as every implementation says it.
NOTHING = encode([Range(END, ID_LIST, [])])


def exchange(client: Client, *message) -> list:
    client.send(*message)
    return client.wait_for(matching=lambda answer: answer[0] in ("NEG-MSG", "NEG-ERR") and answer[1] == message[1])


def item(event: dict) -> tuple[int, bytes]:
    return event["created_at"], bytes.fromhex(event["id"])


def reconcile(client: Client, mine: list[dict], filters: dict, name: str = "sync") -> tuple[set, set, int]:
    """Ids that only this side has, ids that only the relay has, and how many rounds that took."""
    initiator = Initiator({item(event) for event in mine})
    answer = exchange(client, "NEG-OPEN", name, filters, initiator.first().hex())
    rounds = 1
    while True:
        assert answer[0] == "NEG-MSG", answer
        question = initiator.next(bytes.fromhex(answer[2]))
        if question is None:
            break
        rounds += 1
        assert rounds < 100, "it does not come to an end"
        answer = exchange(client, "NEG-MSG", name, question.hex())
    client.send("NEG-CLOSE", name)
    have, need = ([identifier.hex() for identifier in ids] for ids in (initiator.have, initiator.need))
    assert len(set(have)) == len(have) and len(set(need)) == len(need), "each is told once"
    return set(have), set(need), rounds


def notes(key: Key, count: int, seconds: int = 40) -> list[dict]:
    """Events of few different seconds, so that many of them share one."""
    now = int(time.time())
    return [key.sign(1, f"{number}", created_at=now - number % seconds) for number in range(count)]


def store(client: Client, events: list[dict]):
    for event in events:
        client.send("EVENT", event)
    for event in events:
        answer = client.answer(event)
        assert answer.accepted, answer


def ids(events: list[dict]) -> set:
    return {event["id"] for event in events}


@pytest.mark.parametrize("mine,theirs,common", [(0, 0, 0), (0, 1, 0), (5, 0, 0), (0, 300, 0), (3, 2, 400), (60, 70, 90)])
def test_what_either_side_lacks_is_found(relay, mine, theirs, common):
    key, client = relay.connected_member()
    events = notes(key, mine + theirs + common)
    random.shuffle(events)
    there = events[mine:]
    store(client, there)
    here = events[:mine] + events[mine + theirs :]
    have, need, _ = reconcile(client, here, {"authors": [key.hex]})
    assert have == ids(here) - ids(there)
    assert need == ids(there) - ids(here)


def test_a_filter_chooses_what_is_compared(relay):
    key, client = relay.connected_member()
    events = notes(key, 40)
    store(client, events)
    client.accept(key.sign(1, "tagged", [["t", "x"]]))
    since = events[10]["created_at"]
    assert reconcile(client, [], {"authors": [key.hex], "since": since})[1] == {
        event["id"] for event in client.query({"authors": [key.hex], "since": since})}
    assert len(reconcile(client, [], {"authors": [key.hex], "#t": ["x"]})[1]) == 1
    newest = client.query({"authors": [key.hex], "limit": 7})
    assert reconcile(client, [], {"authors": [key.hex], "limit": 7})[1] == ids(newest)
    assert reconcile(client, [], {"authors": [key.hex], "limit": 0})[1] == set()


def test_a_set_stays_as_it_was_when_it_was_opened(relay):
    key, client = relay.connected_member()
    store(client, notes(key, 3))
    first = exchange(client, "NEG-OPEN", "s", {"authors": [key.hex]}, NOTHING.hex())
    client.accept(key.sign(1, "later"))
    assert exchange(client, "NEG-MSG", "s", NOTHING.hex()) == first
    again = exchange(client, "NEG-OPEN", "s", {"authors": [key.hex]}, NOTHING.hex())
    assert len(decode(bytes.fromhex(again[2]))[0].payload) == 4, "opening again looks again"


def test_long_answers_are_cut_and_continued(relay):
    key, client = relay.connected_member()
    events = notes(key, 1_950, seconds=100)
    store(client, events)
    longest = 0
    asked: list[str] = []

    class Measured(Initiator):
        def next(self, message):
            nonlocal longest
            longest = max(longest, len(message))
            return super().next(message)

    initiator = Measured(set())
    answer = exchange(client, "NEG-OPEN", "big", {"authors": [key.hex]}, initiator.first().hex())
    while question := initiator.next(bytes.fromhex(answer[2])):
        asked.append(question.hex())
        answer = exchange(client, "NEG-MSG", "big", question.hex())
    assert {identifier.hex() for identifier in initiator.need} == ids(events)
    assert len(initiator.need) == len(events)
    assert asked and 50_000 < longest <= 60_000


def test_what_was_only_delivered_is_not_synced(own_relay):
    requester, client = own_relay.connected_member()
    target, target_client = own_relay.connected_member()
    target_client.subscribe("calls", mesh.calls_to(target))
    client.accept(requester.sign(20_001, "for whoever listens now"))
    client.accept(mesh.connect_request(requester, target))
    call = target_client.next_event("calls")
    for asking in (target_client, own_relay.owner_client):
        _, everything, _ = reconcile(asking, [], {})
        assert everything == ids(asking.query({})) and call["id"] not in everything
        assert reconcile(asking, [], {"kinds": [mesh.CALL_ME_NOW]})[1] == set()
        assert reconcile(asking, [], {"ids": [call["id"]]})[1] == set()


def test_strangers_are_refused_before_anything_is_looked_up(relay):
    with relay.connect() as stranger:
        for filters, message in (({}, NOTHING.hex()), ({"kinds": "x"}, "zz")):
            answer = exchange(stranger, "NEG-OPEN", "s", filters, message)
            assert answer == ["NEG-ERR", "s", "auth-required: not authenticated"]
        assert exchange(stranger, "NEG-MSG", "s", NOTHING.hex())[2] == "auth-required: not authenticated"
        stranger.send("NEG-CLOSE", "s")
    with relay.connect() as outsider:
        assert not outsider.authenticate(Key()).accepted
        assert exchange(outsider, "NEG-OPEN", "s", {}, NOTHING.hex())[2] == "restricted: not a relay member"


def test_garbage_is_refused_and_the_connection_lives_on(relay):
    key, client = relay.connected_member()
    store(client, notes(key, 50))
    generator = random.Random(77)
    good = Initiator({item(event) for event in notes(key, 60)}).first()
    garbage = [b"", good[:-1], good + b"\0\0\0", bytes([0x61]) + os.urandom(200), bytes([0x61]) + b"\xff" * 300]
    garbage += [bytes([0x61, 0, 0, 2]) + b"\xff" * 9 + b"\x7f"]
    for _ in range(100):
        broken = bytearray(good)
        for _ in range(3):
            broken[generator.randrange(1, len(broken))] = generator.randrange(256)
        garbage.append(bytes(broken))
    refused = 0
    for message in garbage:
        answer = exchange(client, "NEG-OPEN", "g", {"authors": [key.hex]}, message.hex())
        if answer[0] == "NEG-ERR":
            assert answer[2].startswith("invalid: ")
            refused += 1
            assert exchange(client, "NEG-MSG", "g", good.hex())[2].startswith("closed: "), "an error ends it"
        else:
            decode(bytes.fromhex(answer[2]))
    assert refused >= 6
    assert reconcile(client, client.query({"authors": [key.hex]}), {"authors": [key.hex]})[:2] == (set(), set())


def test_another_version_is_told_this_one(relay):
    _, client = relay.connected_member()
    assert exchange(client, "NEG-OPEN", "v", {"kinds": [1]}, "62000000") == ["NEG-MSG", "v", "61"]


def test_messages_that_cannot_be_read(relay):
    _, client = relay.connected_member()
    for rest in ([], [{}], [{}, 5], [{}, "6"], [{}, "61", 1], [{"x": 1}, "61"], ["61"]):
        answer = exchange(client, "NEG-OPEN", "bad", *rest)
        assert answer[0] == "NEG-ERR" and answer[2].split(":")[0] in ("invalid", "unsupported"), answer
    client.send("NEG-OPEN", "", {}, "61")
    assert client.wait_for("NOTICE")[1].startswith("invalid: ")


def test_limits_of_reconciliations(make_relay):
    relay = make_relay(
        "--set", "maximum_syncs=2", "--set", "maximum_sync_events=20", "--set", "sync_seconds=1", owner=Key()).start()
    key, client = relay.connected_member()
    store(client, notes(key, 20))
    mine = {"authors": [key.hex]}
    assert len(reconcile(client, [], mine)[1]) == 20
    client.accept(key.sign(1, "one too many"))
    assert exchange(client, "NEG-OPEN", "all", mine, NOTHING.hex()) == [
        "NEG-ERR", "all", "blocked: this query is too big", 20]
    assert len(reconcile(client, [], {**mine, "limit": 20})[1]) == 20, "a limit of its own may cut"
    for name in ("one", "two", "two"):
        assert exchange(client, "NEG-OPEN", name, {"kinds": [7]}, NOTHING.hex())[0] == "NEG-MSG"
    assert exchange(client, "NEG-OPEN", "three", {"kinds": [7]}, NOTHING.hex())[2].startswith("blocked: ")
    client.send("NEG-CLOSE", "one")
    assert exchange(client, "NEG-OPEN", "three", {"kinds": [7]}, NOTHING.hex())[0] == "NEG-MSG"
    for name in ("two", "three"):
        assert client.wait_for("NEG-ERR", name)[2] == "closed: nothing was heard for 1 s"
    assert exchange(client, "NEG-MSG", "two", NOTHING.hex())[2].startswith("closed: ")


def test_other_messages_go_on_beside_a_reconciliation(relay):
    key, client = relay.connected_member()
    events = notes(key, 120)
    store(client, events)
    assert len(client.subscribe("sync", {"authors": [key.hex]})) == 120, "names do not meet"
    answer = exchange(client, "NEG-OPEN", "sync", {"authors": [key.hex]}, NOTHING.hex())
    live = client.accept(key.sign(1, "meanwhile"))
    assert client.next_event("sync") == live
    client.send("CLOSE", "sync")
    assert exchange(client, "NEG-MSG", "sync", NOTHING.hex()) == answer
    ranges = [Range(END, FINGERPRINT, fingerprint(sorted(item(event) for event in events)))]
    assert exchange(client, "NEG-MSG", "sync", encode(ranges).hex()) == ["NEG-MSG", "sync", "61"], "nothing differs"


class Memory(nostr_sdk.NostrDatabase):
    """A client's own events."""

    def __init__(self, events: list[dict]):
        self.events = {event["id"]: event for event in events}

    def backend(self):
        return "memory"

    def features(self):
        return nostr_sdk.NostrDatabaseFeatures(
            persistent=False, event_expiration=False, full_text_search=False, request_to_vanish=False)

    async def save_event(self, event):
        self.events[event.id().to_hex()] = json.loads(event.as_json())
        return SaveEventStatus.success()

    async def check_id(self, event_id):
        found = event_id.to_hex() in self.events
        return DatabaseEventStatus.SAVED if found else DatabaseEventStatus.NOT_EXISTENT

    async def event_by_id(self, event_id):
        event = self.events.get(event_id.to_hex())
        return event and nostr_sdk.Event.from_json(json.dumps(event))

    async def query(self, filter):
        wanted = json.loads(filter.as_json())
        # What the library asks for is one of these two.
        assert set(wanted) <= {"ids", "authors", "kinds", "limit"}, wanted
        found = [
            event for event in self.events.values()
            if event["id"] in wanted.get("ids", [event["id"]])
            and event["pubkey"] in wanted.get("authors", [event["pubkey"]])
            and event["kind"] in wanted.get("kinds", [event["kind"]])]
        return [nostr_sdk.Event.from_json(json.dumps(event)) for event in found]

    async def count(self, filter):
        return len(await self.query(filter))

    async def delete_events(self, filter):
        pass

    async def wipe(self):
        self.events.clear()


def test_nostr_sdk_moves_exactly_what_is_missing_both_ways(relay):
    keys = new_member(relay)
    key = Key(bytes.fromhex(keys.secret_key().to_hex()))
    events = notes(key, 700)
    random.shuffle(events)
    here, there = events[:500], events[200:]
    helper = relay.connect(key)
    store(helper, there)
    memory = Memory(here)

    async def conversation():
        async with member_of(relay.url, keys, database=memory) as member:
            # It proves its key before it syncs, as it does for a subscription.
            assert len(await member.fetch({"ids": [there[0]["id"]]})) == 1
            options = SyncOptions().direction(SyncDirection.BOTH)
            output = await member.client.sync(Filter.from_json(json.dumps({"authors": [key.hex]})), opts=options)
            assert not output.failed, output.failed
            report = output.report
            assert {identifier.to_hex() for identifier in report.sent} == ids(here) - ids(there)
            assert {identifier.to_hex() for identifier in report.received} == ids(there) - ids(here)
            assert not any(report.send_failures.values())

            again = (await member.client.sync(Filter.from_json(json.dumps({"authors": [key.hex]})), opts=options)).report
            assert not again.sent and not again.received and not again.remote and not again.local

    converse(conversation)
    assert memory.events.keys() == ids(events)
    assert ids(helper.query({"authors": [key.hex]})) == ids(events)


def test_nostr_sdk_learns_without_moving(relay):
    keys = new_member(relay)
    key = Key(bytes.fromhex(keys.secret_key().to_hex()))
    events = notes(key, 90)
    store(relay.connect(key), events[30:])
    memory = Memory(events[:60])

    async def conversation():
        async with member_of(relay.url, keys, database=memory) as member:
            await member.fetch({"ids": [events[0]["id"]]})
            wanted = Filter().author(keys.public_key()).kind(Kind(1))
            report = (await member.client.sync(wanted, opts=SyncOptions().dry_run())).report
            assert {identifier.to_hex() for identifier in report.local} == ids(events[:30])
            assert {identifier.to_hex() for identifier in report.remote} == ids(events[60:])

    converse(conversation)
    assert memory.events.keys() == ids(events[:60])
