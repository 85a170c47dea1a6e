"""Values that blocks of a session hand to each other by `keep` and `values`, and an interrupt that names a request."""

from __future__ import annotations

import pytest
from session_client import RequestError


def evaluated(session, language, code, **more):
    return session.request("evaluate", language=language, code=code, **more)["text"]


def test_a_value_of_python_is_the_same_object(session):
    evaluated(session, "python", "made = object()\nmade", keep="a")
    assert evaluated(session, "python", "x is made", values={"x": "a"}) == "True"


def test_a_value_of_clojure_is_the_same_object_in_the_namespace_that_a_block_has_left(session):
    evaluated(session, "clojure", "(ns elsewhere) (def made (range)) made", keep="a")
    assert evaluated(session, "clojure", "(identical? x made)", values={"x": "a"}) == "true"
    evaluated(session, "clojure", "(ns user)")


def test_a_value_is_handed_over_once(session):
    evaluated(session, "python", "1", keep="a")
    evaluated(session, "python", "x", values={"x": "a"})
    with pytest.raises(RequestError) as caught:
        evaluated(session, "python", "x", values={"x": "a"})
    assert "the value for x is no longer kept; run the block that asks for it again" in str(caught.value)


def test_the_name_is_one_of_python(session):
    evaluated(session, "python", "1", keep="a")
    with pytest.raises(RequestError) as caught:
        evaluated(session, "python", "1", values={"a-b": "a"})
    assert "a variable of Python has letters, digits and _ in its name; got 'a-b'" in str(caught.value)


def test_what_is_kept_and_handed_over_has_its_form_in_the_protocol(session):
    with pytest.raises(RequestError) as caught:
        evaluated(session, "python", "1", keep=3)
    assert "keep is a text and values an object of texts; got 3 and {}" in str(caught.value)


def test_an_interrupt_with_a_token_withdraws_a_request_that_waits(session):
    running = session.send("evaluate", code="import time; time.sleep(1); 'trained'", token=901)
    waiting = session.send("evaluate", code="withdrawn = False", token=902)
    interrupt = session.send("interrupt", token=902)
    with pytest.raises(RequestError) as caught:
        session.answer(waiting)
    assert "KeyboardInterrupt" in str(caught.value)
    session.answer(interrupt)
    assert session.answer(running)["value"] == "trained"
    assert evaluated(session, "python", "'withdrawn' in globals()") == "False"
