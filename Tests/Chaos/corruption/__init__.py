"""Damage done to a log's files on purpose: flipped bits and bytes, truncation, swapped, zeroed and old pages.

Each has to be found by `ringdown-replay verify`, or change nothing that anybody can be told. A death without a message, a
hang, and an answer that is silently another are failures.

    python -m Tests.Chaos.corruption --rounds 10000 --seed 1
"""

import sys
from pathlib import Path

# The clients of the ordinary tests make the log.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Clients"))
