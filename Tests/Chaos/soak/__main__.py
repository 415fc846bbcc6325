"""`python -m Tests.Chaos.soak`: runs the soak and prints its verdicts; exit status 1 when one does not hold."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from .run import Plan, soak


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m Tests.Chaos.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600, help="how long the load lasts")
    parser.add_argument("--rate", type=float, default=40, help="actions a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample-seconds", type=float, default=5, help="seconds between two looks at the relay")
    parser.add_argument("--out", type=Path, help="where the samples and the relay's directory go; a temporary place else")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the relay")
    parser.add_argument("--json", action="store_true", help="the verdicts as one JSON object")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="soak-") as temporary:
        settings = dict(setting.split("=", 1) for setting in options.set)
        verdicts, lines = soak(Plan(
            options.seconds, options.rate, options.seed, options.sample_seconds, options.out or Path(temporary), settings))
    if options.json:
        print(json.dumps({"verdicts": [verdict._asdict() for verdict in verdicts], "last": lines[-1]}))
    else:
        for verdict in verdicts:
            print(f"{'pass' if verdict.holds else 'FAIL'}  {verdict.name}: {verdict.found}")
    return 0 if all(verdict.holds for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
