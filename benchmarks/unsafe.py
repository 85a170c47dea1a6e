"""What the parts in `clj/src/pybridge/unsafe` gain: a call of Python from Clojure with and without them.

`python -m benchmarks.unsafe` prints nanoseconds, each the median of several processes that take turns.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

ROUNDS = 5
PROGRAM = """
from pybridge import clojure
time_calls = clojure.eval('''
(fn [f n]
  (let [started (System/nanoTime)]
    (dotimes [_ n] (f 1))
    (/ (double (- (System/nanoTime) started)) n)))''')
print(min(time_calls(lambda x: x, 100_000) for _ in range(8)))
"""


def measured(unsafe: bool) -> float:
    """Nanoseconds of a call in a process of its own."""
    environment = os.environ | {"PYBRIDGE_UNSAFE": "1" if unsafe else "0"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> int:
    """Measure and print."""
    rounds = [(measured(True), measured(False)) for _ in range(ROUNDS)]
    with_them, without = (statistics.median(side) for side in zip(*rounds, strict=True))
    print(f"a call of Python: {with_them:.0f} ns with the unsafe parts, {without:.0f} ns without")
    return 0


if __name__ == "__main__":
    sys.exit(main())
