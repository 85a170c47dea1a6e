"""Writers that are killed at each of their system calls: the old file or the new one is there, and nothing is left."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("killed.py")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers of system calls are those of x86-64")
@pytest.mark.parametrize("writer", ["plain", "history", "model"])
def test_a_kill_at_any_call_leaves_the_old_file_or_the_new_one(writer, tmp_path):
    surroundings = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, str(PROGRAM), writer], capture_output=True, text=True, env=surroundings)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert {"mkdir", "openat", "write", "fsync", "rename", "rmdir"} <= set(found["calls"])
