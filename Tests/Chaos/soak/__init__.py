"""The soak: mixed load with churn and removals for as long as wanted, and verdicts on what the relay came to.

Memory, descriptors and threads have to stay flat, every answer has to be the one that was expected, the log has to verify,
and what a replay gives has to be what the relay said.

    python -m Tests.Chaos.soak --seconds 3600 --rate 40 --out /tmp/soak
"""

import sys
from pathlib import Path

# The clients of the ordinary tests drive the relay here, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Clients"))
