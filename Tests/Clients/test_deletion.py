"""NIP-09 deletions and NIP-40 expiration: what is served ends, the log goes on."""

import time

import mesh
from nostr_client import Key
from relay_process import log_entries, succeed

DELETION = 5


def delete(key: Key, *tags: list[str], **fields) -> dict:
    return key.sign(DELETION, "unwanted", [list(tag) for tag in tags], **fields)


def test_an_author_deletes_by_id(relay):
    key, client = relay.connected_member()
    kept, gone = client.accept(key.sign(1, "kept")), client.accept(key.sign(1, "gone"))
    deletion = client.accept(delete(key, ["e", gone["id"]], ["k", "1"]))
    assert client.query({"authors": [key.hex], "kinds": [1]}) == [kept]
    assert client.query({"ids": [gone["id"]]}) == []
    assert client.query({"kinds": [DELETION], "authors": [key.hex]}) == [deletion], "the deletion itself is served"


def test_what_was_deleted_does_not_come_back(relay):
    key, client = relay.connected_member()
    gone = client.accept(key.sign(1, "gone"))
    client.accept(delete(key, ["e", gone["id"]]))
    client.publish(gone)
    assert client.query({"ids": [gone["id"]]}) == []


def test_a_deletion_may_come_first(relay):
    key, client = relay.connected_member()
    event = key.sign(1, "late")
    client.accept(delete(key, ["e", event["id"]]))
    assert client.publish(event) == (False, "blocked: this event was deleted")
    assert client.query({"ids": [event["id"]]}) == []


def test_nobody_deletes_for_somebody_else(relay):
    key, client = relay.connected_member()
    other, others_client = relay.connected_member()
    event = client.accept(key.sign(1, "mine"))
    others_client.accept(delete(other, ["e", event["id"]], ["a", f"30000:{key.hex}:list"]))
    replaceable = client.accept(key.sign(30000, "mine", [["d", "list"]]))
    assert client.query({"ids": [event["id"]]}) == [event]
    assert client.query({"ids": [replaceable["id"]]}) == [replaceable]


def test_a_deletion_cannot_be_deleted(relay):
    key, client = relay.connected_member()
    gone = client.accept(key.sign(1, "gone"))
    deletion = client.accept(delete(key, ["e", gone["id"]]))
    client.accept(delete(key, ["e", deletion["id"]]))
    assert client.query({"ids": [deletion["id"]]}) == [deletion]
    assert client.query({"ids": [gone["id"]]}) == []


def test_by_address_all_versions_up_to_then(relay):
    key, client = relay.connected_member()
    now = int(time.time())
    address = f"30023:{key.hex}:page"
    for age in (30, 20):
        client.accept(key.sign(30023, f"version {age}", [["d", "page"]], created_at=now - age))
    client.accept(delete(key, ["a", address], created_at=now - 10))
    assert client.query({"kinds": [30023], "authors": [key.hex]}) == []
    old = key.sign(30023, "older", [["d", "page"]], created_at=now - 15)
    assert client.publish(old) == (False, "blocked: this event was deleted")
    new = client.accept(key.sign(30023, "newer", [["d", "page"]], created_at=now - 5))
    other = client.accept(key.sign(30023, "another page", [["d", "other"]], created_at=now - 15))
    assert client.query({"kinds": [30023], "authors": [key.hex]}) == [new, other]


def test_the_relays_own_events_cannot_be_deleted(relay):
    key, client = relay.connected_member()
    [roster] = client.query({"kinds": [mesh.MEMBER_LIST]})
    client.accept(delete(key, ["e", roster["id"]], ["a", f"{mesh.MEMBER_LIST}:{roster['pubkey']}:"]))
    assert client.query({"kinds": [mesh.MEMBER_LIST]}) == [roster]


def test_it_holds_over_a_restart_and_the_log_keeps_it(own_relay):
    key, client = own_relay.connected_member()
    gone = client.accept(key.sign(1, "gone"))
    client.accept(delete(key, ["e", gone["id"]]))
    own_relay.restart()
    client = own_relay.connect(key)
    assert client.query({"ids": [gone["id"]]}) == []
    log = log_entries(own_relay.data)
    assert gone["id"] in [entry.get("event") for entry in log]
    own_relay.stop()
    assert "verified" in succeed("ringdown-replay", "verify", "--data", own_relay.data)


def test_an_expired_event_is_not_taken(relay):
    key, client = relay.connected_member()
    late = key.sign(1, "late", [["expiration", str(int(time.time()) - 1)]])
    assert client.publish(late) == (False, "invalid: the event has expired")


def test_an_event_expires(relay):
    key, client = relay.connected_member()
    expiration = int(time.time()) + 2
    event = client.accept(key.sign(1, "short", [["expiration", str(expiration)]]))
    assert client.query({"ids": [event["id"]]}) == [event]
    while time.time() < expiration + 0.1:
        time.sleep(0.1)
    for filters in ({"ids": [event["id"]]}, {"authors": [key.hex]}, {"kinds": [1], "authors": [key.hex]}):
        assert client.query(filters) == []


def test_an_expiration_that_is_no_time_means_nothing(relay):
    key, client = relay.connected_member()
    for value in ("soon", "", "-1", "1.5"):
        event = client.accept(key.sign(1, value, [["expiration", value]]))
        assert client.query({"ids": [event["id"]]}) == [event]
