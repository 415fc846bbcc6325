"""`python -m Tests.Chaos.abuse`: runs the attacks and prints a table; exit status 1 when one found something."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from .attacks import ATTACKS
from .measure import Result, measure

HEAD = (f"{'attack':30} {'idle p50':>8} {'p99':>6} {'p50':>7} {'p99':>7} {'ratio':>6}  {'heap before/peak/after':>23}  "
        f"{'descriptors':>14}  counted")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m Tests.Chaos.abuse", description=__doc__)
    parser.add_argument("--list", action="store_true", help="the attacks and what they do")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="some attacks")
    parser.add_argument("--seconds", type=float, default=8, help="how long each attack lasts")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the relay")
    parser.add_argument("--control", action="store_true", help="with the limit against each attack switched off")
    parser.add_argument("--json", action="store_true", help="one JSON object an attack")
    return parser.parse_args()


def row(found: Result) -> str:
    heap = "/".join(f"{value / 2**20:.1f}" for value in found.heap)
    files = "/".join(map(str, found.descriptors))
    counted = ", ".join(f"{name} {count}" for name, count in list(found.counters.items())[:3])
    return (f"{found.name:30} {found.idle.p50 * 1e3:8.1f} {found.idle.p99 * 1e3:6.1f} {found.during.p50 * 1e3:7.1f} "
            f"{found.during.p99 * 1e3:7.1f} {found.ratio:5.1f}x  {heap:>19} MiB  {files:>14}  {counted}")


def main() -> int:
    options = arguments()
    if options.list:
        for found in ATTACKS.values():
            print(f"{found.name:30} {found.what}")
        return 0
    chosen = [ATTACKS[name] for name in options.only or ATTACKS]
    overrides = dict(setting.split("=", 1) for setting in options.set)
    is_fine = True
    if not options.json:
        print(HEAD, "(times in ms)")
    # In memory, where there is such a place: the disk of a busy machine would be what is measured.
    with tempfile.TemporaryDirectory(prefix="abuse-", dir=next(filter(os.path.isdir, ["/dev/shm"]), None)) as directory:
        for number, attack in enumerate(chosen):
            extra = {**overrides, **(attack.control if options.control else {})}
            if options.control and not attack.control:
                continue
            found = measure(attack, Path(directory) / str(number), options.seconds, extra)
            is_fine = is_fine and not found.problems
            print(json.dumps({**found._asdict(), "idle": found.idle._asdict(), "during": found.during._asdict()})
                  if options.json else row(found), flush=True)
            for problem in found.problems:
                print(f"    {problem}", flush=True)
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
