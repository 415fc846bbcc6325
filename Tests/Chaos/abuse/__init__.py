"""Abuse: floods and slow clients against a real relay, while a pair of members goes on pairing.

Each attack says what it does and what the relay has to count it as. Measured beside it: how long pairing takes against an
idle time of the same run, the relay's memory and descriptors before, at most and afterwards, and the counters that grew.

    python -m Tests.Chaos.abuse --list
    python -m Tests.Chaos.abuse --seconds 10 --only auth_flood ping_flood
"""

import sys
from pathlib import Path

# The clients of the ordinary tests drive the relay here, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Clients"))
