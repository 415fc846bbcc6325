"""What has to hold for the files after a cut, whatever became of the unsynced."""

from pathlib import Path

from ..checker import Checker

LOG = "data.mdb"
# Files that mean nothing to the next start.
UNFINISHED = (".unfinished", ".lock", ".state", "lock.mdb")


class Oracle:
    """Knows the whole log, and what every file became in the end.

    `believing` reads without checking a single hash: a control.
    """

    def __init__(self, checker: Checker, final: Path, finals: dict[int | str, bytes], believing: bool = False):
        self.checker, self.finals, self.believing = checker, finals, believing
        self.roots = checker.ask("roots", final)["roots"]

    def problem(self, image: Path, names: dict[str, int | str], required: int, thorough: bool = False) -> str | None:
        """What is wrong, in words. `required`: entries that somebody was told of are before this position."""
        torn = self._torn_file(image, names)
        if torn:
            return torn
        if LOG not in names:
            return f"lost: there is no log, and {required} entries were promised" if required else None
        # Before its first entry nobody was told anything of a log.
        begins = required == 0 and self.checker.ask("open", image).get("size") == 0
        request = "open" if self.believing or begins else "verify" if thorough else "check"
        found = self.checker.ask(request, image)
        if "problem" in found:
            return f"corrupt: {found['problem']}"
        size = found["size"]
        if size < required:
            return f"lost: {size} entries are there, {required} were promised"
        if size >= len(self.roots) or found["root"] != self.roots[size]:
            return f"corrupt: its {size} entries are not the log's"
        return self._wrong_checkpoint(image, size)

    def _torn_file(self, image: Path, names: dict[str, int | str]) -> str | None:
        """Keys, checkpoints and archive files have one content each, and none before they have it."""
        for name, inode in names.items():
            if Path(name).name != LOG and not name.endswith(UNFINISHED):
                if (image / name).read_bytes() != self.finals[inode]:
                    return f"torn: {name} has {(image / name).stat().st_size} of {len(self.finals[inode])} bytes"
        return None

    def _wrong_checkpoint(self, image: Path, size: int) -> str | None:
        path = image / "last-signed"
        if not path.exists():
            return None
        lines = path.read_text(errors="replace").split("\n")
        if len(lines) < 3 or not lines[1].isdigit() or not lines[-2].startswith("— "):
            return f"torn: last-signed has {len(lines)} lines"
        if int(lines[1]) > size:
            return f"lost: a checkpoint was signed that is ahead of the log of {size} entries"
        return None
