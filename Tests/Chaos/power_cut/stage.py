"""File systems on disks that remember, and what is needed for them."""

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from relay_process import until

DEVICE = Path(__file__).with_name("device.py")
MEGABYTES = {"ext4": 64, "xfs": 320}
MAKE = {"ext4": ["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0"], "xfs": ["mkfs.xfs", "-q"]}
NEEDED = ["nbdkit", "nbdfuse", "fusermount3", "mount", "losetup"]
WAIT_SECONDS = 30


def absent(filesystem: str) -> list[str]:
    """What could be installed and is not."""
    return [tool for tool in [*NEEDED, MAKE[filesystem][0]] if not shutil.which(tool)]


def missing(filesystem: str) -> str | None:
    """Why this cannot be tried here; `None` when it can."""
    if os.geteuid() != 0:
        return "only root can mount"
    if tools := absent(filesystem):
        return f"not installed: {', '.join(tools)} (scripts/setup.sh chaos)"
    devices = [device for device in ("/dev/fuse", "/dev/loop-control") if not os.path.exists(device)]
    return f"there is no {', '.join(devices)}" if devices else None


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{command[0]}: {done.stderr.strip()}"


def make(filesystem: str, image: Path):
    with open(image, "wb") as file:
        file.truncate(MEGABYTES[filesystem] << 20)
    run(*MAKE[filesystem], image)


@contextmanager
def mounted(image: Path, place: Path) -> Iterator[Path]:
    place.mkdir(parents=True, exist_ok=True)
    run("mount", "-o", "loop", image, place)
    try:
        yield place
    finally:
        unmount(place)


def unmount(place: Path):
    """Whoever had a file open there may need a moment to end."""
    until(lambda: subprocess.run(["umount", place], capture_output=True).returncode == 0, f"{place} stays busy", WAIT_SECONDS)


@contextmanager
def remembering(image: Path, recording: Path, place: Path) -> Iterator[Path]:
    """The image as a file whose every write is recorded."""
    place.mkdir(parents=True)
    file, socket = place / "nbd", place / "socket"
    file.touch()
    server = subprocess.Popen(
        ["nbdkit", "-f", "-U", socket, "python", DEVICE, f"image={image}", f"recording={recording}"])
    until(socket.exists, "nbdkit does not listen", WAIT_SECONDS)
    bridge = subprocess.Popen(["nbdfuse", file, "--unix", socket])
    until(lambda: file.stat().st_size == image.stat().st_size, "nbdfuse does not show the disk", WAIT_SECONDS)
    try:
        yield file
    finally:
        # The loop device lets go of it a moment after it was unmounted.
        until(
            lambda: subprocess.run(["fusermount3", "-u", file], capture_output=True).returncode == 0, "nbdfuse stays",
            WAIT_SECONDS)
        bridge.wait(WAIT_SECONDS)
        server.terminate()
        server.wait(WAIT_SECONDS)
