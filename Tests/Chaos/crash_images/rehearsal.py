"""What is recorded: a relay's whole life in a few seconds, from its first start on an empty disk."""

import json
import random
import time
from pathlib import Path
from typing import NamedTuple

from nostr_client import Key
from relay_process import Relay, log_entries, run

from ..community import Community, Promises
from ..recording import Marker
from ..shims import preloaded

# Checkpoints are signed, and states kept, as often as can be; and what was said matters for seconds only, after which it
# may be archived.
SETTINGS = [
    "checkpoint_seconds=1", "snapshot_interval=100", "staleness_seconds=1", "note_lifetime_seconds=2",
    "request_freshness_seconds=2", "command_freshness_seconds=2", "disk_reserve_bytes=0"]
MEMORY_SECONDS = 6.5


class Rehearsal(NamedTuple):
    """The recording, the log at its end, and where in it everything is that somebody was told."""

    recording: Path
    data: Path
    positions: dict[str, int]
    owner_secret: bytes


def rehearse(place: Path, seed: int, seconds: float, archives: bool = True) -> Rehearsal:
    """Runs it: load, a kill, load, entries that move to the archive, a log that is rewritten, and load again."""
    dice = random.Random(seed)
    recording, data = place / "recording", place / "data"
    environ = preloaded("recorder", CHAOS_RECORD_DIR=str(data), CHAOS_RECORD_TO=str(recording))
    flags = [flag for setting in SETTINGS for flag in ("--set", setting)]
    marker = Marker(recording)
    with Relay(data, *flags, owner=Key(), environ=environ) as relay:
        community = Community(relay, dice, Promises(marker), small=True)

        def load(end):
            community.until(lambda: (time.sleep(seconds / 3), end()))

        def archive():
            if archives:
                done = run("ringdown-relay", "archive", "--data", data, "--before", "-0s", "--json", environ=environ)
                assert done.returncode == 0 and json.loads(done.stdout)["removed"], f"nothing was archived: {done}"

        load(relay.process.kill)
        relay.kill()
        relay.start()
        if archives:
            time.sleep(MEMORY_SECONDS)
        load(lambda: (archive(), relay.process.terminate()))
        relay.process.wait(20)
        relay.kill()
        if archives:
            time.sleep(MEMORY_SECONDS)
        # Without a relay it rewrites the log besides.
        archive()
        relay.start()
        load(relay.process.terminate)
        relay.process.wait(20)
    marker.close()
    log = log_entries(data, "--full-keys")
    positions: dict[str, int] = {}
    for entry in log:
        if "event" in entry and entry["type"] != "decision":
            positions.setdefault(entry["event"], entry["position"])
    return Rehearsal(recording, data, positions, relay.owner.secret)
