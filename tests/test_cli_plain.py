"""Lines that the command reads without typer: each does what it does with `--verbose` before it, where typer reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PYBRIDGE = Path(sys.executable).with_name("pybridge")
HINT = "(pybridge --verbose … shows the whole trace)\n"


@pytest.mark.parametrize(
    "line",
    [
        ["--version"],
        ["classpath"],
        ["eval", "1 + 1"],
        ["eval", "1 / 0"],
        ["eval", "import sys; sys.exit(3)"],
        ["eval", "raise KeyboardInterrupt"],
        ["eval", "raise BrokenPipeError"],
        ["eval", ""],
        ["eval", "-1"],
        ["eval", "1", "2"],
        ["run", "program.py"],
        ["run", "program.py", "--", "--help", ""],
        ["run", "notes.org", "one"],
        ["run", "folder.py"],
        ["repl", "one"],
        ["doctor", "one"],
    ],
    ids=" ".join,
)
def test_a_plain_line_is_read_as_typer_reads_it(line, tmp_path):
    (tmp_path / "program.py").write_text("import sys\nprint(sys.argv)")
    (tmp_path / "notes.org").touch()
    (tmp_path / "folder.py").mkdir()
    plain, typers = (
        subprocess.run([PYBRIDGE, *words], capture_output=True, text=True, cwd=tmp_path)
        for words in (line, ["--verbose", *line])
    )
    assert (plain.returncode, plain.stdout) == (typers.returncode, typers.stdout)
    said = plain.stderr.removesuffix(HINT)
    # The whole trace ends with the line that the short form begins with.
    assert typers.stderr.endswith(said) or typers.stderr.splitlines()[-1] == said.splitlines()[0]


@pytest.mark.parametrize("before", [[], ["--verbose"]], ids=["plain", "typer's"])
def test_output_that_nobody_reads_is_no_error(before):
    code = "import sys\nfor i in range(10**6): print(i)"
    pipe = subprocess.PIPE
    with subprocess.Popen([PYBRIDGE, *before, "eval", code], stdout=pipe, stderr=pipe) as writer:
        writer.stdout.readline()
        writer.stdout.close()
        assert writer.stderr.read() == b""
    assert writer.returncode == 1
