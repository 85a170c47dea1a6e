"""What a session keeps of the blocks it has evaluated."""

from __future__ import annotations

import pytest
from session_client import failure, running

from pybridge.session.sources import MOST

FIRST = [
    ("python", "def inverse(x):\n    return 1 / x"),
    ("python", "class Place:\n    def seven(self):\n        return 7"),
    ("python", "def made():\n    yield (lambda x: 1 / x)\nkept = next(made())\ndel made"),
    ("clojure", "(defn inverse-one [x]\n  (/ 1 x))"),
]
MORE = [
    ("python", "def again(x):\n    return [x * n for n in range(3)]\nagain(2)"),
    ("clojure", "(defn again [x]\n  (map #(* x %) (range 3)))\n(again 2)"),
]
IN_USE = "import gc, sys\nfor _ in range(3): gc.collect()\nlen(gc.get_objects()), sys.getallocatedblocks()"


@pytest.fixture(scope="module")
def old():
    """A session that has evaluated so many blocks that it has forgotten some."""
    with running() as session:
        for language, code in FIRST + MORE * MOST:
            session.request("evaluate", language=language, code=code)
        session.python("from pybridge.session.lookup import source")
        yield session


def test_memory_stays_flat_however_many_blocks_there_are(old):
    before = old.python(IN_USE)["value"]
    for language, code in MORE * (MOST // 2):
        old.request("evaluate", language=language, code=code)
    objects, blocks = (now - then for now, then in zip(old.python(IN_USE)["value"], before, strict=True))
    assert objects < MOST / 2
    assert blocks < 2 * MOST


@pytest.mark.parametrize(
    "language, name, code",
    [
        ("python", "inverse", FIRST[0][1]),
        ("python", "Place", FIRST[1][1]),
        ("python", "kept", "    yield (lambda x: 1 / x)"),
        ("clojure", "inverse-one", FIRST[3][1]),
        ("python", "again", MORE[0][1].removesuffix("\nagain(2)")),
        ("clojure", "again", MORE[1][1].removesuffix("\n(again 2)")),
    ],
)
def test_what_is_still_there_has_its_source(old, language, name, code):
    assert old.python(f"source({language!r}, {name!r})")["value"] == code


@pytest.mark.parametrize(
    "language, code, line",
    [
        ("python", "inverse(0)", "    return 1 / x"),
        ("python", "kept(0)", "    yield (lambda x: 1 / x)"),
        ("clojure", "(inverse-one 0)", "    (/ 1 x))"),
    ],
)
def test_what_is_still_there_has_its_lines_in_errors(old, language, code, line):
    evaluate = old.python if language == "python" else old.clojure
    assert line in failure(evaluate, code).data["brief"].splitlines()


def test_the_newest_blocks_have_their_sources(old):
    old.python("import linecache")
    kept = old.python("[name for name in linecache.cache if name.startswith('<block')]")["value"]
    numbers = [int(name.strip("<>").split()[1]) for name in kept]
    assert numbers[-MOST:] == list(range(numbers[-1] - MOST + 1, numbers[-1] + 1))
    assert len(numbers) <= 2 * MOST + len(FIRST)
