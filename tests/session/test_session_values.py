"""What a session gives of a block's value, in both languages."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_client import RequestError, Session, failure

from pybridge.session.display import python_text, whole_text


def test_initialize_says_who_answers(session):
    said = session.request("initialize", client="a test")
    assert said["name"] == "pybridge"
    assert said["languages"] == ["python", "clojure"]
    assert said["pid"] > 0


@pytest.mark.parametrize(
    "code, value, text",
    [
        ("6 * 7", 42, "42"),
        ("x = 1", None, ""),
        ("None", None, ""),
        ("", None, ""),
        ("'naïve ☃'", "naïve ☃", "'naïve ☃'"),
        ("def f(x):\n    return x + 1\n\nf(1)", 2, "2"),
        ("{'a': [1, (2,)]}", {"a": [1, [2]]}, "{'a': [1, (2,)]}"),
        ("float('nan')", None, "nan"),
        ("2 ** 70", 2**70, str(2**70)),
        ("# only a comment", None, ""),
    ],
)
def test_the_value_of_a_python_block(session, code, value, text):
    answer = session.python(code)
    assert answer.pop("defined").keys() == {"names", "more"}
    assert answer == {"value": value, "text": text, "output": "", "images": [], "table": None}


@pytest.mark.parametrize(
    "code, value, text",
    [
        ("(* 6 7)", 42, "42"),
        ("nil", None, ""),
        ("", None, ""),
        ("; only a comment", None, ""),
        ('"naïve ☃"', "naïve ☃", '"naïve ☃"'),
        ("(defn f [x] (inc x))\n\n(f 1)", 2, "2"),
        ("{:a [1 '(2)]}", {"a": [1, [2]]}, "{:a [1 (2)]}"),
        ("##NaN", None, "##NaN"),
        ("1/2", 0.5, "1/2"),
        (":learning-rate", "learning_rate", ":learning-rate"),
    ],
)
def test_the_value_of_a_clojure_block(session, code, value, text):
    answer = session.clojure(code)
    assert answer.pop("defined").keys() == {"names", "more"}
    assert answer == {"value": value, "text": text, "output": "", "images": [], "table": None}


def test_a_tensor_reads_the_same_in_both_languages(session):
    made = session.python("from pybridge import tensors as t\nx = t.tensor([[1.0, 2.0], [3.0, 4.0]])\nx")
    assert made["text"] == "#tensor[float32 (2 2) [[1.0 2.0] [3.0 4.0]]]"
    assert made["value"] is None
    assert session.clojure("(pb/from-python :x)")["text"] == made["text"]
    assert session.python("[x, {'x': x}]")["text"] == f"[{made['text']}, {{'x': {made['text']}}}]"


def test_each_language_sees_the_others_very_objects(session):
    session.python("from collections import deque\nshared = deque()")
    session.clojure("(def same (pb/from-python :shared))")
    assert session.python("clj.same is shared")["value"] is True
    session.clojure("(pb/call same :append 5)")
    assert session.python("list(shared)")["value"] == [5]


def test_a_function_of_one_language_is_called_from_the_other(session):
    session.python("def double(x):\n    return 2 * x")
    assert session.clojure("((pb/from-python :double) 21)")["value"] == 42
    session.clojure("(defn triple [x] (* 3 x))")
    assert session.python("clj.triple(14)")["value"] == 42


def test_a_block_may_change_clojures_namespace(session):
    session.clojure("(ns elsewhere) (def here 1)")
    assert session.clojure("here")["value"] == 1
    assert session.python("clj.here")["value"] == 1
    assert session.clojure("(in-ns 'user) (clojure.core/str clojure.core/*ns*)")["value"] == "user"
    assert failure(session.python, "clj.here").data["message"] == "Clojure's namespace user has no here"


@pytest.mark.parametrize("language, code", [("python", "[[1, 'a'], [2.5, None]]"), ("clojure", '[[1 "a"] [2.5 nil]]')])
def test_rows_of_plain_cells_are_a_table(session, language, code):
    assert session.request("evaluate", language=language, code=code)["table"] == [[1, "a"], [2.5, None]]


@pytest.mark.parametrize("code", ["[[1], [2, 3]]", "[[1, [2]]]", "[]", "[[]]", "[1, 2]"])
def test_other_lists_are_no_table(session, code):
    assert session.python(code)["table"] is None


FIGURE = "from matplotlib.figure import Figure\nfigure = Figure()\nfigure.subplots().plot([1, 2])\nfigure"


@pytest.mark.parametrize(
    "picture, begins", [({}, b"\x89PNG"), ({"picture": "png"}, b"\x89PNG"), ({"picture": "pdf"}, b"%PDF-")]
)
def test_a_figure_is_a_picture(session, picture, begins):
    (drawn,) = session.request("evaluate", language="python", code=FIGURE, **picture)["images"]
    assert base64.b64decode(drawn).startswith(begins)
    again = session.request("evaluate", language="clojure", code="(pb/from-python :figure)", **picture)
    assert again["images"] == [drawn]


def test_a_figure_as_svg_has_neither_date_nor_chance_in_it(session):
    svg = [
        base64.b64decode(session.request("evaluate", language="python", code=FIGURE, picture="svg")["images"][0])
        for _ in range(2)
    ]
    assert svg[0] == svg[1]
    assert svg[0].startswith(b"<?xml")
    assert b"<svg " in svg[0]
    assert b"dc:date" not in svg[0]


def test_what_pyplot_draws_is_a_picture_too(session):
    drawn = session.python(
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.figure()\nplt.plot([2, 1])\nplt.show()"
    )
    assert drawn["output"] == ""
    assert [base64.b64decode(picture)[:4] for picture in drawn["images"]] == [b"\x89PNG"] * 2
    assert session.python("plt.get_fignums()")["images"] == []
    by_clojure = session.clojure("(pb/call (pb/module :matplotlib.pyplot) :plot [1 2])")
    assert len(by_clojure["images"]) == 1


@pytest.mark.parametrize("picture", ["gif", "", None, ["png"]])
def test_a_picture_of_another_kind_is_refused_before_anything_runs(session, picture):
    session.python("ran = False")
    with pytest.raises(RequestError) as refused:
        session.request("evaluate", language="python", code="ran = True", picture=picture)
    assert refused.value.code == -32602
    assert str(refused.value) == f"a session sends a figure as png, svg or pdf; got {picture!r}"
    assert session.python("ran")["value"] is False


def test_a_value_too_long_to_send_is_only_text(session):
    big = session.python("list(range(1_000_000))")
    assert big["value"] is None
    assert len(big["text"]) < 100_000
    assert big["text"].startswith("[0, 1, 2, ")
    assert len(session.clojure("(vec (range 1000000))")["text"]) < 100_000
    assert len(session.clojure('(apply str (repeat 1000000 "x"))')["text"]) < 100_000


@pytest.mark.parametrize(
    "code, begins",
    [
        ("(range)", "(0 1 2 "),
        ("(iterate #(*' 2 %) 1)", "(1 2 4 8 "),
        ("(repeat [1])", "([1] [1] "),
        ("{:xs (range)}", "{:xs (0 1 2 "),
        ("(do (def computed (atom 0)) (repeatedly 20000 #(swap! computed inc)))", "(1 2 3 "),
    ],
)
def test_a_long_seq_is_shown_in_part(session, code, begins):
    shown = session.clojure(code)
    assert shown["text"].startswith(begins) and shown["text"].rstrip(")}").endswith("...")
    assert shown["value"] is None


def test_a_long_seq_is_computed_as_far_as_it_is_shown(session):
    session.clojure("(def computed (atom 0))")
    session.clojure("(repeatedly 20000 #(swap! computed inc))")
    assert 200 <= session.clojure("@computed")["value"] < 300


def test_seqs_and_collections_that_are_shown_whole_are_values(session):
    assert session.clojure("(map inc (range 200))")["value"] == list(range(1, 201))
    assert session.clojure("(vec (range 1000))")["value"] == list(range(1000))


@pytest.mark.parametrize("n", [199, 201, 1000])
def test_a_block_has_its_texts_whole_though_a_long_value_is_shown_in_part(session, tmp_path, n):
    numbers = " ".join(map(str, range(n)))
    assert session.clojure(f'(= (str (vec (range {n}))) "[{numbers}]")')["text"] == "true"
    session.clojure(f'(spit "{tmp_path}/x" (pr-str (range {n})))')
    assert (tmp_path / "x").read_text() == f"({numbers})"
    assert session.clojure(f"(println (range {n}))")["output"] == f"({numbers})\n"
    shown = " ".join([*map(str, range(min(n, 200))), *["..."] * (n > 200)])
    assert session.clojure(f"(range {n})")["text"] == f"({shown})"


def test_a_block_says_how_much_of_its_values_is_shown(session):
    session.clojure("(set! *print-length* 3)")
    assert session.clojure("(range)")["text"] == "(0 1 2 ...)"
    assert session.clojure("(pr-str (range 9))")["value"] == "(0 1 2 ...)"
    session.clojure("(set! *print-length* nil)")


# ---- whole values ----------------------------------------------------------------------------------------------------


def whole(session: Session, language: str, code: str, **more: object) -> dict:
    return session.request("evaluate", language=language, code=code, whole=True, **more)


@pytest.mark.parametrize("n", [199, 201, 30_000])
def test_a_value_that_is_wanted_whole_is(session, n):
    numbers = [str(i) for i in range(n)]
    shown = whole(session, "python", f"[list(range({n})), {{'z': 1, 'a': tuple(range({n}))}}, {{*range({n})}}]")
    assert shown["text"] == repr([list(range(n)), {"z": 1, "a": tuple(range(n))}, {*range(n)}])
    assert whole(session, "clojure", f"{{:xs (range {n}) :v (vec (range {n}))}}")["text"] == (
        f"{{:xs ({' '.join(numbers)}), :v [{' '.join(numbers)}]}}"
    )
    assert whole(session, "clojure", f"(filter any? (range {n}))")["value"] == list(range(n))
    for language, rows in [("python", f"[[i] for i in range({n})]"), ("clojure", f"(map vector (range {n}))")]:
        assert whole(session, language, rows)["table"] == [[i] for i in range(n)]
    assert whole(session, "clojure", f'(apply str (repeat {n} "x"))')["value"] == "x" * n


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x) | st.tuples(x, x),
        max_leaves=20,
    )
)
def test_what_is_shown_and_what_is_whole_are_one_where_nothing_is_long(value):
    assert whole_text(value) == python_text(value) == repr(value)


def test_what_contains_itself_is_whole_all_the_same(session):
    assert "Recursion on list" in whole(session, "python", "x = [1]\nx.append(x)\nx")["text"]


@pytest.mark.parametrize(
    "language, code, what",
    [
        ("clojure", "(range)", "the value's text"),
        ("clojure", '(apply str (repeat 10000001 "x"))', "the value's text"),
        ("python", "'x' * 10_000_001", "the value's text"),
        ("python", "for _ in range(101): print('x' * 99_999)", "what the block prints"),
    ],
)
def test_what_is_too_long_to_be_sent_whole_is_refused(session, language, code, what):
    with pytest.raises(RequestError) as refused:
        whole(session, language, code)
    assert str(refused.value) == (
        f"OptionError: {what} is longer than 10,000,000 characters; have the code write it to a file itself"
    )


def test_what_a_value_computes_while_it_is_shown_is_computed_whole(session):
    text = "(" + " ".join(map(str, range(300))) + ")"
    for late in [
        "(map pr-str [(range 300)])",
        "[{:deep #{(map pr-str [(range 300)])}}]",
        "(atom (map pr-str [(range 300)]))",
        "(repeatedly 1 (fn [] (with-out-str (print (range 300)))))",
    ]:
        session.clojure(f"(def late {late})\nlate")
        inside = "(tree-seq (some-fn coll? #(instance? clojure.lang.IDeref %)) #(if (coll? %) (seq %) [@%]) late)"
        assert session.clojure(f"(first (filter string? {inside}))")["value"] == text


@pytest.mark.parametrize(
    "code",
    [
        "(map #(do (print 'said) %) [1 2])",
        "(java.util.ArrayList. [(map #(do (print 'said) %) [1 2])])",
        "(reduced (map #(do (print 'said) %) [1 2]))",
        '(ex-info "x" {:a (map #(do (print \'said) %) [1 2])})',
    ],
)
@pytest.mark.parametrize("more", [{}, {"whole": True}, {"whole": True, "pretty": True}])
def test_what_a_value_prints_while_it_is_shown_is_no_part_of_its_text(session, code, more):
    shown = session.request("evaluate", language="clojure", code=code, **more)
    assert "1 2" in shown["text"] and "said" not in shown["text"]
    assert shown["output"] == "saidsaid"


@pytest.mark.parametrize(
    "failed",
    [
        '(delay (throw (ex-info "x" {})))',
        '(future (throw (ex-info "x" {})))',
        "(doto (future (Thread/sleep 100000)) future-cancel)",
    ],
)
def test_what_has_failed_is_shown(session, failed):
    session.clojure(f"(def failed {failed})\n(try @failed (catch Exception _))")
    assert "#object[" in session.clojure("failed")["text"]
    assert whole(session, "clojure", "[failed]")["text"].startswith("[#object[")


@pytest.mark.parametrize("text", ["é" * 2_000_000, '"' * 6_000_000, "a\n" * 100_000])
def test_a_long_text_is_a_text(session, text):
    code = f"{text[:2]!r} * {len(text) // 2}"
    assert session.python(code)["value"] == whole(session, "python", code)["value"] == text
    assert whole(session, "python", f"[{code}]")["value"] == [text]
