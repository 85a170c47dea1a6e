"""The exercises of the book that ask for a function."""

from __future__ import annotations

from pybridge.exercises._functions_first import FIRST
from pybridge.exercises._functions_second import SECOND

FUNCTIONS = FIRST | SECOND
