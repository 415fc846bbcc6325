"""The demo tells its story to the end."""

import subprocess
import sys

from relay_process import REPOSITORY


def test_the_demo_tells_its_story_on_about_one_screen():
    command = [sys.executable, REPOSITORY / "scripts" / "demo.py"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=50, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) <= 40 and max(map(len, lines)) <= 100
    assert sum("refused: \"" in line for line in lines) == 3
    assert any("Anna \u2192 Ben" in line and "granted" in line for line in lines)
    assert any(line.startswith("verified") for line in lines)
