"""`python -m pybridge` is the `pybridge` command."""

from __future__ import annotations

from pybridge.cli import main

main()
