"""What no specification covers of CPython; README.md beside says what it is for, and what happens without."""

from __future__ import annotations

from pybridge.clojure.unsafe.handlers import handlers_elsewhere
from pybridge.clojure.unsafe.returning import stop_returning_threads

__all__ = ["handlers_elsewhere", "stop_returning_threads"]
