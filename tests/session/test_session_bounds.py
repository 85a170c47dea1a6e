"""How much a session takes and sends at most, whatever it is asked."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from session_client import RequestError, Session, failure

from pybridge.clojure import support

SHARED = {
    "python": "x = []\nfor _ in range(60): x = [x, x]\n",
    "clojure": "(def x (nth (iterate (fn [x] [x x]) []) 60))",
}
LONG = 10**8


def ended(*written: bytes, close: bool = True) -> tuple[list[dict], int]:
    """What a session answers to bytes, and the status it ends with."""
    session = Session()
    with contextlib.suppress(BrokenPipeError):  # it may end before it has read all
        for part in written:
            session.process.stdin.write(part)
        session.process.stdin.flush()
    if close:
        session.process.stdin.close()
    answers = list(iter(session.message, None))
    return answers, session.end()


@pytest.mark.parametrize("length", [b"%d" % 10**12, b"9" * 10_000, b"100000001"])
def test_a_body_that_is_too_long_is_refused_and_ends_the_session(length):
    (answer,), status = ended(b"Content-Length: %s\r\n\r\n{" % length, close=False)
    wanted = "a message has at most 100,000,000 bytes; the session ends, as what follows cannot be told apart"
    assert (answer["id"], answer["error"]["code"], answer["error"]["message"], status) == (None, -32700, wanted, 1)


HEADERS = {
    "one long line": b"X" * 20_000,
    "many lines": b"X: y\r\n" * 4_000,
    "a long number": b"Content-Length: " + b"9" * 10**6,
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_header_that_is_too_long_is_refused_and_ends_the_session(header):
    (answer,), status = ended(header, close=False)
    assert answer["error"]["message"] == (
        "the header of a message has at most 16,384 bytes; the session ends, as what follows cannot be told apart"
    )
    assert status == 1


@pytest.mark.parametrize("part", [b"", b"Content-Le", b"Content-Length: 9\r\n\r\n", b"Content-Length: 10\r\n\r\n{"])
def test_input_that_ends_in_a_message_ends_the_session(part):
    assert ended(part) == ([], 0)


@pytest.mark.parametrize(
    "params, said",
    [
        ({"token": [1]}, "the token is a text of at most 1,000 characters or a number"),
        ({"token": True}, "the token is a text of at most 1,000 characters or a number"),
        ({"above": "x"}, "above is a number of the code's own lines; got 'x'"),
        ({"above": 2}, "above is a number of the code's own lines; got 2"),
        ({"folder": 7}, "folder is a folder that exists; got 7"),
        ({"folder": "/nowhere"}, "folder is a folder that exists; got '/nowhere'"),
        ({"values": {"a": 1}}, "keep is a text and values an object of texts; got '' and {'a': 1}"),
        ({"language": "x" * 5000}, "a session speaks python and clojure; got '" + "x" * 1958 + " … and 3,043 more"),
    ],
)
def test_parameters_of_another_kind_are_refused(session, params, said):
    with pytest.raises(RequestError) as refused:
        session.request("evaluate", **{"language": "python", "code": "1"} | params)
    assert refused.value.code == -32602
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("known", [b"true", b'"\\ud800"', b"1e999", b'"%s"' % (b"x" * 1001)])
def test_an_id_that_could_not_be_said_again_is_refused(session, known):
    session.write(b'{"id": %s, "method": "initialize"}' % known)
    answer = session.message()
    wanted = "the id of a request is a text of at most 1,000 characters or a number"
    assert (answer["id"], answer["error"]["message"]) == (None, wanted)


def test_an_id_that_is_no_json_is_refused(session):
    session.write(b'{"id": NaN, "method": "initialize"}')
    assert session.message()["error"]["message"] == "the message is not JSON: NaN is no number"


@pytest.mark.parametrize("language", ["python", "clojure"])
@pytest.mark.parametrize("way", [{}, {"pretty": True}])
def test_a_value_that_holds_others_again_and_again_shows_its_beginning(session, language, way):
    shown = session.request("evaluate", language=language, code=SHARED[language] + "\nx", **way)
    assert shown["text"].startswith("[[[[[[[[[[")
    assert len(shown["text"]) < 21_000
    assert shown["value"] is shown["table"] is None


@pytest.mark.parametrize("language", ["python", "clojure"])
def test_all_of_it_is_refused(session, language):
    with pytest.raises(RequestError, match="OptionError: the value's text is longer than 10,000,000 characters"):
        session.request("evaluate", language=language, code=SHARED[language] + "\nx", whole=True)


@pytest.mark.parametrize(
    "value, text",
    [
        ("frozenset([1, 2])", "frozenset({1, 2})"),
        ("{1: 2}.keys()", "dict_keys([1])"),
        ("{deep}", "<set whose text is longer than 10,000,000 characters>"),
        ("[Held(x)]", "[<Held whose text is longer than 10,000,000 characters>]"),
        ("collections.deque(x)", "<deque whose text is longer than 10,000,000 characters>"),
    ],
)
def test_what_only_its_own_repr_can_write_is_described(session, value, text):
    code = (
        "import collections, dataclasses\n"
        "deep = frozenset()\nfor _ in range(60): deep = frozenset([(deep, 1), (deep, 2)])\n"
        "@dataclasses.dataclass\nclass Held:\n    held: object\n"
    )
    assert session.python(f"{SHARED['python']}{code}{value}")["text"] == text


def test_a_cell_of_a_table_is_no_way_around(session):
    assert session.python(f"[['x' * {LONG // 10}] * 50] * 50")["table"] is None


@pytest.mark.parametrize(
    "raised, said",
    [
        ("ValueError(x)", "ValueError: <ValueError whose text is longer than 10,000,000 characters>"),
        (f"ValueError('x' * {LONG})", "ValueError: xxxx"),
        (f"type('T' * {LONG}, (Exception,), {{}})", "TTTT"),
    ],
)
def test_an_error_is_bounded(session, raised, said):
    error = failure(session.python, f"{SHARED['python']}raise {raised}")
    assert str(error).startswith(said)
    assert len(json.dumps(error.data)) < 200_000


THROWN = [
    "(ex-info said {})",
    "(Exception. said)",
    '(ex-info "outside" {} (Exception. said))',
    '(doto (Exception. "outside") (.addSuppressed (Exception. said)))',
]


@pytest.mark.parametrize("thrown", THROWN)
def test_what_a_throwable_says_is_shortened_in_its_traces(session, thrown):
    session.clojure(f"(defn thrown [n] (let [^String said (String. (char-array n \\x))] {thrown}))")
    code = (
        "from pybridge import clojure\nfrom pybridge.errors import ClojureError\nsizes = []\n"
        "for n in 100, 10_000_000:\n"
        "    try: clojure.eval('#(throw (user/thrown %))')(n)\n"
        "    except ClojureError as error: sizes.append((len(error.trace), len(''.join(error.__notes__))))\nsizes"
    )
    for of_a_short, of_a_long in zip(*session.python(code)["value"], strict=True):
        assert of_a_long <= of_a_short + 10_000


def test_the_message_of_a_throwable_says_how_much_more_of_it_there_is(session):
    error = failure(session.clojure, f"(throw (Exception. (String. (char-array {LONG} \\x))))")
    assert error.data["message"] == "x" * 20_000 + " … and 99,980,000 more characters"
    assert error.data["brief"].startswith("Exception: " + "x" * 2_000 + " … and 99,998,000 more characters")
    assert len(json.dumps(error.data)) < 200_000


@pytest.mark.parametrize(
    "raised",
    [
        "ValueError(text)",
        "SyntaxError(text)",
        "KeyError(text)",
        "ExceptionGroup('all', [ValueError(text)] * 8)",
        "noted(ValueError(), text)",
    ],
)
def test_what_an_exception_says_is_shortened_in_its_traceback(raised):
    def noted(error: Exception, note: str) -> Exception:
        error.add_note(note)
        return error

    error = eval(raised, {"text": "x" * 10_000_000, "noted": noted})
    shown = support.traceback_text(error)
    assert shown.count("x") <= 8 * 100_000 + 20
    assert re.search("9,900,0[0-9]{2} characters", shown)


@pytest.mark.parametrize(
    "data, shown",
    [
        ("{:x x}", "with {:x [[[[# #] [# #]]"),
        ("{:x (range)}", "with {:x (0 1 2 3"),
        ("{:x (pmap inc (range))}", "with {:x (1 2 3"),
        ("{:x (doto (java.util.ArrayList.) (as-> it (.add it it)))}", "with {:x [[[[#]]]]}"),
        ("{:x (let [it (atom nil)] (reset! it it))}", "with {:x #object[clojure.lang.Atom"),
    ],
)
def test_the_data_of_an_error_is_bounded(session, data, shown):
    error = failure(session.clojure, f'{SHARED["clojure"]} (throw (ex-info "said" {data}))')
    assert str(error) == "ExceptionInfo: said"
    assert shown in error.data["brief"]


def test_a_value_that_holds_itself_is_described(session):
    text = session.clojure("(let [it (java.util.HashMap.)] (.put it 1 it) it)")["text"]
    assert text == "#object[java.util.HashMap whose text goes too deep, or has no end: it holds itself]"


def test_a_defined_name_is_bounded(session):
    session.python(f"globals()['n' * {LONG}] = 1")
    names = session.python("1")["defined"]["names"]
    session.python(f"del globals()['n' * {LONG}]")
    assert {"language": "python", "name": "n" * 200 + " … and 99,999,800 more characters"} in names
