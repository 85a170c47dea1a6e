"""The package for Emacs, as its package archives have those of several files: a tar with a descriptor."""

from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path

import pybridge
from pybridge._places import place

__all__ = ["build"]

NAME = "pybridge"


def build(folder: Path) -> None:
    """Write pybridge-VERSION.tar to `folder`, the same to the byte each time."""
    sources = {path.name: path.read_bytes() for path in sorted(place("emacs").glob("*.el"))}
    home = f"{NAME}-{pybridge.__version__}"
    files = {f"{NAME}-pkg.el": _descriptor(sources[f"{NAME}.el"].decode()).encode(), **sources}
    with tarfile.open(folder / f"{home}.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"{home}/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def _descriptor(main: str) -> str:
    """What Emacs asks of a package before it is loaded, from the headers of its main file."""
    summary = re.match(r";;; \S+ --- (.*?)  -\*-", main)
    told = dict(re.findall(r"(?m)^;; (Version|Package-Requires|Keywords|URL): (.*)$", main))
    if summary is None or len(told) != 4:
        raise SystemExit(f"{NAME}.el has to begin with its summary, version, requirements, keywords and URL")
    keywords = " ".join(f'"{word}"' for word in told["Keywords"].split(", "))
    return (
        f";;; Generated package description from {NAME}.el  -*- no-byte-compile: t; lexical-binding: t -*-\n"
        f'(define-package "{NAME}" "{told["Version"]}" "{summary[1]}"\n'
        f"  '{told['Package-Requires']}\n"
        f'  :keywords \'({keywords}) :url "{told["URL"]}")\n'
    )
