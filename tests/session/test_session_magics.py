"""Clojure in Jupyter, in a real kernel: cells and lines, what they show and print, errors, interrupts, completion."""

from __future__ import annotations

import base64
import json
import re
import time

import pytest
from kernel_client import WITHIN, Ran

from pybridge._places import notebook_files
from pybridge.book.org import read_notebook
from pybridge.book.site.document import read_document
from pybridge.book.site.jupyter import jupyter


def text(ran: Ran) -> str | None:
    assert ran.error is None, ran.error
    return ran.shown.get("text/plain")


# ---- whole notebooks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["00-reading-1-formulas", "00-reading-2-python", "00-reading-3-clojure"])
def test_a_notebook_of_the_book_shows_what_stands_in_it(kernel, name):
    """One that runs in a kernel of its own is in tests/book/test_book_jupyter.py."""
    (path,) = (path for path in notebook_files() if path.stem == name)
    cells = [cell for cell in json.loads(jupyter(read_document(read_notebook(path))))["cells"] if "outputs" in cell]
    assert len(cells) > 10
    try:
        for cell in cells:
            stands = ["".join(output["data"]["text/plain"]) for output in cell["outputs"]]
            shown = text(kernel.run("".join(cell["source"])))
            assert ([] if shown is None else [shown]) == stands, cell["source"]
    finally:
        # A loop's `_` would stay in the way of IPython's.
        assert kernel.run("%alike off\n%clojure (in-ns 'user)\nvars().pop('_', None);") == Ran()


def test_cells_of_both_languages_give_equal_results(kernel):
    cells = [
        "%load_ext pybridge.session\nfrom pybridge import tensors as t",
        "%%clojure\n(require '[pybridge.core :as pb] '[pybridge.tensors :as t])",
        "x = t.tensor([[1.0, 2.0], [3.0, 4.0]])\nt.to_list(t.matmul(x, x))",
        "%%clojure\n(def product (t/matmul (pb/from-python :x) (pb/from-python :x)))\n@product",
        "t.to_list(clj.product)",
    ]
    by_hand = "[[7.0, 10.0], [15.0, 22.0]]"
    assert [text(kernel.run(cell)) for cell in cells] == [None, None, by_hand, by_hand.replace(",", ""), by_hand]


# ---- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code, shown",
    [
        ("(* 6 7)", "42"),
        ("; a comment; with semicolons;\n(* 6 7) ; another;", "42"),
        ('"naïve ☃"', '"naïve ☃"'),
        ("{:a [1 '(2)]}", "{:a [1 (2)]}"),
        ("(t/tensor [[1.0 2.0]])", "#tensor[float32 (1 2) [[1.0 2.0]]]"),
        ("nil", None),
        ("", None),
    ],
)
def test_a_cell_shows_its_value_as_clojure_writes_it(kernel, code, shown):
    assert text(kernel.run(f"%%clojure\n{code}")) == shown


def test_a_line_gives_its_value_to_python(kernel):
    assert text(kernel.run("n = %clojure (reduce + [1 2 3])\nn + 1")) == "7"
    assert text(kernel.run("%clojure {:a [1 2]}")) == "{'a': [1, 2]}"
    assert text(kernel.run("%clojure")) is None


def test_python_does_not_expand_what_a_line_of_clojure_says(kernel):
    kernel.run("a = 'expanded'")
    assert text(kernel.run("%clojure '[$a {a 1}]")) == "['$a', {'a': 1}]"


def test_each_language_sees_the_others_names(kernel):
    kernel.run("from collections import deque\nshared = deque()")
    kernel.run("%%clojure\n(def same (pb/from-python :shared))\n(pb/call same :append 5)")
    assert text(kernel.run("clj.same is shared, list(shared)")) == "(True, [5])"


def test_the_value_of_a_cell_can_be_had_in_python(kernel):
    kernel.run("%%clojure\n[1 2]")
    assert text(kernel.run("_.value")) == "[1, 2]"


def test_rows_are_a_table_too(kernel):
    ran = kernel.run('%%clojure\n[[1 "<b>"] [2.5 nil]]')
    assert ran.shown == {
        "text/plain": '[[1 "<b>"] [2.5 nil]]',
        "text/html": "<table><tr><td>1</td><td>&lt;b&gt;</td></tr><tr><td>2.5</td><td></td></tr></table>",
    }


@pytest.mark.parametrize(
    "code",
    [
        "%%clojure\n(require '[pybridge.plot :as plot])\n(plot/heatmap [[1 2] [3 4]])",
        "from pybridge import plot\nplot.heatmap([[1, 2], [3, 4]])",
    ],
)
def test_a_figure_is_a_picture_in_either_language(kernel, code):
    assert base64.b64decode(kernel.run(code).shown["image/png"]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "code, kinds",
    [
        ("import pandas\npandas.DataFrame({'a': [1, 2], 'b': [3.5, None]})", {"text/plain", "text/html"}),
        ("import PIL.Image\nPIL.Image.new('RGB', (2, 3))", {"text/plain", "image/png"}),
        (
            "from IPython.display import SVG\nSVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')",
            {"text/plain", "image/svg+xml"},
        ),
        ("from IPython.display import Markdown\nMarkdown('*it*')", {"text/plain", "text/markdown"}),
    ],
    ids=["data frame", "image", "drawing", "markdown"],
)
def test_an_object_of_pythons_shows_as_in_a_cell_of_python(kernel, code, kinds):
    expected = kernel.run(code).shown
    assert set(expected) >= kinds
    escaped = code.replace('"', '\\"')
    shown = kernel.run(f'%%clojure\n(pb/run "{escaped}")').shown
    assert shown | {"text/plain": ""} == expected | {"text/plain": ""}
    assert shown["text/plain"].startswith("#py[")


TENSORS = "import numpy, tensorflow as tf\n[numpy.float32(0.5), {'x': tf.constant([1.0, 2.0])}]"


def test_values_are_alike_in_both_languages_when_that_is_asked_for(kernel):
    rows = {
        "text/plain": "[[1, 2], [3, None]]",
        "text/html": "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td></td></tr></table>",
    }
    own = kernel.run(TENSORS).shown
    try:
        assert kernel.run("%alike") == Ran()
        assert text(kernel.run(TENSORS)) == "[0.5, {'x': #tensor[float32 (2) [1.0 2.0]]}]"
        assert kernel.run("[[1, 2], [3, None]]").shown == rows
        assert kernel.run("%%clojure\n[[1 2] [3 nil]]").shown == rows | {"text/plain": "[[1 2] [3 nil]]"}
        assert kernel.run("%%clojure\n(def quiet 1)") == kernel.run("quiet = 1") == Ran()
        assert text(kernel.run("%%clojure\nquiet")) == "1"
    finally:
        kernel.run("%alike off")
    assert kernel.run(TENSORS).shown == own != {}
    assert set(kernel.run("[[1, 2]]").shown) == {"text/plain"}
    assert text(kernel.run("%%clojure\n(def quiet 1)")) == "#'user/quiet"


def test_the_magic_for_that_takes_one_word(kernel):
    assert kernel.run("%alike no").printed == "UsageError: %alike stands alone, or is %alike off; got 'no'\n"


@pytest.mark.parametrize("code, shown", [("(+ 1 2);", None), ("(+ 1 2) ;\n", None), ("(+ 1 2) ; a; b;", "3")])
def test_a_semicolon_at_the_end_of_a_cell_keeps_its_value_from_being_shown(kernel, code, shown):
    assert text(kernel.run(f"%%clojure\n{code}")) == shown
    assert text(kernel.run("1 + 2;")) is None


# ---- output ----------------------------------------------------------------------------------------------------------


def test_output_streams_while_a_cell_runs(kernel, tmp_path):
    awaited = tmp_path / "awaited"
    code = f'(println "on")\n(while (not (.exists (java.io.File. "{awaited}"))) (Thread/sleep 10))\n(println "off")'
    assert kernel.run(f"%%clojure\n{code}", when_it_says="on\n", do=awaited.touch) == Ran(printed="on\noff\n")


@pytest.mark.parametrize(
    "code",
    ['(print "said\\n")', '(binding [*out* *err*] (println "said"))', '(pb/call (pb/module :builtins) :print "said")'],
)
def test_what_is_printed_goes_to_the_cell(kernel, code):
    assert kernel.run(f"%%clojure\n{code}").printed == "said\n"


# ---- interrupt -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "(loop [] (recur))",
        "(loop [] (try (loop [] (recur)) (catch Exception _)) (recur))",
        "(Thread/sleep 600000)",
        "@(promise)",
        "(pb/call (pb/module :time) :sleep 600)",
    ],
)
def test_an_interrupt_of_the_kernel_ends_a_cell_and_the_kernel_goes_on(kernel, code):
    def interrupt() -> None:
        time.sleep(0.3)  # a signal that comes just before a wait in C does not end it, in Python by itself either
        kernel.manager.interrupt_kernel()

    ran = kernel.run(f'%%clojure\n(println "on")\n{code}', when_it_says="on\n", do=interrupt)
    assert ran.error["ename"] == "KeyboardInterrupt"
    assert text(kernel.run("%%clojure\n(Thread/sleep 10)\n(+ 1 1)")) == "2"


# ---- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code, completed",
    [
        ("%%clojure\n(reduc", "%%clojure\n(reduce"),
        ("%%clojure\n(inc 1)\n(pb/from-p", "%%clojure\n(inc 1)\n(pb/from-python"),
        ("%clojure (pb/from-p", "%clojure (pb/from-python"),
        ("x = %clojure (clojure.string/upp", "x = %clojure (clojure.string/upper-case"),
        ("import os\nos.getp", "import os\nos.getpid"),
    ],
)
def test_completion(kernel, code, completed):
    assert completed in kernel.complete(code)


def test_a_name_that_clojure_does_not_know_is_not_completed_to_pythons(kernel):
    kernel.run("pyonly_name = 1")
    assert kernel.complete("%%clojure\n(pyonly_n") == ["%%clojure\n(pyonly_n"]


@pytest.mark.parametrize(
    "code, at, told",
    [
        ("%%clojure\n(map inc [1])", "ap inc", "clojure.core/map\n[f]"),
        ("%%clojure\n(clojure.string/upper-case 1)", "per-case", "clojure.string/upper-case\n[s]"),
        ("x = %clojure (if 1 2)", "f 1", "if\n  (if test then else?)"),
        ("divmod(7, 2)", "mod", "divmod(x, y, /)"),
    ],
)
def test_inspection_tells_of_the_language_that_the_cursor_is_in(kernel, code, at, told):
    reply = kernel.client.inspect(code, code.index(at), reply=True, timeout=WITHIN)["content"]
    assert told in re.sub(r"\x1b\[[0-9;]*m", "", reply["data"]["text/plain"])


def test_a_name_that_clojure_does_not_know_is_not_found(kernel):
    code = "%%clojure\n(divmod 1)"
    assert not kernel.client.inspect(code, len(code) - 3, reply=True, timeout=WITHIN)["content"]["found"]


def test_names_are_looked_up_in_both_languages(kernel):
    kernel.run("%%clojure\n(defn looked-up [x]\n  (inc x))")
    assert kernel.run("%doc map").printed.startswith("clojure.core/map\n[f]\n")
    assert kernel.run("%doc divmod").printed.startswith("divmod(x, y, /)\n")
    assert kernel.run("%source looked-up").printed == "(defn looked-up [x]\n  (inc x))\n"
    assert "user/looked-up" in kernel.run("%apropos ooked-u").printed.splitlines()
    assert kernel.run("%apropos no-such-thing").printed == "no name that is loaded holds 'no-such-thing'\n"
    assert kernel.run("%doc no-such-thing").printed == "UsageError: neither language knows 'no-such-thing'\n"
    assert kernel.run("%doc").printed == "UsageError: name what to look up, as in %doc map\n"
