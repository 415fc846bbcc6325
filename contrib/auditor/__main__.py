"""Audits an exported log with rules of its own.

    ringdown-replay export --data DIR --format jsonl | python3 contrib/auditor
"""

import argparse
import gzip
import json
import sys
import time

import events
from audit import Audit


def arguments():
    parser = argparse.ArgumentParser(
        prog="ringdown-audit", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", nargs="?", default="-", help="an exported log, also .gz; standard input if absent")
    parser.add_argument("--all", action="store_true", help="go on behind the first difference")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--root", metavar="HEX", help="the root that the tree has to have, from a checkpoint you trust")
    parser.add_argument("--size", type=int, metavar="N", help="with --root: how many entries that checkpoint is about")
    parser.add_argument("--state", type=positions, default=[], metavar="POS[,POS…]",
                        help="print the state after the entries at these positions, one object a line")
    parser.add_argument("--no-signatures", action="store_true", help="do not check events' signatures")
    parser.add_argument("--no-notes", action="store_true",
                        help="do not check what the log's own key signed: genesis and checkpoints")
    return parser.parse_args()


def positions(text):
    return [int(part) for part in text.split(",")]


def lines_of(path):
    if path == "-":
        return sys.stdin.buffer
    return gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb", buffering=1 << 20)


def main():
    options = arguments()
    audit = Audit(every=options.all, signatures=not options.no_signatures, notes=not options.no_notes,
                  pictures_at=options.state)
    began = time.monotonic()
    with lines_of(options.log) as lines:
        audit.run(watched(audit, lines, options) if options.root else lines)
    seconds = time.monotonic() - began
    differences = [difference.json for difference in audit.differences]
    if options.root and getattr(audit, "root_at", None) != options.root.lower():
        differences.append({"position": options.size or audit.tree.size, "aspect": "tree",
                            "expected": options.root,
                            "found": getattr(audit, "root_at", None) or audit.tree.root.hex()})
    if options.state:
        for state in audit.pictures:
            print(json.dumps(state, ensure_ascii=False, separators=(",", ":")))
        for difference in audit.differences:
            print(difference, file=sys.stderr)
        return 1 if differences else 0
    result = dict(audit.counts, verified=not differences, differences=differences, root=audit.tree.root.hex(),
                  log=audit.state.origin, relay=audit.state.relay, signatures_checked=audit.signatures,
                  seconds=round(seconds, 3), entries_per_second=int(audit.tree.size / seconds) if seconds else 0)
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        tell(result)
    return 1 if differences else 0


def watched(audit, lines, options):
    """Takes note of the root on the way."""
    for line in lines:
        if audit.tree.size == options.size:
            audit.root_at = audit.tree.root.hex()
        yield line
    if options.size is None or audit.tree.size == options.size:
        audit.root_at = audit.tree.root.hex()


def tell(result):
    for difference in result["differences"]:
        print("DIFFERS at entry %(position)d (%(aspect)s)\n  expected  %(expected)s\n  found     %(found)s"
              % difference)
    if result["verified"]:
        print("the same: %d entries, every decision and every event of the relay recomputed" % result["entries"])
    print("  log         %s, relay %s" % (result["log"], result["relay"]))
    print("  decisions   %(decisions)d: %(granted)d granted, %(applied)d applied, %(unchanged)d unchanged, "
          "%(refused)d refused" % result)
    print("  events      %(client_events)d from clients, %(relay_events)d signed by the relay" % result)
    if result["signatures_checked"]:
        print("  signatures  %d checked" % result["signatures"])
    else:
        why = "" if events.PublicKeyXOnly else ": the Python package coincurve is not installed"
        print("  signatures  NOT CHECKED%s" % why)
    if result["checkpoints"]:
        print("  checkpoints %(checkpoints)d, signed by the log's key; %(old_checkpoints)d of them too old to compare "
              "their roots" % result)
    if result["erased"]:
        print("  erased      %(erased)d payloads; %(uncertain)d entries hinge on them and were taken as they stand"
              % result)
    print("  root        %s at size %d" % (result["root"], result["entries"]))
    print("  speed       %(seconds).2f s, %(entries_per_second)d entries/s" % result)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        sys.exit("ringdown-audit: %s" % error)
