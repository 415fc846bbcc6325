"""What an operator does now and then in the soak, by the relay's own commands."""

import json
import signal

from nostr_client import Key
from relay_process import run

from .world import World

SETTINGS = "requests_per_second = {rate}\nname = \"soak {rate}\"\n"


def configure(world_file, rate: int):
    world_file.write_text(SETTINGS.format(rate=rate))


def command(world: World, name: str, *arguments) -> dict:
    result = run("ringdown-relay", name, "--data", world.relay.data, *arguments)
    assert result.returncode == 0, f"{name}: {result.stderr.strip()}"
    return json.loads(result.stdout) if "--json" in arguments else {}


def checkpoint(world: World):
    command(world, "checkpoint")


def status(world: World):
    assert command(world, "status", "--json")["connections"] > 0


def archive(world: World):
    """Old entries leave the log beside the running relay."""
    command(world, "archive", "--before", "-5m", "--json")


def erase(world: World):
    """Somebody is forgotten: one of the members, as far as the last minutes allow."""
    if world.members:
        person = world.rng.choice(world.members)
        command(world, "erase", "--pubkey", person.key.hex, "--yes", "--json")
        person.events.clear()


def member(world: World):
    """A member is added and removed beside the running relay."""
    key = Key()
    for verb in ("add", "remove"):
        result = run("ringdown-relay", "member", verb, "--data", world.relay.data, "--pubkey", key.hex)
        assert result.returncode == 0, result.stderr


def reload(world: World):
    """SIGHUP with another policy in the file."""
    configure(world.relay.data.parent / "soak.toml", world.rng.choice([20, 25, 30]))
    world.relay.process.send_signal(signal.SIGHUP)
