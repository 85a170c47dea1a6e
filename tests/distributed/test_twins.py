"""Several workers end with the same bits in both languages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PYBRIDGE = Path(sys.executable).with_name("pybridge")


def printed(program: str, folder: Path) -> list[list[str]]:
    """The lines of each of two workers that run a program."""
    words = [PYBRIDGE, "run", "--workers", "2", HERE / program]
    ended = subprocess.run(words, capture_output=True, text=True, cwd=folder, input="")
    assert ended.returncode == 0, ended.stderr[-3000:]
    return [re.findall(rf"^\[{rank}\] (.*)$", ended.stdout, re.MULTILINE) for rank in range(2)]


def test_python_and_clojure_end_with_the_same_bits(tmp_path):
    one, other = printed("twins.py", tmp_path)
    assert [line.split()[0] for line in one] == ["sgd", "adam", "dropout", "normalization", "batches"]
    assert one == other
    assert printed("twins.clj", tmp_path) == [one, one]
