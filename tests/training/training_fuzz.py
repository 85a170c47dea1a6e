"""Draw new configurations and train each by Keras and by pybridge; `make fuzz` runs it.

PYBRIDGE_FUZZ_SEED is where the seeds begin, PYBRIDGE_FUZZ_COUNT how many there are, 80 unless it is given. What differs
is listed at the end, and makes the exit status 1. One seed alone, against pybridge and then against Keras itself:

    python tests/training/training_fuzz.py 1234
    python tests/training/training_fuzz.py 1234 --keras
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare training.fit with keras.Model.fit on drawn configurations.")
    parser.add_argument("seeds", nargs="*", type=int, help="the seeds to run; new ones if there are none")
    parser.add_argument("--keras", action="store_true", help="compare Keras with itself, which finds a wrong grammar")
    given = parser.parse_args()
    seeds = given.seeds or _new_seeds()
    os.environ.setdefault("PYBRIDGE_FUZZ_SEED", str(seeds[0]))

    from training_differential import KERAS, PYBRIDGE, compare
    from training_grammar import configuration

    failed: dict[str, list[str]] = {}
    for number, seed in enumerate(seeds, 1):
        drawn = configuration(seed)
        print(f"{number}/{len(seeds)}  {drawn.name}", flush=True)
        begun = time.monotonic()
        differences = compare(drawn, KERAS if given.keras else PYBRIDGE)
        print(f"    {time.monotonic() - begun:.1f} s, {len(differences)} differences", flush=True)
        if differences:
            failed[drawn.name] = differences
    for name, differences in failed.items():
        print(f"\n{name}", *differences, sep="\n    ")
    print(f"\n{len(seeds) - len(failed)} of {len(seeds)} configurations agree")
    if failed:
        print("run one again: python tests/training/training_fuzz.py SEED")
    return 1 if failed else 0


def _new_seeds() -> range:
    first = int(os.environ.get("PYBRIDGE_FUZZ_SEED") or random.SystemRandom().randrange(10**6))
    count = int(os.environ.get("PYBRIDGE_FUZZ_COUNT") or 80)
    print(f"PYBRIDGE_FUZZ_SEED={first} PYBRIDGE_FUZZ_COUNT={count}", flush=True)
    return range(first, first + count)


if __name__ == "__main__":
    sys.exit(main())
