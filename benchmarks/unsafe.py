"""What the parts in `clj/src/pybridge/unsafe` gain: a call of Python from Clojure with and without them.

`python -m benchmarks.unsafe` prints nanoseconds, each the median of several processes that take turns.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from benchmarks._measuring import rounds, verdict
from benchmarks._record import record

ROUNDS = rounds(5)
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
    sides = [list(side) for side in zip(*((measured(True), measured(False)) for _ in range(ROUNDS)), strict=True)]
    with_them, without = (statistics.median(side) for side in sides)
    print(f"a call of Python: {with_them:.0f} ns with the unsafe parts, {without:.0f} ns without")
    record("call of Python, with the unsafe parts", "ns", sides[0], peers={"without them": sides[1]})
    return verdict([])


if __name__ == "__main__":
    sys.exit(main())
