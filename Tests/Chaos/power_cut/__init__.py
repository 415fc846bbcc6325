"""Power cuts end to end: a real file system on a disk that remembers in which order it was written, and when it was told to
flush; then that file system mounted again and again as it would be after a cut.

    python -m Tests.Chaos.power_cut --filesystem ext4 --filesystem xfs --rounds 200

The disk is nbdkit's, with `device.py` in it; nbdfuse makes it a file, and the loop driver a block device. That needs root.
"""

import sys
from pathlib import Path

# The clients of the ordinary tests drive the relay here, too.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Clients"))
