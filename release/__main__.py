"""Builds all that a release consists of, the same to the byte each time: `python -m release [FOLDER]`."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from release import emacs, jars

ROOT = Path(__file__).parents[1]


def main(folder: Path) -> None:
    """Build into `folder`, which is emptied, and list what is there with its SHA-256."""
    if folder.exists() and not any(folder.glob("pybridge-*.tar")) and any(folder.iterdir()):
        sys.exit(f"{folder} has files of yours: name an empty folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    hatchling = [sys.executable, "-m", "hatchling", "build", "--directory", folder.resolve()]
    subprocess.run(
        [*hatchling, "--target", "wheel", "--target", "sdist"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    jars.build(folder)
    emacs.build(folder)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path.relative_to(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "dist")
