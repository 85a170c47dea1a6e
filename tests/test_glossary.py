from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from importlib import resources

import pytest

from pybridge import glossary
from pybridge.errors import OptionError

ENTRIES = json.loads(resources.files("pybridge").joinpath("glossary.json").read_text(encoding="utf-8"))

CHAPTER_1 = [
    "loss function", "optimizer", "weights", "kernel function", "random forest", "gradient boosting",
    "feature engineering", "CUDA", "TPU", "activation function", "newer activation functions",
    "better weight initialization", "better optimization schemes", "improvements to gradient propagation",
    "batch normalization", "residual connections", "depthwise separable convolutions", "deep",
]  # fmt: skip
CHAPTER_2 = [
    "tensor", "rank", "batch axis", "kernel and bias", "random initialization", "derivative", "gradient descent",
    "learning rate", "overfitting", "computation graph", "steepest ascent",
]  # fmt: skip


@pytest.mark.parametrize(("chapter", "wanted"), [(1, CHAPTER_1), (2, CHAPTER_2)])
def test_the_terms_of_the_book_are_there(chapter, wanted):
    assert set(wanted) <= set(glossary.terms(chapter))


def test_terms_are_alphabetical_and_chapters_divide_them():
    everything = glossary.terms()
    assert everything == sorted(everything, key=str.casefold)
    assert set(everything) == {term for chapter in (1, 2, 3, 4) for term in glossary.terms(chapter)}
    assert everything == [entry["term"] for entry in ENTRIES]


def test_every_entry_is_whole():
    for entry in ENTRIES:
        assert list(entry) == ["term", "definition", "synonyms", "see_also", "chapters"]
        sentences = len(re.findall(r"[.?!](?=\s|$)", entry["definition"]))
        assert 1 <= sentences <= 3, entry["term"]
        assert entry["definition"].endswith("."), entry["term"]
        assert (
            entry["chapters"]
            and entry["chapters"] == sorted(set(entry["chapters"]))
            and set(entry["chapters"]) <= {1, 2, 3, 4}
        )


def test_every_reference_resolves_and_none_points_at_itself():
    everything = set(glossary.terms())
    for entry in ENTRIES:
        assert set(entry["see_also"]) <= everything - {entry["term"]}, entry["term"]


def test_a_name_means_one_thing():
    names = Counter(name.casefold() for entry in ENTRIES for name in {entry["term"], *entry["synonyms"]})
    assert [name for name, count in names.items() if count > 1] == []


def test_every_name_and_every_reference_can_be_defined():
    for entry in ENTRIES:
        for name in (entry["term"], *entry["synonyms"], entry["term"].upper(), entry["term"].replace(" ", "_")):
            assert glossary.define(name) == entry


def test_a_definition_belongs_to_the_caller():
    glossary.define("rank")["synonyms"].clear()
    assert "ndim" in glossary.define("rank")["synonyms"]


def test_the_errata_of_the_notes():
    assert glossary.define("tensor product")["term"] != glossary.define("dot product")["term"]
    assert glossary.define("outer product")["term"] == "tensor product"
    assert glossary.define("inner product")["term"] == "dot product"
    assert "does not compute gradients" in glossary.define("optimizer")["definition"]
    assert "surface" in glossary.define("loss")["definition"]
    assert "hyperplane" not in glossary.define("loss")["definition"]


def test_an_unknown_term_names_its_neighbours():
    with pytest.raises(OptionError, match=r'no term "computation graf"; did you mean "computation graph"'):
        glossary.define("computation graf")
    with pytest.raises(OptionError, match=r'no term "xyzzy"; terms\(\) lists them all'):
        glossary.define("xyzzy")
    with pytest.raises(OptionError, match="a term is text"):
        glossary.define(3)


def test_an_unknown_chapter():
    with pytest.raises(OptionError, match="no chapter 9 in the glossary; take one of 1, 2, 3, 4"):
        glossary.terms(9)


def test_looking_up_a_term_loads_no_tensorflow():
    code = "import sys; from pybridge import glossary; glossary.define('rank'); sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
