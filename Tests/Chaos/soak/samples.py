"""What a relay's process uses, from /proc, and what it says of itself."""

import time
import urllib.request
from pathlib import Path
from statistics import quantiles


def memory(pid: int) -> dict[str, int]:
    """Bytes by kind: anonymous memory is the heap and the stacks, file memory is mostly the log's map."""
    names = {"RssAnon": "anonymous", "RssFile": "file", "VmRSS": "resident", "VmSize": "virtual"}
    found = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in names:
            found[names[name]] = int(value.split()[0]) * 1024
        elif name == "Threads":
            found["threads"] = int(value)
    return found


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def metrics(port: int) -> dict[str, float]:
    """Every figure of /metrics, by its name with its labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, _, value in (
        line.rpartition(" ") for line in lines if line and not line.startswith("#"))}


def sample(world, begun: float) -> dict:
    """One line of the soak's record."""
    pid, figures = world.relay.process.pid, metrics(world.relay.port)
    latencies = sorted(world.latencies)
    cuts = quantiles(latencies, n=100) if len(latencies) > 1 else [0.0] * 99
    return {
        "seconds": round(time.monotonic() - begun, 1), **memory(pid), "descriptors": descriptors(pid),
        "connections": int(figures["ringdown_connections"]), "sessions": int(figures["ringdown_sessions"]),
        "log_bytes": int(figures["ringdown_log_bytes"]), "entries": int(figures["ringdown_log_entries"]),
        "queue": int(figures["ringdown_queue_depth"]), "processor_seconds": processor_seconds(pid),
        "dropped": int(sum(value for name, value in figures.items() if name.startswith("ringdown_dropped_total"))),
        "members": len(world.members), "done": sum(world.done.values()), "failures": len(world.failures),
        "call_p50": round(cuts[49], 5), "call_p99": round(cuts[98], 5),
    }
