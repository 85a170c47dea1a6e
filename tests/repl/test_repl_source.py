"""`,source` of classes that were typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PYBRIDGE = Path(sys.executable).with_name("pybridge")
TYPED = {
    "Empty": "class Empty: pass",
    "Point": "@dataclass\nclass Point:\n\n    x: int\n    y: int = 3",
    "Outer": "class Outer:\n    class Empty:\n        z = 1\n\n    def m(self): return 1",
    "Outer.Empty": "    class Empty:\n        z = 1",
    "made": "    class Local:\n        w = 2",
}


@pytest.fixture(scope="module")
def shown() -> list[str]:
    code = "from dataclasses import dataclass\n"
    code += "class Empty:\n    'the first'\n" + "\n".join(TYPED[name] for name in ("Empty", "Point", "Outer"))
    code += f"\ndef maker():\n{TYPED['made']}\n    return Local\nmade = maker()\n"
    code += "".join(f",source {name}\n'-'\n" for name in TYPED)
    ended = subprocess.run([PYBRIDGE, "repl"], input=",py\n" + code, capture_output=True, text=True, check=True)
    return ended.stdout.split("\n'-'\n")


@pytest.mark.parametrize("number, text", list(enumerate(TYPED.values())))
def test_a_class_has_the_source_that_was_typed_last(shown, number, text):
    assert shown[number] == text
