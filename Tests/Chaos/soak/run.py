"""One soak from its beginning to its verdicts."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, NamedTuple

import mesh
from nostr_client import Closed, Key, Refused, tag_values
from relay_process import Relay, until

from . import actions, doors, operator, samples, verdicts
from .world import World

# What is done, and how often in proportion.
WEIGHTS: dict[Callable, float] = {
    actions.report: 22, actions.call: 14, actions.refused_call: 6, actions.note: 18, actions.delete: 2, actions.query: 6,
    actions.count: 3, actions.reconcile: 3, actions.subscriptions: 1, actions.come: 4, actions.go: 3, actions.add: 1,
    actions.remove: 0.7, actions.join: 0.5, actions.leave: 0.5, actions.stranger: 2, doors.query: 2, doors.count: 1,
    doors.publish: 2, doors.unsigned: 1, doors.documents: 3, doors.tiles: 2,
}
# What an operator does, and after how many seconds again; shorter runs do each at least this often.
CHORES: dict[Callable, float] = {
    operator.checkpoint: 60, operator.status: 30, operator.member: 45, operator.reload: 40, operator.archive: 600,
    operator.erase: 400,
}
CHORES_IN_A_RUN = 3
PEOPLE = 40
FIRST_MEMBERS = 16
READ_SECONDS = 0.5
# How long what was left may take to end.
SETTLE_SECONDS = 15
SETTINGS = {
    "invites_per_day": 10_000, "invite_lifetime_seconds": 600, "checkpoint_seconds": 20, "snapshot_interval": 5_000,
}
UNEXPECTED = (AssertionError, Closed, Refused, OSError, subprocess.TimeoutExpired)


class Plan(NamedTuple):
    seconds: float
    rate: float
    seed: int
    sample_seconds: float
    out: Path
    settings: dict[str, str]


def start(plan: Plan) -> Relay:
    plan.out.mkdir(parents=True, exist_ok=True)
    operator.configure(plan.out / "soak.toml", 20)
    settings = {**SETTINGS, **plan.settings}
    flags = [f"--set={name}={value}" for name, value in settings.items()]
    return Relay(plan.out / "data", "--config", str(plan.out / "soak.toml"), *flags, owner=Key())


def attempt(world: World, action: Callable):
    name = f"{action.__module__.rpartition('.')[2]}.{action.__name__}"
    try:
        action(world)
        world.done[name] += 1
    except UNEXPECTED as error:
        world.failures.append(f"{name}: {error!r}"[:600])
        recover(world)


def recover(world: World):
    """Whoever lost the connection over something unexpected comes again: one failure is not to become many."""
    for person in [*world.connected, world.owner]:
        try:
            person.client.query({"ids": [person.key.hex]})
        except UNEXPECTED:
            world.disconnect(person)
            try:
                world.connect(person)
            except UNEXPECTED:
                if person is world.owner:
                    raise


def work(world: World, plan: Plan, record) -> list[dict]:
    """Does what the weights say until the time is over, and looks at the relay every few seconds."""
    begun = time.monotonic()
    lines, chosen, weights = [], list(WEIGHTS), list(WEIGHTS.values())
    due = {chore: min(pause, plan.seconds / CHORES_IN_A_RUN) for chore, pause in CHORES.items()}
    next_sample, next_read, next_action = 0.0, 0.0, 0.0
    while (now := time.monotonic() - begun) < plan.seconds:
        if now >= next_sample:
            lines.append(samples.sample(world, begun))
            record(lines[-1])
            next_sample = now + plan.sample_seconds
        if now >= next_read:
            world.read_everything()
            next_read = now + READ_SECONDS
        for chore in [chore for chore, time_due in due.items() if now >= time_due]:
            due[chore] = now + min(CHORES[chore], plan.seconds / CHORES_IN_A_RUN)
            attempt(world, chore)
        attempt(world, world.rng.choices(chosen, weights)[0])
        # A pace, not a promise: what the machine could not do in time is not made up for.
        next_action = max(next_action + 1 / plan.rate, now)
        time.sleep(max(0.0, next_action - (time.monotonic() - begun)))
    lines.append(samples.sample(world, begun))
    record(lines[-1])
    return lines


def settle(world: World) -> dict:
    """Everybody leaves; returns what the relay says then."""
    [roster] = world.owner.client.query({"kinds": [mesh.MEMBER_LIST]})
    world.everybody_leaves()
    until(lambda: samples.metrics(world.relay.port)["ringdown_sessions"] == 0, "sessions do not end", SETTLE_SECONDS)
    until(lambda: samples.metrics(world.relay.port)["ringdown_connections"] <= 1, "connections do not end", SETTLE_SECONDS)
    status = operator.command(world, "status", "--json")
    return {
        "members": sorted(tag_values(roster, "member")), "granted": status["granted"], "refused": status["refused"],
        "sessions": status["sessions"], "descriptors": samples.descriptors(world.relay.process.pid),
    }


def soak(plan: Plan) -> tuple[list[verdicts.Verdict], list[dict]]:
    relay = start(plan)
    with relay, open(plan.out / "samples.jsonl", "w") as file:
        samples.metrics(relay.port)
        before = {"descriptors": samples.descriptors(relay.process.pid)}
        world = World(relay, random.Random(plan.seed), PEOPLE)
        for _ in range(FIRST_MEMBERS):
            actions.add(world)
            actions.come(world)

        def record(line: dict):
            file.write(json.dumps(line) + "\n")
            file.flush()
            print(
                f"\r{line['seconds']:7.0f} s  {line['done']} actions  {line['failures']} unexpected  "
                f"heap {line['anonymous'] / 2**20:.1f} MiB  {line['descriptors']} descriptors  "
                f"log {line['log_bytes'] / 2**20:.1f} MiB  call p99 {line['call_p99'] * 1e3:.1f} ms",
                end="", file=sys.stderr, flush=True)

        lines = work(world, plan, record)
        print(file=sys.stderr)
        (plan.out / "failures.json").write_text(json.dumps(world.failures, indent=1))
        (plan.out / "done.json").write_text(json.dumps(dict(world.done.most_common()), indent=1))
        after = settle(world)
        code = relay.stop()
    return [
        verdicts.heap_is_flat(lines), verdicts.descriptors_are_flat(lines), verdicts.threads_are_flat(lines),
        verdicts.connections_end(before, after), verdicts.answers_were_right(world),
        verdicts.calls_went_through(world, lines),
        verdicts.Verdict("the relay stops cleanly", code == 0, f"exit code {code}"),
        verdicts.log_verifies(relay.data), verdicts.replay_equals_live(relay.data, after),
    ], lines
