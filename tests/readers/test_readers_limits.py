"""Files that claim much, or take long to be read: none takes more memory than sixteen times its size, and a little."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SAYS = {
    "header.npz": "is not Keras's mnist.npz, or is damaged",
    "bomb.gz": "it goes on after 48 bytes",
    "bomb.keras": "its parts would take 314,590,832 bytes of memory, which a file of its size does not hold",
    "sparse.keras": "its weights would take 1,073,741,8",
    "wide.keras": "the model would take 1,600,000,004 bytes of memory",
    "deep/deps.edn": "line 1: forms that are nested too deeply",
    "string/deps.edn": "line 1: a string that does not end",
    "words/deps.edn": "",
    "blocks.org": "",
    "examples.org": "examples.org:4: #+RESULTS: has a result that does not end; add #+end_example",
    **dict.fromkeys(("bare.org", "comments.org", "headings.org", "captions.org", "spaces.org"), ""),
    "headers.org": "",
    "quotes.org": "",
}
SECONDS = 60  # of the processor; what takes the square of the size would take hours


@pytest.mark.skipif(sys.platform != "linux", reason="its limits are Linux's")
@pytest.mark.timeout(900)
def test_memory_and_time(tmp_path):
    child = [sys.executable, str(Path(__file__).with_name("reading_child.py")), str(tmp_path)]
    done = subprocess.run(child, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    taken = json.loads(done.stdout.splitlines()[-1])
    assert taken.keys() == SAYS.keys()
    for name, says in SAYS.items():
        assert says in taken[name]["said"] if says else not taken[name]["said"], taken[name]
        assert taken[name]["seconds"] < SECONDS
