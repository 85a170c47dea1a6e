"""Make every call of `limits_calls` and `limits_products`, in a process that may take one gigabyte more than it has.

Prints a line of JSON for each parameter: its name and what went wrong.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from limits_calls import ANY, CALLS, REFUSED, Enough
from limits_products import PRODUCTS
from limits_public import takes_floats
from limits_values import FEW, LARGE, NO_NUMBERS, SHAPES, SMALL

from pybridge import tensors as t
from pybridge.errors import PybridgeError

OWN = ("not fit into memory", "cannot be made of {")  # how a refusal of something else's is passed on
LONGEST = 600  # characters of a refusal
MOST = 5  # seconds of a call
MORE = 2**30
SLOW = re.compile(r"(training|models)\.|naive\.(fit|one_)")  # each call builds or compiles something


def allow() -> None:
    """Let this process have a gigabyte more."""
    t.matmul(t.ones([9, 9]), t.ones([9, 9]))
    size = int(re.search(r"VmSize:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size + MORE, size + MORE))


def problem(call: Callable[[Any], Any], value: Any, right: Any) -> str:
    """What is wrong with a call; nothing where it is right or refused."""
    start = time.process_time()
    try:
        given = call(value)
    except PybridgeError as refusal:
        return ill_said(refusal)
    except Enough:
        return ""
    except Exception as error:
        return f"raised {traceback.format_exception_only(error)[-1].strip()[:200]}"
    finally:
        plt.close("all")
    if (took := time.process_time() - start) > MOST:
        return f"took {took:.0f} s of processor time"
    if right is REFUSED:
        return f"gave {brief(given)}"
    if right is ANY:
        return ""
    try:
        wanted = right(int(value) if isinstance(value, np.integer) else value)
    except ValueError:  # NumPy multiplies the other lengths even where one is 0
        return "" if 0 in given.shape else f"gave {brief(given)}, where NumPy gives nothing"
    return "" if alike(given, wanted) else f"gave {brief(given)}, not {brief(wanted)}"


def ill_said(refusal: PybridgeError) -> str:
    """What is wrong with a refusal: it is long, or only repeats what something else said."""
    said = str(refusal)
    if len(said) > LONGEST:
        return f"said in {len(said)} characters: {said[:LONGEST]}"
    cause = refusal.__cause__
    ours = cause is None or isinstance(cause, PybridgeError) or any(phrase in said for phrase in OWN)
    return "" if ours else f"said {said!r}"


def alike(given: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return given == wanted
    given, wanted = np.asarray(given), np.asarray(wanted)
    if wanted.dtype == object:
        return given.tolist() == wanted.tolist()
    return given.shape == wanted.shape and np.allclose(given, wanted, rtol=1e-6, equal_nan=True)


def brief(given: Any) -> str:
    return " ".join(repr(given).split())[:200]


def same(call: Callable[[Any], Any], value: Any, right: Any) -> str:
    """What is wrong with a small number of NumPy's: it is not taken as Python's."""
    given, wanted = told(call, value), told(call, 2)
    if right in (ANY, REFUSED):
        given, wanted = type(given), type(wanted)
    if type(given) is type(wanted) and hasattr(given, "dtype"):
        given, wanted = (
            np.asarray(given).tolist(),
            np.asarray(wanted).tolist(),
        )  # whose dtypes differ as the numbers' do
    return "" if brief(given) == brief(wanted) else f"gave {brief(given)}, not {brief(wanted)} as of 2"


def told(call: Callable[[Any], Any], value: Any) -> Any:
    try:
        return call(value)
    except (PybridgeError, Enough) as error:
        return error


def problems(name: str) -> list[str]:
    found = {}
    for place, (call, right) in enumerate(CALLS[name]):
        for label, value in (FEW if SLOW.match(name) else LARGE).items():
            found[label, place] = problem(call, value, right)
        for label, value in () if takes_floats(name) else NO_NUMBERS.items():
            found[label, place] = problem(call, value, REFUSED)
        for label, value in SMALL.items() if place == 0 else ():
            found[label, place] = same(call, value, right)
        for shape in SHAPES if name.endswith(".shape") and place == 0 else ():
            found[str(shape[:4]), place] = problem(call, shape, right)
    return [f"{label} in call {place}: {each}" for (label, place), each in found.items() if each]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    out, sys.stdout = sys.stdout, sys.stderr
    allow()
    for name in CALLS:
        print(json.dumps([name, problems(name)]), file=out, flush=True)
    for name, call in PRODUCTS.items():
        found = problem(lambda _, call=call: call(), None, REFUSED)
        print(json.dumps([f"{name} of much", [found] if found else []]), file=out, flush=True)
