"""`python -m Tests.Chaos.power_cut`: exit status 1 when something was lost, 3 when it cannot be tried here."""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from .rounds import PowerCut
from .stage import MAKE, missing

UNTRIED = 3
SHOWN = 10


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m Tests.Chaos.power_cut", description=__doc__)
    parser.add_argument("--filesystem", action="append", choices=sorted(MAKE), help="both, if none is given")
    parser.add_argument("--rounds", type=int, default=200, help="cuts of each file system")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--seconds", type=float, default=3, help="how long the recorded load lasts")
    parser.add_argument("--control", choices=["nosync"], help="a fault on purpose, which has to be found")
    parser.add_argument("--json", action="store_true", help="what was counted as one JSON object")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    results: dict[str, Counter] = {}
    problems: list[str] = []
    for filesystem in options.filesystem or sorted(MAKE):
        reason = missing(filesystem)
        if reason:
            print(f"skip  {filesystem}: {reason}")
            return UNTRIED
        with tempfile.TemporaryDirectory(prefix="power-") as place:
            trial = PowerCut(filesystem, Path(place), options.seed, nosync=options.control == "nosync")
            trial.live(options.seconds)
            trial.cut(options.rounds)
        results[filesystem] = trial.found
        problems += trial.problems
    for problem in problems[:SHOWN]:
        print(f"FAIL  {problem}")
    print(json.dumps(results) if options.json else "; ".join(
        f"{name}: " + ", ".join(f"{count} {what}" for what, count in found.items()) for name, found in results.items()))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
