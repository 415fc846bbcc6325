"""What the soak came to: a verdict is a name, whether it holds, and what was found."""

import json
from statistics import median
from typing import NamedTuple

from relay_process import run, succeed

# The beginning in which buffers, pools and tables reach their size, as a share of the run.
WARM_UP = 0.25
# How much the heap may seem to grow in an hour: allocators keep what was once needed.
HEAP_BYTES_PER_HOUR = 6 << 20
# The same for a run that is too short to tell a trend from the noise of the allocator.
HEAP_NOISE_BYTES = 12 << 20
DESCRIPTORS_PER_HOUR = 4
DESCRIPTOR_NOISE = 12
HOUR = 3600.0
# Points of which slopes are made, two and two.
MAXIMUM_POINTS = 400


class Verdict(NamedTuple):
    name: str
    holds: bool
    found: str


def slope(points: list[tuple[float, float]]) -> float:
    """Theil and Sen: the median of the slopes between all pairs, which single bumps do not move."""
    thin = points[:: max(1, len(points) // MAXIMUM_POINTS)]
    slopes = [
        (after[1] - before[1]) / (after[0] - before[0])
        for index, before in enumerate(thin) for after in thin[index + 1:] if after[0] > before[0]]
    return median(slopes) if slopes else 0.0


def trend(samples: list[dict], value) -> tuple[float, float]:
    """What is gained in an hour, and in the time that was looked at."""
    begin = samples[-1]["seconds"] * WARM_UP
    points = [(line["seconds"], value(line)) for line in samples if line["seconds"] >= begin]
    rate = slope(points)
    return rate * HOUR, rate * (points[-1][0] - points[0][0])


def heap_is_flat(samples: list[dict]) -> Verdict:
    hourly, gained = trend(samples, lambda line: line["anonymous"])
    holds = hourly <= HEAP_BYTES_PER_HOUR or (samples[-1]["seconds"] < HOUR / 2 and gained <= HEAP_NOISE_BYTES)
    last = samples[-1]["anonymous"]
    return Verdict("heap is flat", holds, f"{hourly / 2**20:+.2f} MiB/h after warm-up, {last / 2**20:.1f} MiB at the end")


def descriptors_are_flat(samples: list[dict]) -> Verdict:
    """Those that are not a connection."""
    hourly, gained = trend(samples, lambda line: line["descriptors"] - line["connections"])
    holds = hourly <= DESCRIPTORS_PER_HOUR or (samples[-1]["seconds"] < HOUR / 2 and gained <= DESCRIPTOR_NOISE)
    return Verdict("descriptors are flat", holds, f"{hourly:+.2f} an hour beside the connections")


def threads_are_flat(samples: list[dict]) -> Verdict:
    begin, end = (median(line["threads"] for line in part) for part in (samples[:5], samples[-5:]))
    return Verdict("threads are flat", end <= begin + 4, f"{begin:.0f} at the start, {end:.0f} at the end")


def answers_were_right(world) -> Verdict:
    count = len(world.failures)
    text = f"{sum(world.done.values())} actions, {count} unexpected answers"
    return Verdict("answers were right", count == 0, text + (f", first: {world.failures[0]}" if count else ""))


def calls_went_through(world, samples: list[dict]) -> Verdict:
    worst = max(line["call_p99"] for line in samples)
    count = world.done["actions.call"]
    return Verdict("calls went through", count > 0, f"{count}, worst p99 {worst * 1e3:.0f} ms")


def connections_end(before: dict, after: dict) -> Verdict:
    """Whoever left has left nothing behind."""
    text = f"{before['descriptors']} descriptors before anybody came, {after['descriptors']} after all left"
    holds = after["descriptors"] <= before["descriptors"] + 2 and after["sessions"] == 0
    return Verdict("connections leave nothing", holds, f"{text}, {after['sessions']} sessions")


def log_verifies(data) -> Verdict:
    result = run("ringdown-replay", "verify", "--data", data, "--json")
    found = json.loads(result.stdout) if result.stdout.startswith("{") else {"error": result.stderr.strip()}
    text = ", ".join(f"{found[name]} {name}" for name in ("entries", "absent", "erased") if name in found)
    return Verdict("the log verifies", result.returncode == 0 and found.get("verified") is True, text or str(found))


def replay_equals_live(data, live: dict) -> Verdict:
    """The state that a replay from entry 0 gives, against what the relay said before it stopped."""
    state = json.loads(succeed("ringdown-replay", "state", "--data", data, "--json", "--full-keys", "--no-snapshot"))
    replayed = {
        "members": sorted(member["key"] for member in state["members"]), "granted": state["calls"]["granted"],
        "refused": state["calls"]["refused"], "sessions": len(state["sessions"]),
    }
    wrong = {name: (live[name], replayed[name]) for name in replayed if live[name] != replayed[name]}
    text = f"{len(replayed['members'])} members, {replayed['granted']} granted, {replayed['refused']} refused"
    return Verdict("replay equals live", not wrong, str(wrong) if wrong else text)
