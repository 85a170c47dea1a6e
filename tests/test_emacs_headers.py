"""Header arguments in a session give what Org's own evaluation of Python gives, where both hold them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]
EMACS = shutil.which("emacs")

pytestmark = pytest.mark.skipif(EMACS is None, reason="there is no emacs on PATH")

# The same notebook twice: by Org alone, which has a new Python for each block, and in one session.
EXECUTE = """
(progn
  (require 'pybridge)
  (setq org-confirm-babel-evaluate nil
        python-indent-guess-indent-offset nil
        pybridge-command (pop command-line-args-left)
        org-babel-python-command (pop command-line-args-left))
  (dolist (notebook command-line-args-left)
    (find-file notebook)
    (when (equal (file-name-base notebook) "session") (pybridge-mode))
    (dolist (name (reverse (org-babel-src-block-names)))
      (org-babel-goto-named-src-block name)
      (dotimes (_ 2) (org-babel-execute-src-block)))
    (save-buffer))
  (setq command-line-args-left nil))
"""

words = st.text("abcxyz", min_size=1, max_size=5)
numbers = st.integers(-99, 99)
rows = st.integers(1, 3).flatmap(
    lambda columns: st.lists(st.lists(words | numbers, min_size=columns, max_size=columns), min_size=1, max_size=3)
)


@st.composite
def blocks(draw) -> str:
    """A block of Python whose value is `v`, with header arguments that a session and Org alone both hold."""
    value = draw(numbers | words | rows)
    kinds = ["", "verbatim", "scalar", "raw", "drawer", "html", "latex", "code", "org", "pp"]
    tables = ["table", "list"] if isinstance(value, list) else []
    kind = draw(st.sampled_from(kinds + tables))
    replaces = draw(st.sampled_from(["", "replace", "append", "prepend", "silent"]))
    if kind == "raw":
        replaces = "silent"  # Org cannot find raw results again
    which = draw(st.sampled_from(["", "value", "output"]))
    asked = " ".join(filter(None, [kind, replaces, which]))
    header, lines = [f":results {asked}" if asked else "", ":return v"], [f"v = {value!r}", "print('said')"]
    if draw(st.booleans()):
        number = draw(numbers)
        header.append(f":var n={number}")
        lines.append("print(n, type(n).__name__)")
    if draw(st.booleans()):
        word = draw(words)
        header.append(f':var s="{word}" :prologue "s = 0"')
        lines.append("print(s)")
    if draw(st.booleans()):
        header.append(
            draw(st.sampled_from([":wrap quote", ":exports results", ":cache no", ":noweb no", ":tangle no"]))
        )
    return "#+begin_src python {}\n{}\n#+end_src\n".format(" ".join(filter(None, header)), "\n".join(lines))


@settings(
    max_examples=1,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
)
@given(notebook=st.lists(blocks(), min_size=30, max_size=30))
def test_a_session_gives_what_org_gives(notebook, tmp_path):
    assume(len(set(notebook)) > 20)  # the first of all is thirty times the simplest
    named = [f"#+name: b{number}\n{block}" for number, block in enumerate(notebook)]
    alone, session = tmp_path / "alone.org", tmp_path / "session.org"
    for path, property in ((alone, ""), (session, "#+property: header-args :session headers\n")):
        path.write_text("\n".join([property, *named]))
    command = [EMACS, "-Q", "--batch", "-L", ROOT / "emacs", "--eval", EXECUTE]
    program = Path(sys.executable).with_name("pybridge")
    done = subprocess.run([*command, program, sys.executable, alone, session], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    told, ours = (path.read_text().split("#+name: b")[1:] for path in (alone, session))
    assert len(ours) == len(told) == len(notebook)
    told, ours = ([text.strip() for text in texts] for texts in (told, ours))
    assert [pair for pair in zip(told, ours, strict=True) if pair[0] != pair[1]] == []
