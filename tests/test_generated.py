"""Generated files are what would be generated now; so the stable API changes only on purpose."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def generate(*arguments: str, cwd: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", "tools.generate", *arguments], cwd=cwd, capture_output=True, text=True)
    return done.returncode, done.stderr


def test_no_file_is_stale_but_those_that_are_changed_and_they_are_written_again(tmp_path):
    checkout = tmp_path / "checkout"
    for folder in ("pybridge", "clj", "emacs", "tools", "tests/fixtures", "docs"):
        shutil.copytree(ROOT / folder, checkout / folder)
    for file in ("deps.edn", "tests/api.txt"):
        shutil.copy(ROOT / file, checkout / file)
    snapshot, namespace = checkout / "tests" / "api.txt", checkout / "clj" / "src" / "pybridge" / "losses.clj"
    written = snapshot.read_text(), namespace.read_text()
    for file in (snapshot, namespace):
        file.write_text(file.read_text() + "\n")
    says = "stale: tests/api.txt, losses.clj; run `make generate`, and read what changes\n"
    assert generate("--check", cwd=checkout) == (1, says)
    assert generate(cwd=checkout) == (0, "")
    assert (snapshot.read_text(), namespace.read_text()) == written
