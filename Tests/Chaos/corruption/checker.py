"""`ringdown-corruption`, which verifies one damaged log after the other in one process; it is started again when one kills it."""

import json
import queue
import signal
import subprocess
import threading
from pathlib import Path

from relay_process import binary, environment

from .verdicts import HANG_SECONDS, Hang, Killed


class Checker:
    """One such process."""

    def __init__(self):
        self._process = None
        self._lines: queue.Queue = queue.Queue()

    def _start(self):
        self._process = subprocess.Popen(
            [binary("ringdown-corruption")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, env=environment({"SWIFT_BACKTRACE": "enable=no"}))
        self._lines = queue.Queue()
        threading.Thread(target=self._read, args=(self._process, self._lines), daemon=True).start()

    @staticmethod
    def _read(process, lines: queue.Queue):
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    def check(self, directory: Path) -> dict:
        """What is told of a log: `error`, or `aspect` and `divergence`, or else `told`."""
        if self._process is None:
            self._start()
        self._process.stdin.write(f"{directory}\n")
        self._process.stdin.flush()
        try:
            line = self._lines.get(timeout=HANG_SECONDS)
        except queue.Empty:
            self.stop()
            raise Hang("verify") from None
        if line is None:
            code = self._process.wait()
            self._process = None
            raise Killed(signal.Signals(-code).name if code < 0 else f"exit status {code}")
        return json.loads(line)

    def stop(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
