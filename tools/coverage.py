"""Run tests, and report which lines of Python and of Clojure they reach: `python -m tools.coverage [TESTS …]`.

coverage.py watches Python, in subprocesses too; JaCoCo's agent watches the compiled Clojure in every JVM that a test
starts. A JVM with an agent says so on stderr, so tests that want stderr empty fail here: what counts are the tables.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from pybridge.clojure import quickstart
from pybridge.clojure.classpath import jars
from pybridge.clojure.java import find_java

ROOT = Path(__file__).parents[1]
PARALLEL = ["--numprocesses=auto", "--maxprocesses=4", "--dist=loadfile"]


def main(tests: Sequence[str]) -> int:
    """The exit status of the tests."""
    compiled = quickstart.compile_classes(find_java(), jars())
    tools = jars("coverage")
    with tempfile.TemporaryDirectory(prefix="pybridge-coverage-") as folder:
        reached = Path(folder) / "jacoco.exec"
        agent = extracted_agent(tools, Path(folder))
        surroundings = {
            "COVERAGE_FILE": str(Path(folder) / "python"),
            "JAVA_TOOL_OPTIONS": f"-javaagent:{agent}=destfile={reached},includes=pybridge.*",
        }
        status = coverage("run", "-m", "pytest", *(tests or PARALLEL), **surroundings)
        del surroundings["JAVA_TOOL_OPTIONS"]
        coverage("combine", "--quiet", **surroundings)
        print("\nPython, by line\n", flush=True)
        coverage("report", **surroundings)
        print("\nClojure, by line\n")
        report(lines_reached(tools, compiled, reached) if reached.is_file() else {})
    return status


def coverage(*arguments: str, **surroundings: str) -> int:
    """Run coverage.py; returns its exit status."""
    return subprocess.run(
        [sys.executable, "-m", "coverage", *arguments], cwd=ROOT, env=os.environ | surroundings
    ).returncode


def extracted_agent(tools: Sequence[str], folder: Path) -> str:
    """The agent's jar, which is inside another."""
    (outer,) = (jar for jar in tools if "org.jacoco.agent" in os.path.basename(jar))
    with zipfile.ZipFile(outer) as archive:
        return archive.extract("jacocoagent.jar", folder)


def lines_reached(tools: Sequence[str], compiled: Path, reached: Path) -> dict[str, dict[int, bool]]:
    """For each file of Clojure, the lines that have code, and whether any of it ran."""
    xml = reached.with_suffix(".xml")
    command = [find_java().executable, "-cp", os.pathsep.join(tools), "org.jacoco.cli.internal.Main", "report", reached]
    subprocess.run([*command, "--classfiles", compiled, "--xml", xml, "--quiet"], check=True)
    files: dict[str, dict[int, bool]] = defaultdict(dict)
    for package in ElementTree.parse(xml).getroot().iter("package"):
        for source in package.iter("sourcefile"):
            # The types of a namespace are in a package of its name, its functions in the one above.
            folder = package.attrib["name"].removesuffix("/" + source.attrib["name"].removesuffix(".clj"))
            lines = files[f"{folder}/{source.attrib['name']}"]
            for line in source.iter("line"):
                number = int(line.attrib["nr"])
                lines[number] = lines.get(number, False) or int(line.attrib["ci"]) > 0
    return {name: lines for name, lines in sorted(files.items()) if lines}


def report(files: dict[str, dict[int, bool]]) -> None:
    """Print a table as coverage.py does."""
    rows = [(name, len(lines), list(lines.values()).count(False)) for name, lines in files.items()]
    rows.append(("TOTAL", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    width = max(len(row[0]) for row in rows)
    print(f"{'Name':<{width}}  Lines   Miss  Cover")
    for name, lines, missed in rows:
        print(f"{name:<{width}}  {lines:>5}  {missed:>5}  {100 * (lines - missed) // max(lines, 1):>4}%")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
