"""What `python -m benchmarks` collects from the rooms, and the page that it makes of that."""

from __future__ import annotations

import doctest
import importlib
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest

from benchmarks import _record
from benchmarks.__main__ import main
from benchmarks._report.explained import explained
from benchmarks._report.page import page
from benchmarks._report.rooms import ROOMS
from benchmarks._report.run import ROOT, collected, missed

MACHINE = {
    "date": "2026-01-02T03:04:05+00:00",
    "system": "Linux",
    "cpu": "a CPU",
    "cores": 2,
    "memory_gb": 8.0,
    "gpus": ["a card"],
    "versions": {"pybridge": "0.1", "py4j": None},
}
ROWS = """
from benchmarks._measuring import verdict
from benchmarks._record import record
bridges = {"JPype": [1000.0, 1000.0, 1000.0], "py4j": [8000.0]}
record("call", "ns", [250.0, 200.0, 300.0], peers=bridges, most=0.5, held=True)
slow = {"by": "least", "most": 1.5, "held": False, "note": "it copies <twice>"}
record("slow", "ms", [30.0, 20.0], peers={"NumPy": [10.0, 10.0]}, **slow)
sizes = {"of": "n", "sizes": [1, 10, 100], "ours": [1e-4, 1e-3, 2e-2], "peer": [], "exponent": 1.2}
limit = "grows by an exponent of at most 1"
record("grows, n = 100", "s", [0.02], limit=limit, held=True, series={"name": "grows", **sizes})
record("an epoch, two workers", "s", [4.0], parts={"computing": 3.0, "communication": 1.0})
record("refused", "s", [], held=False)
"""


def ran(code: str, **options: object) -> dict:
    """A room whose module is this code."""
    room = collected([sys.executable, "-c", code], quick=True, **options)
    return {"benchmark": "bridge", "title": "A title", "says": "What it says.", "load": 2.5, **room}


@pytest.fixture(scope="module")
def room() -> dict:
    return ran(f"{ROWS}\nverdict(['slow'])")


def shown(*rooms: dict) -> str:
    """The page's text, as a browser has it."""
    texts: list[str] = []
    parser = HTMLParser()
    parser.handle_data = texts.append
    parser.feed(page({"quick": True, "machine": MACHINE, "rooms": list(rooms)}))
    return " ".join(" ".join(texts).split())


def test_rows_arrive_as_they_were_handed_over(room):
    call, slow, grows, epoch, refused = room["rows"]
    assert call["ours"] == {"median": 250.0, "least": 200.0, "most": 300.0, "rounds": 3}
    assert call["peers"]["JPype"]["ratio"] == {"value": 0.25, "least": 0.2, "most": 0.3}
    assert call["peers"]["py4j"]["ratio"]["value"] == 250 / 8000
    assert slow["peers"]["NumPy"]["ratio"] == {"value": 2.0, "least": 2.0, "most": 3.0}
    assert grows["series"]["sizes"] == [1, 10, 100]
    assert epoch["parts"] == {"computing": 3.0, "communication": 1.0}
    assert refused["ours"] is None
    assert missed(room) == ["slow", "refused"]
    assert room["crashed"] == ""


def test_a_benchmark_alone_hands_nothing_over(monkeypatch, tmp_path):
    monkeypatch.delenv(_record.RECORDS, raising=False)
    monkeypatch.chdir(tmp_path)
    _record.record("call", "ns", [1.0])
    assert list(tmp_path.iterdir()) == []


def test_the_page_has_every_row_with_its_spread(room):
    text = shown(room)
    for part in (
        "call 250 ns (200–300) 0.25 (0.20–0.30) 0.031 JPype, 1 µs (1–1) py4j, 8 µs ratio at most 0.5: met",  # noqa: RUF001
        "slow 25 ms (20–30) 2.00 (2.00–3.00) NumPy, 10 ms (10–10)",  # noqa: RUF001
        "ratio at most 1.5: missed, with a ratio of 2.00 it copies <twice>",
        "it copies <twice> Other programs were running: a load of 2.5 on 2 cores.",
        "The load before it was 2.5.",
        "refused – missed, as it failed",  # noqa: RUF001
        "grows, n = 100 20 ms grows by an exponent of at most 1: met",
        "5 rows, 4 of them with a target, of which 2 missed it.",
        "a CPU, 2 cores",
        "pybridge 0.1, py4j not installed",
    ):
        assert part in text


def test_figures_are_text_in_the_pages_ink_and_their_ids_differ(room):
    whole = page({"quick": False, "machine": MACHINE, "rooms": [room, {**room, "benchmark": "other"}]})
    drawn = re.findall(r"<svg.*?</svg>", whole, re.DOTALL)
    assert len(drawn) == 6
    texts = [text for figure in drawn for text in ElementTree.fromstring(figure).itertext()]
    assert {"call", "grows", "an epoch, two workers", " 25%", "communication", "JPype"} <= {*texts}
    ids = re.findall(r' id="([^"]*)"', whole)
    assert len(ids) == len(set(ids))
    assert "currentColor" in drawn[0]
    assert re.findall(r"<script|<link[^>]*http|src=|@import", whole) == []


def test_a_crash_is_told_with_what_came_before():
    room = ran(f"{ROWS}\nraise OSError('no such <thing>')")
    assert len(room["rows"]) == 5
    assert "it ended with status 1" in room["crashed"]
    assert "Crashed: A title." in shown(room)
    assert "OSError: no such <thing>" in shown(room)


def test_a_room_that_hangs_is_ended():
    room = ran("import time; time.sleep(600)", longest=0.5)
    assert room["crashed"] == "it was ended after 0.5 s"


def test_a_benchmark_that_can_measure_nothing_here_has_not_crashed(monkeypatch):
    monkeypatch.setenv("PATH", "")  # without `ip` there are no network namespaces
    room = collected([sys.executable, "-m", "benchmarks.cluster"], quick=True)
    assert (room["rows"], room["crashed"]) == ([], "")


def test_there_is_a_room_for_each_benchmark():
    modules = {path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py")}
    assert modules == {room.name for room in ROOMS}


def test_a_room_that_is_not_there_is_refused(capsys):
    with pytest.raises(SystemExit) as end:
        main(["nonsense"])
    assert end.value.code == 2
    assert "there is no room 'nonsense'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["_record", "_bridges", "_report.page", "_report.figures"])
def test_examples_give_what_stands_beside_them(name):
    found = doctest.testmod(importlib.import_module(f"benchmarks.{name}"))
    assert (found.attempted > 0, found.failed) == (True, 0)


def test_one_room_from_the_command_to_the_page(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr("benchmarks.__main__.machine", lambda: MACHINE)
    status = main(["unsafe", "--quick", "--out", str(tmp_path)])
    report = json.loads(Path(tmp_path, "benchmarks.json").read_text(encoding="utf-8"))
    (room,) = report["rooms"]
    assert (status, room["crashed"]) == (0, "")
    assert [row["name"] for row in room["rows"]] == ["call of Python, with the unsafe parts"]
    assert "a call of Python: " in capfd.readouterr().out
    assert "call of Python, with the unsafe parts" in Path(tmp_path, "benchmarks.html").read_text(encoding="utf-8")


def test_a_missed_row_is_explained(room):
    slow = room["rows"][1]
    reaching = {
        **slow,
        "peers": {"NumPy": {**slow["peers"]["NumPy"], "ratio": {"value": 2.0, "least": 1.4, "most": 3}}},
    }
    quiet = {**room, "load": 0.1}
    assert explained(quiet, slow, 2) == "it copies <twice>"
    assert explained(quiet, reaching, 2) == "it copies <twice> Some of its rounds keep within the target."
    profiled = {**slow, "name": "t/add in a scope", "note": ""}
    assert explained(quiet, profiled, 2).startswith("Both sides spend the same time in TensorFlow")
