"""Python that is piped in, which does what Python itself does with the file."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PYBRIDGE = Path(sys.executable).with_name("pybridge")

FILES = {
    "bodies": '''
class Shape:

    """What has sides."""

    sides = 0


    def name(self):

        if self.sides:
            return f"{self.sides} sides"

        return "none"
# in the margin, which ends nothing

    def text(self):
        return """
in the margin too

"""

print(Shape().name(), Shape().text())
def right_behind(n):

    for i in range(n):

        yield i

print(list(right_behind(3)))
''',
    "clauses": """
try:
    1 / 0

except ZeroDivisionError:

    print("caught")

finally:

    print("at last")

if False:
    pass
else: print("else")

if False: pass
elif True:

    print("elif")

match [1, 2]:

    case [first, *_]:

        print(first)

    case _:
        print("none")

@staticmethod

def decorated(): pass

print(type(decorated).__name__)
""",
    "several lines": "print([\n\n1,\n\n2])\nx = 1 + \\\n  2\nprint(x); print('''a\n\n\nb''')\n"
    "if x: print('one line')\nprint(x)",
    "the end": "if True:\n\n    print('no newline at the end')",
}


def python(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable], input=text, capture_output=True, text=True, check=False)


def repl(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PYBRIDGE, "repl"], input=text, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_file_of_python_does_what_it_does_in_python(text):
    ours, pythons = repl(",py\n" + text), python(text)
    assert pythons.stdout and (pythons.returncode, pythons.stderr) == (0, "")
    assert (ours.returncode, ours.stdout, ours.stderr) == (0, pythons.stdout, "")


def test_code_reads_the_lines_behind_its_statement():
    ended = repl(
        ",py\nfor _ in range(2):\n    print(input())\n\nfirst\nsecond\nimport sys\nsys.stdin.read()\nthe\nrest\n"
    )
    assert (ended.stdout, ended.stderr) == ("first\nsecond\n'the\\nrest\\n'\n", "")


def test_a_command_ends_a_statement():
    ended = repl(
        ",py def f():\n\n    return 20\n(* 2 ((pb/from-python :f)))\n,py\nif f():\n\n    print(1)\n,clj\n(inc 1)\n"
    )
    assert (ended.stdout, ended.stderr) == ("40\n1\n2\n", "")


def test_what_cannot_be_parsed_is_told_of_once():
    ended = repl(",py\ndef f(:\n    x = 1\n\n    return x\n\ndef g():\n    y = = 2\n\n    return y\n\nprint('after')\n")
    assert (ended.returncode, ended.stdout) == (1, "after\n")
    assert ended.stderr.count("SyntaxError") == ended.stderr.count("Error") == 2


@pytest.mark.parametrize(
    "text",
    [
        "if 1:\n  print('a')\n print('b')\n",
        "class A:\n    def m(self):\n        return 1\n  def n(self):\n        return 2\nprint(A().m())\n",
        "for i in range(2):\n\tprint(i)\n  print(i)\n",
    ],
)
def test_a_margin_that_no_block_has_is_an_error_as_in_python(text):
    ours, pythons = repl(",py\n" + text), python(text)
    assert (pythons.returncode, pythons.stdout) == (1, "")
    error = pythons.stderr.splitlines()[-1]
    assert re.match("(IndentationError|TabError): ", error)
    assert ours.returncode == 1 and error in ours.stderr.splitlines()
    told = subprocess.run([PYBRIDGE, "eval", text], capture_output=True, text=True)
    assert (told.returncode, told.stdout) == (1, "") and error in told.stderr
