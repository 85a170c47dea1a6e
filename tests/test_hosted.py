"""What the code host reads: files that parse, recipes that exist, and hooks that are the checks of `make lint`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.lint import CHECKS

ROOT = Path(__file__).parents[1]
WORKFLOWS = ROOT / ".github" / "workflows"
FILES = [*sorted((ROOT / ".github").rglob("*.yml")), ROOT / ".pre-commit-config.yaml"]


def read(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def commands(workflow: str) -> list[str]:
    jobs = read(WORKFLOWS / f"{workflow}.yml")["jobs"].values()
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_parses(path):
    assert isinstance(read(path), dict)


@pytest.mark.parametrize("workflow", ["test", "release"])
def test_a_workflow_runs_recipes_that_there_are(workflow):
    recipes = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    used = {name for command in commands(workflow) for name in re.findall(r"\bmake ([\w-]+)", command)}
    assert used
    assert used <= recipes


def test_every_version_is_tested():
    matrix = read(WORKFLOWS / "test.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert matrix == {
        "os": ["ubuntu-latest", "macos-latest"],
        "python": ["3.11", "3.12", "3.13"],
        "java": ["17", "22", "25"],
    }


def test_the_hooks_are_the_checks():
    (repository,) = read(ROOT / ".pre-commit-config.yaml")["repos"]
    assert [hook["id"] for hook in repository["hooks"]] == list(CHECKS)
    assert all(hook["entry"].endswith(f"-m tools.lint {hook['id']}") for hook in repository["hooks"])


def test_a_release_says_what_the_fragments_say():
    fragments = [path.read_text(encoding="utf-8") for path in (ROOT / "changelog.d").glob("+*.md")]
    draft = subprocess.run(
        [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "9.9.9"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert draft.returncode == 0, draft.stderr
    said = " ".join(draft.stdout.split())
    assert all(" ".join(fragment.split()) in said for fragment in fragments)
