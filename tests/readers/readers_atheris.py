"""The readers of bytes, tried by Atheris, which looks for inputs that reach code no input has reached before.

`python tests/readers/readers_atheris.py RUNS [READER ...]` begins from whole files and tries each reader, or those
named, so often, each in a process of its own. What it finds it keeps in `found/READER`, which every run of the tests
tries again.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from reader_rule import FOUND

SECONDS = 60  # for an input
MEMORY = 4096  # MB, which holds TensorFlow
ONE = "--one"


def readers() -> dict[str, tuple[Callable[[bytes, Path], object], list[bytes]]]:
    """Each reader of bytes: what tries it, and whole files."""
    import reader_models
    import test_readers_data as data
    import test_readers_models as models
    import test_readers_text as text

    whole = text.WHOLE | {"session": text.framed(text.body(text.REQUEST))}
    return {
        **{name: (partial(data.check, name), files) for name, files in data.SEEDS.items()},
        **{name: (check, [whole[name]]) for name, (check, _) in text.READERS.items()},
        "keras": (models.check, [reader_models.whole()]),
    }


def try_one(name: str, runs: str, folder: Path) -> None:
    """Try a reader, and end the process."""
    import atheris

    with atheris.instrument_imports(include=["pybridge"]):
        check, files = readers()[name]
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, content in enumerate(files):
        (corpus / str(number)).write_bytes(content)
    kept = FOUND / name
    kept.mkdir(parents=True, exist_ok=True)
    options = {
        "runs": runs,
        "timeout": SECONDS,
        "report_slow_units": SECONDS,
        "rss_limit_mb": MEMORY,
        "max_len": 2 * max(map(len, files)),
        "artifact_prefix": f"{kept}/",
        "verbosity": 0,
    }
    words = [f"-{option}={value}" for option, value in options.items()]
    atheris.Setup([__file__, *words, str(corpus)], lambda content: check(content, folder))
    atheris.Fuzz()


def main(runs: str, names: list[str]) -> int:
    if not importlib.util.find_spec("atheris"):
        print("Atheris is not here; Linux on x86-64 has it: .venv/bin/python -m pip install 'atheris>=3'")
        return 0
    failed = []
    for name in names or readers():
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            done = subprocess.run([sys.executable, __file__, runs, ONE, name, folder], capture_output=True, text=True)
        print(f"{name}: {runs} inputs in {time.monotonic() - began:.0f} s, status {done.returncode}", flush=True)
        if done.returncode:
            print(done.stdout[-3000:], done.stderr[-3000:], flush=True)
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "no reader failed")
    return bool(failed)


if __name__ == "__main__":
    if sys.argv[2:3] == [ONE]:
        try_one(sys.argv[3], sys.argv[1], Path(sys.argv[4]))
    sys.exit(main(sys.argv[1], sys.argv[2:]))
