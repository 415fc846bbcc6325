"""A machine that fails: the relay and its commands on a disk whose n-th write, sync, open or read goes wrong."""

import sys
from pathlib import Path

# The helpers of the tests with real relays.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Clients"))
