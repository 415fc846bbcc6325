"""Power cuts at any point of what a relay wrote: the files as they could be then, each looked at with distrust.

    python -m Tests.Chaos.crash_images --images 10000 --seed 7
"""

import sys
from pathlib import Path

# The clients of the ordinary tests drive the relay here, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Clients"))
