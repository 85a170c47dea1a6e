"""What a look at one part gives."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

from pybridge.errors import PybridgeError

INSTALL = "pip install pybridge-clj installs what is missing"


class Finding(NamedTuple):
    """What a look at one part gave.

    Attributes:
        text: what was found.
        remedy: what to do about it, when `text` does not say so itself.
        mark: "ok"; "--" for a part that pybridge does without; "no" for one that it needs.
    """

    text: str
    remedy: str = ""
    mark: str = "ok"

    def told(self, name: str) -> dict[str, str]:
        """The finding as `--json` prints it."""
        return {"name": name, "mark": self.mark, "text": self.text, "remedy": self.remedy}


Look = Callable[[], Finding]


def look(part: Look) -> Finding:
    """Look at a part; what fails is a finding too."""
    try:
        return part()
    except PybridgeError as error:
        return Finding(" ".join(str(error).split()), mark="no")
    except ImportError as error:
        return Finding(str(error), INSTALL, "no")
    except OSError as error:
        return Finding(f"cannot be looked at: {error}", mark="no")


def in_a_process_of_its_own(code: str) -> tuple[str, str]:
    """Run Python code that may end its process: what it prints, and why it did not come to its end, or ""."""
    import signal
    import subprocess

    code = f"import sys; sys.path[:] = {sys.path!r}\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, errors="replace")
    if done.returncode < 0:
        return done.stdout, f"the process ended with {signal.Signals(-done.returncode).name}"
    return done.stdout.strip(), (done.stderr.strip() or f"exit status {done.returncode}") if done.returncode else ""
