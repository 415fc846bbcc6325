"""`python -m Tests.Chaos.faults`: breaks the n-th call for every n, and says what held; exit status 1 when something did
not."""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from .run import Trial


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m Tests.Chaos.faults", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3000, help="cases: 7 of 10 live, 1 at the start, 2 under commands")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="where the logs go; a temporary place else")
    parser.add_argument("--json", action="store_true", help="the counts as one JSON object")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    begun = time.monotonic()

    def tell(line: str):
        print(f"{time.monotonic() - begun:7.1f} s  {line}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="faults-") as temporary:
        trial = Trial(options.out or Path(temporary), options.seed, tell)
        trial.live(max(options.rounds * 7 // 10, 1))
        trial.starts(options.rounds // 10)
        trial.commands(options.rounds * 2 // 10)
    if options.json:
        print(json.dumps({"counts": trial.counts, "broken": trial.broken}))
    else:
        for name, count in sorted(trial.counts.items()):
            print(f"{count:8}  {name}")
        print("\n".join(["everything held"] if not trial.broken else trial.broken))
    return 1 if trial.broken else 0


if __name__ == "__main__":
    sys.exit(main())
