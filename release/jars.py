"""The Clojure half as Maven has it: a jar of sources, one with compiled classes too, and a pom."""

from __future__ import annotations

import shutil
import string
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pybridge
from pybridge._places import place
from pybridge.clojure import quickstart
from pybridge.clojure.classpath import jars
from pybridge.clojure.edn import forms
from pybridge.clojure.java import find_java

__all__ = ["build"]

ROOT = Path(__file__).parents[1]
COORDINATE = "META-INF/maven/io.github.pybridge/pybridge"
PROPERTIES = "groupId=io.github.pybridge\nartifactId=pybridge\nversion={}\n"
OPTIONAL = "libpython-clj"  # the alias of deps.edn whose libraries only those have who ask for them

# Zip files know no time before; Clojure takes a class that is newer than its source.
OLDEST = (1980, 1, 1, 0, 0, 0)

DEPENDENCY = """\
    <dependency>
      <groupId>$group</groupId>
      <artifactId>$artifact</artifactId>
      <version>$version</version>$optional
    </dependency>"""


def build(folder: Path) -> None:
    """Write the jars and the pom into `folder`, and Clojure's jars into `lib` there, where `java -jar` finds them."""
    version, clojure = pybridge.__version__, [Path(jar) for jar in jars()]
    pom, sources = _pom(version), dict(_sources())
    compiled = zipfile.ZipFile(quickstart.compile_classes(find_java(), jars()))
    classes = {entry.filename: (compiled.read(entry), entry.date_time) for entry in compiled.infolist()}
    (folder / f"pybridge-{version}.pom").write_text(pom, encoding="utf-8")
    common = {"META-INF/MANIFEST.MF": _manifest(version, [jar.name for jar in clojure])} | {
        f"{COORDINATE}/pom.xml": pom.encode(),
        f"{COORDINATE}/pom.properties": PROPERTIES.format(version).encode(),
        "META-INF/LICENSE": (ROOT / "LICENSE").read_bytes(),
    }
    plain = {name: (content, OLDEST) for name, content in (common | sources).items()}
    _pack(folder / f"pybridge-{version}.jar", plain)
    _pack(folder / f"pybridge-{version}-aot.jar", plain | classes)
    (folder / "lib").mkdir()
    for jar in clojure:
        shutil.copyfile(jar, folder / "lib" / jar.name)


def _pom(version: str) -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = {"version": version, "description": project["description"], "url": project["urls"]["Source"]}
    template = string.Template((Path(__file__).parent / "pom.xml").read_text(encoding="utf-8"))
    return template.substitute(told, dependencies="\n".join(_dependencies()))


def _dependencies() -> Iterator[str]:
    """What deps.edn names, as a pom says it."""
    edn = next(forms(place("deps.edn").read_text(encoding="utf-8")))
    for dependencies, optional in [
        (edn[":deps"], ""),
        (edn[":aliases"][f":{OPTIONAL}"][":extra-deps"], "\n      <optional>true</optional>"),
    ]:
        for name, coordinate in dependencies.items():
            group, artifact = str(name).split("/")
            told = {
                "group": group,
                "artifact": artifact,
                "version": coordinate[":mvn/version"],
                "optional": optional,
            }
            yield string.Template(DEPENDENCY).substitute(told)


def _sources() -> Iterator[tuple[str, bytes]]:
    root = place("clj")
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield path.relative_to(root).as_posix(), path.read_bytes()


def _manifest(version: str, clojure: list[str]) -> bytes:
    """What `java -jar` needs to know: that C is called, and where Clojure is, beside the jar or in `lib` below it."""
    attributes = {
        "Manifest-Version": "1.0",
        "Created-By": f"pybridge {version}",
        "Main-Class": "clojure.main",
        "Class-Path": " ".join(f"{folder}{name}" for folder in ("lib/", "") for name in clojure),
        "Enable-Native-Access": "ALL-UNNAMED",
        "Add-Opens": "java.base/java.lang",
        "Implementation-Title": "pybridge",
        "Implementation-Version": version,
    }
    return "".join(_attribute(f"{name}: {value}") for name, value in attributes.items()).encode() + b"\r\n"


def _attribute(line: str) -> str:
    """A line of a manifest, which is folded: a line has 72 bytes at most, its end included."""
    first, rest = line[:70], line[70:]
    return "\r\n ".join([first, *(rest[i : i + 69] for i in range(0, len(rest), 69))]) + "\r\n"


def _pack(jar: Path, entries: Mapping[str, tuple[bytes, tuple[int, ...]]]) -> None:
    """Write a jar, whose manifest has to come first."""
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(entries, key=lambda name: (name != "META-INF/MANIFEST.MF", name)):
            content, time = entries[name]
            entry = zipfile.ZipInfo(name, time)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)
