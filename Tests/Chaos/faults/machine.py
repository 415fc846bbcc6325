"""Disks of a few megabytes, and relays under limits, for real: needs root, and a kernel that lets it mount."""

import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator


def mounts() -> str | None:
    """Why nothing can be mounted here, or `None`."""
    probe = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, text=True, check=False)
    return probe.stderr.strip() or "mount failed" if probe.returncode else None


@contextmanager
def small_disk(directory: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own of that size."""
    directory.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(directory)], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


@contextmanager
def small_ext4(directory: Path, image: Path, megabytes: int) -> Iterator[Path]:
    """The same as a file with ext4 in it, which can be turned read-only under a writer."""
    directory.mkdir(parents=True, exist_ok=True)
    image.write_bytes(b"")
    with open(image, "r+b") as file:
        file.truncate(megabytes << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(directory)], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def fill(directory: Path, leave: int = 0) -> Path:
    """Takes all the room on a disk but so many bytes."""
    path = directory / "ballast"
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65_536))
        except OSError:
            pass
        file.truncate(max(file.tell() - leave, 0))
    return path
