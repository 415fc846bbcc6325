"""`python -m Tests.Chaos.kills`: kills the relay as often as asked; exit status 1 at the first promise that was broken."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from nostr_client import Key
from relay_process import REPOSITORY, Relay

from ..shims import preloaded
from .trial import Trial

CONTROLS = ("early",)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m Tests.Chaos.kills", description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--verify-every", type=int, default=10, metavar="ROUNDS", help="rounds between two full checks")
    parser.add_argument("--control", choices=CONTROLS, help="a fault on purpose, which has to be found")
    parser.add_argument("--json", action="store_true", help="what was counted as one JSON object")
    return parser.parse_args()


def keep(place: Path, seed: int) -> Path:
    """Moves what a failure left to where it stays."""
    kept = REPOSITORY / ".build" / "chaos" / f"kills-{seed}"
    shutil.rmtree(kept, ignore_errors=True)
    return shutil.copytree(place, kept)


def main() -> int:
    options = arguments()
    print(f"kills: {options.rounds} rounds, seed {options.seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="kills-") as place:
        with Relay(Path(place) / "data", owner=Key()) as relay:
            trial = Trial(relay, options.seed, options.verify_every)
            if options.control:
                relay.environ = preloaded(options.control)
                relay.restart()
            try:
                trial.run(options.rounds, lambda line: print(line, end="\r", file=sys.stderr, flush=True))
            except AssertionError as broken:
                print(f"\nFAIL after {trial.counts['rounds']} kills: {broken}")
                if not options.control:
                    relay.kill()
                    print(f"the log is kept in {keep(Path(place), options.seed)}")
                return 1
    print(file=sys.stderr)
    if options.json:
        print(json.dumps(trial.counts))
    else:
        print("pass  " + ", ".join(f"{count} {name}" for name, count in trial.counts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
