"""The program that looks at logs, one after another: see `Checker/main.swift`."""

import json
import os
import subprocess
from pathlib import Path

from relay_process import binary


class Checker:
    """It is started again whenever a log has killed it; that is the log's verdict then."""

    def __init__(self):
        self._process: subprocess.Popen | None = None

    def ask(self, request: str, directory: Path) -> dict:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [binary("ringdown-crash-check")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True, env={**os.environ, "LD_PRELOAD": ""})
        self._process.stdin.write(f"{request} {directory}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            return {"problem": f"whoever reads it dies of signal {-self._process.wait()}"}
        return json.loads(line)

    def close(self):
        if self._process:
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
