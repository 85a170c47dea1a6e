"""Ask which of the libraries that pybridge uses have known vulnerabilities: `make audit`.

Python's libraries are those of this environment, asked about by pip-audit; the jars those of deps.edn and what they
need, asked about at OSV. The exit status is 0 where none is known, 1 where one is, and 2 where nobody could be asked
about some.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

import requests

from pybridge._places import place
from pybridge.clojure.classpath import DIGESTS
from pybridge.clojure.edn import forms

OSV = "https://api.osv.dev"
TIMEOUT = 30  # seconds


class Unknown(Exception):
    """Nobody could be asked."""


def main() -> int:
    """Ask about all, and print what is known; the exit status."""
    status = 0
    for what, ask in (("Python libraries", python), ("jars", lambda: jars(coordinates()))):
        try:
            known = ask()
        except Unknown as error:
            print(f"{what}: not known, as {error}", file=sys.stderr)
            status = status or 2
        else:
            print(f"{what}: {'no vulnerability is known' if not known else 'known are'}", *known, sep="\n  ")
            status = 1 if known else status
    return status


def python() -> list[str]:
    """The known vulnerabilities of the libraries of this environment, a line for each.

    Raises:
        Unknown: one of them could not be asked about.
    """
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--skip-editable"]
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        raise Unknown(f"pip-audit says: {(done.stderr.strip() or 'nothing').splitlines()[-1]}") from None
    skipped = [each["name"] for each in found if "editable" not in each.get("skip_reason", "editable")]
    if skipped:
        raise Unknown(f"PyPI says nothing about {skipped[0]} and {len(skipped) - 1} more")
    return [
        f"{each['name']} {each['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'no version'}"
        for each in found
        for fault in each.get("vulns", [])
    ]


def coordinates() -> list[str]:
    """What Maven calls the jars that pybridge uses, "group:artifact:version".

    >>> "org.clojure:spec.alpha:0.5.238" in coordinates()
    True
    """
    paths = [line.split()[1].split("/") for line in DIGESTS.read_text(encoding="utf-8").splitlines()]
    found = {":".join([".".join(group), artifact, version]) for *group, artifact, version, _ in paths}
    own = next(forms(place("deps.edn").read_text(encoding="utf-8")))
    for deps in (own[":deps"], *(alias[":extra-deps"] for alias in own[":aliases"].values())):
        found |= {f"{name.replace('/', ':')}:{spec[':mvn/version']}" for name, spec in deps.items()}
    return sorted(found)


def jars(wanted: Sequence[str], service: str = OSV) -> list[str]:
    """The known vulnerabilities of some jars, a line for each.

    Args:
        wanted: what Maven calls them, "group:artifact:version".
        service: where OSV's interface is.

    Raises:
        Unknown: the service could not be asked.
    """
    queries = []
    for coordinate in wanted:
        group, artifact, version = coordinate.split(":")
        queries.append({"package": {"name": f"{group}:{artifact}", "ecosystem": "Maven"}, "version": version})
    try:
        response = requests.post(f"{service}/v1/querybatch", json={"queries": queries}, timeout=TIMEOUT)
        response.raise_for_status()
        results = response.json()["results"]
    except (requests.RequestException, ValueError, KeyError) as error:
        raise Unknown(f"{service} cannot be asked: {error}") from error
    return [
        f"{coordinate}: {fault['id']}"
        for coordinate, result in zip(wanted, results, strict=True)
        for fault in result.get("vulns", [])
    ]


if __name__ == "__main__":
    sys.exit(main())
