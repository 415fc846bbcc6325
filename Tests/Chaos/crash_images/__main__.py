"""`python -m Tests.Chaos.crash_images`: cuts the power as often as asked; exit status 1 when something was lost or torn."""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from .cuts import cut
from .rehearsal import rehearse

# Images of one recording; more images are of more recordings.
IMAGES_PER_RECORDING = 2500
CONTROLS = ("nosync", "unchecked")
SHOWN = 10


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m Tests.Chaos.crash_images", description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--seconds", type=float, default=1.5, help="how long the recorded load lasts")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--no-archive", action="store_true", help="record no archiving, which takes some seconds")
    parser.add_argument("--control", choices=CONTROLS, help="a fault on purpose, which has to be found")
    parser.add_argument("--json", action="store_true", help="what was counted as one JSON object")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    found: Counter[str] = Counter()
    problems: list[str] = []
    # A disk in memory, where there is one: what is tested is in the images, not in the file system below them.
    memory = Path("/dev/shm")
    while found["images"] < options.images:
        seed = options.seed + found["recordings"]
        with tempfile.TemporaryDirectory(prefix="crash-", dir=memory if memory.is_dir() else None) as place:
            rehearsal = rehearse(Path(place), seed, options.seconds, not options.no_archive)
            images = min(IMAGES_PER_RECORDING, options.images - found["images"])
            counts, words = cut(rehearsal, Path(place), seed, images, options.jobs, options.control)
        found += counts
        found["recordings"] += 1
        problems += words
        print(f"{found['images']}/{options.images} images, {len(problems)} bad, seed {seed} ", end="\r", file=sys.stderr)
    print(file=sys.stderr)
    for problem in problems[:SHOWN]:
        print(f"FAIL  {problem}")
    print(json.dumps(found) if options.json else ", ".join(f"{count} {name}" for name, count in found.items()))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
