"""The one reader of notebooks: what stock Org finds in generated files, and no line lost."""

from __future__ import annotations

import json
import random
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybridge._places import notebook_files
from pybridge.book.links import broken_links
from pybridge.book.notebook import Block, Heading, Prose, Shown, Verbatim
from pybridge.book.org import read_notebook

EMACS = shutil.which("emacs")

# What Org itself says of each file: its code blocks with their results, its headings, its links.
ASKED = """
(progn
  (require 'org)
  (require 'ob)
  (require 'json)
  (dolist (file command-line-args-left)
    (with-temp-buffer
      (insert-file-contents file)
      (org-mode)
      (let* ((tree (org-element-parse-buffer))
             (line (lambda (element) (line-number-at-pos (org-element-property :post-affiliated element))))
             (headings (org-element-map tree 'headline
                         (lambda (it) (vector (line-number-at-pos (org-element-property :begin it))
                                              (org-element-property :level it)
                                              (substring-no-properties (org-element-property :raw-value it))))))
             (links (org-element-map tree 'link (lambda (it) (org-element-property :raw-link it))))
             (blocks (org-element-map tree 'src-block
                       (lambda (it)
                         (vector (funcall line it)
                                 (org-element-property :language it)
                                 (or (org-element-property :name it) "")
                                 (org-remove-indentation (org-element-property :value it))
                                 (save-excursion
                                   (goto-char (org-element-property :post-affiliated it))
                                   (let ((at (org-babel-where-is-src-block-result)))
                                     (and at (line-number-at-pos at)))))))))
        (princ (json-encode (list (vconcat headings) (vconcat links) (vconcat blocks))))
        (terpri))))
  (setq command-line-args-left nil))
"""

CODE = ["1 + 1", "  x = 1", ",* not a heading", ",#+name: x", "", "# a comment", "[[no][link]] <<no-mark>>"]
BODIES = st.lists(st.sampled_from(CODE), max_size=3)
RESULTS = st.sampled_from(
    [
        [": 2", ": 3", ""],
        ["| 1 | 2 |", "| 3 | 4 |", ""],
        ["[[file:a.svg]]", ""],
        ["#+begin_example", ",* 1", "[[no]]", "#+end_example", ""],
        [":results:", ": 1", "| 2 |", ":end:", ""],
        [""],
    ]
)


@st.composite
def code_block(draw) -> list[str]:
    """A block with what may be above and below it; `NAME` becomes a name of its own."""
    above = draw(st.lists(st.sampled_from(["#+name: NAME", "#+header: :var x=1", "#+caption: Words"]), unique=True))
    language = draw(st.sampled_from(["python", "clojure", "sh", "emacs-lisp"]))
    options = draw(st.sampled_from(["", " :results output", " :eval no", " :session a"]))
    lines = [*above, f"#+begin_src {language}{options}", *draw(BODIES), "#+end_src"]
    if not draw(st.booleans()):
        return lines
    about = draw(st.lists(st.sampled_from(["#+caption: A picture", "#+attr_html: :alt words"]), unique=True))
    named = "#+name: NAME" in above
    keyword = draw(st.sampled_from(["#+RESULTS:", "#+results:", "#+RESULTS[abc]:"])) + " NAME" * named
    return [*lines, "", *(about if named else []), keyword, *draw(RESULTS)]


OTHERS = st.sampled_from(
    [
        ["* A heading", "Words.", ""],
        ["** Deeper =code=  :tag:", ":PROPERTIES:", ":CUSTOM_ID: own", ":PAGE: page", ":END:", ""],
        ["* TODO", "SCHEDULED: <2025-01-01 Wed>", "Words", ""],
        ["Words with [[file:other.org::*Place][a link]], =[[no][link]]= and [[#own]].", ""],
        ["- an item", "- another with <<a-mark>>", ""],
        ["| 1 | 2 |", "", "Words.", ""],
        ["#+begin_example", "#+begin_src python", ",* no heading", "#+end_example", ""],
        ["#+begin_comment", "[[no]]", "#+end_comment", ""],
        ["#+begin_quote", "*Erratum.* Words [[https://example.org][there]].", "#+end_quote", ""],
        ["#+name: table", "| 1 |", ""],
        ["- in a list", "", "  #+begin_src python", "    1", "      2", "  #+end_src", ""],
        ["#+title: Words", ""],
        [""],
    ]
)
FILES = st.lists(code_block() | OTHERS, min_size=1, max_size=8).map(
    lambda parts: "\n".join(
        line.replace("NAME", f"n{number}.py") for number, part in enumerate(parts) for line in [*part, "Next.", ""]
    )
)


def sources(count: int) -> list[str]:
    """So many files, the same in each run."""
    made: list[str] = []

    @given(FILES)
    def gather(text: str) -> None:
        made.append(text)

    gather()
    return random.Random(1).sample(made, min(count, len(made)))


def read(folder, text: str):
    path = folder / "chapter.org"
    path.write_text(text.replace(".py", ""), encoding="utf-8")
    return read_notebook(path)


@pytest.mark.skipif(EMACS is None, reason="there is no emacs on PATH")
def test_stock_org_finds_the_same(tmp_path):
    texts = sources(60)
    files = [tmp_path / f"{number}.org" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text.replace(".py", ""), encoding="utf-8")
    asked = subprocess.run(
        [EMACS, "-Q", "--batch", "--eval", ASKED, *map(str, files)], capture_output=True, text=True, check=True
    )
    answers = [json.loads(line) for line in asked.stdout.splitlines()]
    for file, (headings, links, blocks) in zip(files, answers, strict=True):
        notebook = read_notebook(file)
        assert [[each.line, each.level, each.title] for each in notebook.headings] == headings, file.read_text()
        assert [link.target for link in notebook.links] == links, file.read_text()
        found = [part for part in notebook.parts if isinstance(part, Block)]
        mine = [[b.line, b.language, b.name, b.code, b.shown and b.shown.line] for b in found]
        theirs = [[line, language, name, code.removesuffix("\n"), at] for line, language, name, code, at in blocks]
        assert mine == theirs, file.read_text()


@given(FILES)
def test_no_line_is_lost(tmp_path_factory, text):
    notebook = read(tmp_path_factory.mktemp("notebook"), text)
    lines = text.replace(".py", "").split("\n")
    covered: list[int] = []
    for part in notebook.parts:
        match part:
            case Heading() | Prose() | Verbatim():
                covered += range(part.line, part.line + len(part.lines))
                assert lines[part.line - 1 : part.line - 1 + len(part.lines)] == part.lines
            case Block() | Shown():
                covered.append(part.line)
    assert covered == sorted(set(covered))
    prose = {number for number, line in enumerate(lines, 1) if line in ("Words.", "Next.", "- an item")}
    assert prose <= set(covered)


@pytest.mark.parametrize("path", notebook_files(), ids=lambda path: path.name)
def test_every_link_of_the_book_leads_somewhere(path):
    assert list(broken_links(read_notebook(path))) == []
