"""`python -m Tests.Chaos.corruption`: damages a log and prints what became of it; exit status 1 when damage was missed."""

import argparse
import json
import sys
from pathlib import Path

from .run import corrupt, place
from .sample import Sample


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m Tests.Chaos.corruption", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10_000, help="how many mutations")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="the counts as one JSON object")
    return parser.parse_args()


def say(done: int):
    if done % 50 == 0 and sys.stderr.isatty():
        print(f"\r{done} mutations", end="", file=sys.stderr, flush=True)


def main() -> int:
    options = arguments()
    with place() as temporary:
        sample = Sample(Path(temporary))
        counts, by_kind, failures = corrupt(
            sample, Path(temporary), options.rounds, options.seed, workers=options.workers, seconds=options.seconds,
            progress=say)
    if options.json:
        kinds = {f"{kind}, {verdict}": count for (kind, verdict), count in sorted(by_kind.items())}
        print(json.dumps({"counts": counts, "kinds": kinds, "failures": failures}))
    else:
        print(f"{sum(counts.values())} mutations of a log of {len(sample.newest)} bytes, seed {options.seed}")
        for verdict, count in counts.most_common():
            print(f"{count:8}  {verdict}")
        for failure in failures[:20]:
            print(f"FAIL  {failure['verdict']}: {failure['kind']}, {failure['what']}: {failure['words']}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
