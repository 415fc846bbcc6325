"""COUNT (NIP-45) over sockets: the same gates as REQ, the same events, and none that a REQ would not find."""

import json
import time

import mesh
from nostr_client import Key


def count(client, *filters: dict) -> int:
    client.send("COUNT", "n", *filters)
    answer = client.wait_for(matching=lambda message: message[0] in ("COUNT", "CLOSED") and message[1] == "n")
    assert answer[0] == "COUNT", answer
    assert set(answer[2]) == {"count"}, answer
    return answer[2]["count"]


def refusal(client, *filters: dict) -> str:
    client.send("COUNT", "n", *filters)
    return client.wait_for("CLOSED", "n")[2]


def test_what_a_req_would_return_is_counted(relay):
    key, client = relay.connected_member()
    now = int(time.time())
    for number in range(12):
        tags = [["t", "even" if number % 2 == 0 else "odd"]]
        client.accept(key.sign((1, 2, 7)[number % 3], f"{number}", tags, created_at=now - number))
    for filters in (
        [{"authors": [key.hex]}],
        [{"authors": [key.hex], "kinds": [1]}],
        [{"authors": [key.hex], "#t": ["odd"]}],
        [{"authors": [key.hex], "since": now - 5}],
        [{"authors": [key.hex], "until": now - 5, "#t": ["odd", "even"]}],
        [{"authors": [key.hex], "kinds": [1]}, {"authors": [key.hex], "#t": ["even"]}],
        [{"ids": ["0" * 64]}], [{"kinds": []}],
    ):
        assert count(client, *filters) == len(client.query(*filters)), filters
    assert count(client, {"authors": [key.hex], "limit": 2}) == 12, "a limit says how much to send, not how much there is"


def test_what_was_replaced_or_deleted_does_not_count(relay):
    key, client = relay.connected_member()
    now = int(time.time())
    for age in (20, 10):
        client.accept(key.sign(0, json.dumps({"name": f"{age}"}), created_at=now - age))
        client.accept(key.sign(30_000, "x", [["d", "one"]], created_at=now - age))
    assert count(client, {"authors": [key.hex]}) == 2
    note = client.accept(key.sign(1, "gone soon"))
    assert count(client, {"authors": [key.hex], "kinds": [1]}) == 1
    client.accept(key.sign(5, "", [["e", note["id"]]]))
    assert count(client, {"authors": [key.hex], "kinds": [1]}) == 0


def test_what_was_only_delivered_is_not_counted(own_relay):
    requester, client = own_relay.connected_member()
    target, target_client = own_relay.connected_member()
    target_client.subscribe("calls", mesh.calls_to(target))
    client.accept(requester.sign(20_001, "for whoever listens now"))
    client.accept(mesh.connect_request(requester, target))
    target_client.next_event("calls")
    for kinds in ([mesh.CALL_ME_NOW], [mesh.CONNECT_REQUEST], [20_001], [22_242]):
        for asking in (client, target_client, own_relay.owner_client):
            assert count(asking, {"kinds": kinds}) == 0, kinds
    assert count(target_client, {"#p": [target.hex], "kinds": [mesh.CALL_ME_NOW, 8_000]}) == 1, "it was added"


def test_the_order_of_messages_is_kept(relay):
    key, client = relay.connected_member()
    event = key.sign(1, "just now")
    client.send("EVENT", event)
    client.send("COUNT", "first", {"authors": [key.hex]})
    client.send("REQ", "then", {"authors": [key.hex]})
    client.send("COUNT", "last", {"authors": [key.hex]})
    assert client.answer(event).accepted
    client.wait_for("COUNT", "last")
    answers = [message[:2] for message in client.received if message[0] in ("OK", "COUNT", "EOSE")][-4:]
    assert answers == [["OK", event["id"]], ["COUNT", "first"], ["EOSE", "then"], ["COUNT", "last"]]
    assert client.wait_for("COUNT", "first")[2] == {"count": 1}


def test_strangers_learn_no_numbers(relay):
    with relay.connect() as stranger:
        assert refusal(stranger, {"kinds": [1]}) == "auth-required: not authenticated"
        assert refusal(stranger, {"kinds": "x"}) == "auth-required: not authenticated"
    with relay.connect() as outsider:
        assert not outsider.authenticate(Key()).accepted
        assert refusal(outsider, {}) == "restricted: not a relay member"


def test_a_count_that_cannot_be_read_is_closed(relay):
    _, client = relay.connected_member()
    assert refusal(client).startswith("invalid: ")
    assert refusal(client, {"kinds": "x"}).startswith("invalid: ")
    assert refusal(client, {"nothing": 1}).startswith("unsupported: ")
    assert refusal(client, *[{"kinds": [1]}] * 17) == "invalid: a COUNT has at most 16 filters"
    assert count(client, *[{"kinds": [9_999]}] * 16) == 0
