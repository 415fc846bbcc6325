"""What people do in the soak: each action does one thing, and checks the answer."""

import json
import time

import mesh
from negentropy import Initiator
from nostr_client import Client, Closed, Key, tag_values

from .world import Person, World, forget

JOIN, INVITE, LEAVE, DELETION = 28934, 28935, 28936, 5
CALL_SECONDS = 10


def publish(person: Person, event: dict) -> dict:
    person.client.accept(event)
    person.events.append(event)
    return event


def report(world: World):
    """A node says how it is; every third time nothing has changed."""
    if person := world.someone():
        model = world.rng.choice(["Qwen3-8B", "Qwen3-32B", "gpt-oss-20b"])
        publish(person, mesh.status_report(person.key, mesh.serving(model, f"address {world.rng.randrange(3)}")))


def call(world: World):
    """A call that is granted rings at both ends; the time until both were rung is the soak's latency."""
    if not (pair := world.pair()):
        return
    (requester, target), begun = pair, None
    for person in pair:
        forget(person.client)
    request = mesh.connect_request(requester.key, target.key)
    begun = time.monotonic()
    requester.client.accept(request)
    for person in pair:
        person.client.next_event("calls", CALL_SECONDS)
    world.latencies.append(time.monotonic() - begun)


def refused_call(world: World):
    if person := world.someone():
        target, reason = world.rng.choice([
            (Key(), "restricted: target is not a relay member"), (person.key, "invalid: cannot mesh-connect to self")])
        answer = person.client.publish(mesh.connect_request(person.key, target))
        assert answer == (False, reason), answer


def note(world: World):
    if person := world.someone():
        kind, tags = world.rng.choice([(1, []), (1, [["t", "soak"]]), (0, []), (30_023, [["d", "x"]]), (20_001, [])])
        event = person.key.sign(kind, f"{world.rng.random()} " + "x" * world.rng.randrange(400), tags)
        answer = person.client.publish(event)
        # Two replaceable events of one second: the one with the larger id loses.
        assert answer.accepted or kind in (0, 30_023), answer
        if answer.accepted and kind == 1:
            person.events.append(event)


def delete(world: World):
    person = world.someone()
    if not person or not (own := [event for event in person.events if event["kind"] == 1]):
        return
    victim = world.rng.choice(own)
    person.events.remove(victim)
    person.client.accept(person.key.sign(DELETION, "", [["e", victim["id"]], ["k", "1"]]))
    assert person.client.query({"ids": [victim["id"]]}) == [], "a deleted event was served"


def query(world: World):
    if person := world.someone():
        author = world.rng.choice(world.members)
        person.client.query(world.rng.choice([
            {"kinds": [1], "limit": 50}, {"authors": [author.key.hex], "limit": 20}, {"#t": ["soak"], "limit": 30},
            {"kinds": [30_023, 0]}, {"ids": [event["id"] for event in author.events][:20]}]))


def count(world: World):
    if person := world.someone():
        person.client.send("COUNT", "how-many", {"kinds": [1], "since": int(time.time()) - 600})
        assert person.client.wait_for("COUNT", "how-many")[2]["count"] >= 0


def reconcile(world: World):
    """Compares a member's own notes with the relay's; what is missing here is asked for by nobody."""
    if not (person := world.someone()):
        return
    mine = {(event["created_at"], bytes.fromhex(event["id"])) for event in person.events if event["kind"] == 1}
    initiator, client = Initiator(mine), person.client
    filters = {"authors": [person.key.hex], "kinds": [1], "since": int(time.time()) - 120}
    message = ["NEG-OPEN", "sync", filters, initiator.first().hex()]
    while message:
        client.send(*message)
        answer = client.wait_for(matching=lambda answer: answer[0].startswith("NEG-"))
        assert answer[0] == "NEG-MSG", answer
        question = initiator.next(bytes.fromhex(answer[2]))
        message = ["NEG-MSG", "sync", question.hex()] if question else None
    client.send("NEG-CLOSE", "sync")


def subscriptions(world: World):
    if person := world.someone():
        for number in range(8):
            person.client.subscribe(f"s{number}", {"kinds": [1], "authors": [Key().hex], "limit": 1})
        for number in range(8):
            person.client.send("CLOSE", f"s{number}")


def come(world: World):
    if away := [person for person in world.members if not person.client]:
        world.connect(world.rng.choice(away))


def go(world: World):
    if len(world.connected) > 4:
        world.disconnect(world.someone(), politely=world.rng.random() < 0.5)


def add(world: World):
    if world.outsiders:
        person = world.rng.choice(world.outsiders)
        world.owner.client.accept(mesh.command(mesh.ADD_MEMBER, world.relay.owner, person.key, "member"))
        world.members.append(person)


def remove(world: World):
    """The owner removes a member: its session ends with it."""
    if len(world.members) < 8:
        return
    person = world.rng.choice(world.members)
    world.members.remove(person)
    world.owner.client.accept(mesh.command(mesh.REMOVE_MEMBER, world.relay.owner, person.key))
    if person.client:
        end = person.client.wait_for_close(CALL_SECONDS)
        assert end.reason == "restricted: no longer a relay member", end
        world.disconnect(person)


def join(world: World):
    """An invite code of the owner lets somebody in, once."""
    if not world.outsiders:
        return
    [event] = world.owner.client.query({"kinds": [INVITE]})
    [code] = tag_values(event, "claim")
    person = world.rng.choice(world.outsiders)
    with Client(world.relay.url) as client:
        client.accept(person.key.sign(JOIN, "", [["-"], ["claim", code]]))
        late = client.publish(Key().sign(JOIN, "", [["-"], ["claim", code]]))
        assert not late.accepted, "an invite code was good twice"
    world.members.append(person)


def leave(world: World):
    if len(world.connected) > 6:
        person = world.someone()
        person.client.accept(person.key.sign(LEAVE, "", [["-"]]))
        world.members.remove(person)
        world.disconnect(person)


def stranger(world: World):
    """Somebody who is not let in, and asks all the same."""
    with Client(world.relay.url) as client:
        key = Key()
        assert client.authenticate(key).message == "restricted: not a relay member"
        assert client.refusal({"kinds": [1]}).startswith("restricted: ")
        client.send_text(json.dumps(["EVENT", {**key.sign(1, "x"), "sig": "0" * 128}]))
        try:
            client.wait_for("OK", timeout=CALL_SECONDS)
        except Closed:
            pass
