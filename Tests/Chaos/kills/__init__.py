"""kill -9 of the real relay at random moments under load: what was acknowledged or seen stays, once, and the log verifies.

    python -m Tests.Chaos.kills --rounds 300 --seed 7
"""

import sys
from pathlib import Path

# The clients of the ordinary tests drive the relay here, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Clients"))
