"""The HTTP doors in the soak: signed requests, documents, tiles, metrics."""

import time

from http_client import post, request

from .world import World


def query(world: World):
    if person := world.someone():
        reply = post(world.relay, "/query", [{"kinds": [1], "limit": 20}], person.key)
        assert reply.status == 200 and isinstance(reply.json, list), reply


def count(world: World):
    if person := world.someone():
        reply = post(world.relay, "/count", [{"kinds": [1], "since": int(time.time()) - 60}], person.key)
        assert reply.status == 200, reply


def publish(world: World):
    if person := world.someone():
        event = person.key.sign(1, f"over HTTP {world.rng.random()}")
        reply = post(world.relay, "/events", event, person.key)
        assert reply.status == 200 and reply.json["accepted"], reply
        person.events.append(event)


def unsigned(world: World):
    assert post(world.relay, "/query", [{}], None).status == 401


def documents(world: World):
    path = world.rng.choice(["/", "/info", "/health", "/ready", "/metrics", "/nowhere"])
    assert request(world.relay, "GET", path).status == (404 if path == "/nowhere" else 200)


def tiles(world: World):
    reply = request(world.relay, "GET", "/checkpoint")
    if reply.status != 200:
        return
    size = int(reply.body.split(b"\n")[1])
    if size >= 256:
        tile = world.rng.randrange(size // 256)
        path = f"x{tile // 1000:03}/{tile % 1000:03}" if tile >= 1000 else f"{tile:03}"
        assert len(request(world.relay, "GET", f"/tile/0/{path}").body) == 256 * 32
