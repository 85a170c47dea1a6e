"""The page of commands has what `--help` and the sources have: every command, and every variable."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from pybridge.cli.app import app

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
PYBRIDGE = Path(sys.executable).with_name("pybridge")


def helped(*group: str) -> list[str]:
    """The commands that `--help` lists; those of a group instead of the group."""
    shown = subprocess.run([PYBRIDGE, *group, "--help"], capture_output=True, text=True, check=True).stdout
    listed = shown.partition("Commands:\n")[2]
    commands = re.findall(r"^  ([\w-]+) +\S", listed, re.MULTILINE)
    assert "..." not in listed, "a first sentence is too long for the list"
    groups = {group.name for group in app.registered_groups}
    return [line for name in commands for line in (helped(name) if name in groups else [" ".join([*group, name])])]


def rows(heading: str) -> list[str]:
    """The first cells of the table under a heading of the page."""
    return re.findall(r"^\| (`.+?`) \|", PAGE.partition(heading)[2].partition("\n#")[0], re.MULTILINE)


def test_every_command_is_in_both_and_has_an_example():
    assert [name.strip("`") for name in rows("# Commands\n")] == helped()
    for name in helped():
        assert re.search(rf"\| `.*pybridge {name}\b", PAGE), name


def test_every_variable_of_pybridges_is_on_the_page():
    sources = [*(ROOT / "pybridge").rglob("*.py"), *(ROOT / "clj/src").rglob("*.clj"), *(ROOT / "emacs").glob("*.el")]
    heard = {name for path in sources for name in re.findall(r"\bPYBRIDGE_[A-Z_]+", path.read_text(encoding="utf-8"))}
    listed = set(re.findall(r"\w+", " ".join(rows("## Environment variables"))))
    assert heard <= listed
    assert {name for name in listed if name.startswith("PYBRIDGE_")} <= heard


def test_every_exit_status_is_what_a_command_ends_with():
    lines = {
        0: ["--version"],
        1: ["eval", "1 / 0"],
        2: ["nonsense"],
        130: ["eval", "raise KeyboardInterrupt"],
        3: ["eval", "import sys; sys.exit(3)"],
    }
    for status, line in lines.items():
        assert subprocess.run([PYBRIDGE, *line], capture_output=True).returncode == status
    assert re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE) == ["0", "1", "2", "130"]
    assert "`sys.exit(3)`" in PAGE
