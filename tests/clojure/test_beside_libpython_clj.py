"""pybridge and libpython-clj in one process: whichever starts first, there is one Python, and what is found is told."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import venv

import pytest
from test_clojure import MODES, NO_LIBPYTHON_CLJ, has_libpython_clj, java_of

from pybridge.clojure.classpath import classpath

pytestmark = pytest.mark.skipif(not has_libpython_clj(), reason=NO_LIBPYTHON_CLJ)
JAVAS = [mode for mode in MODES if mode.startswith("libpython-clj")]

SAME = """
(def modules (pb/run* "import sys\\nsys.modules"))
(defn theirs [name & xs] (apply @(resolve (symbol "libpython-clj2.python" name)) xs))
(def their-modules (theirs "get-attr" (theirs "import-module" "sys") "modules"))
(prn [:one-python (= (pb/call (pb/module "builtins") :id modules)
                     (theirs "call-attr" (theirs "import-module" "builtins") "id" their-modules)
                     (theirs "call-attr" (theirs "import-module" "builtins") "id" modules)
                     (pb/call (pb/module "builtins") :id their-modules))
      (pb/->clj (theirs "->py-list" [1 [2]])) (theirs "->jvm" (pb/->py [3 [4]]))
      (with-out-str (theirs "run-simple-string" "print('there')") (pb/run "print('here')"))])
"""
ONE_PYTHON = r'[:one-python true [1 [2]] [3 [4]] "there\nhere\n"]'


def run(mode: str, code: str, folder, **surroundings: str) -> subprocess.CompletedProcess:
    program = folder / "program.clj"
    program.write_text(textwrap.dedent(code) + "\n(shutdown-agents)", encoding="utf-8")
    command = [*java_of(mode), "-cp", os.pathsep.join(classpath()), "clojure.main", str(program)]
    surroundings = {"PYBRIDGE_PYTHON": sys.executable, **surroundings}
    kept = {name: value for name, value in {**os.environ, **surroundings}.items() if value}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=kept, timeout=600)


def said(done: subprocess.CompletedProcess) -> list[str]:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("mode", JAVAS)
def test_pybridge_first(mode, tmp_path):
    code = f"""
    (require '[pybridge.core :as pb])
    (def started-by (:started-by (pb/start!)))
    (require '[libpython-clj2.python :as py] '[libpython-clj2.require :refer [require-python]])
    (prn (py/initialize!) (py/initialize! :python-executable "{sys.executable}"))
    (require-python '[statistics :as theirs])
    (prn (theirs/mean [1 2 6]))
    {SAME}
    (prn (= started-by (:started-by (pb/start! {{:transport :libpython}}))))"""
    assert said(run(mode, code, tmp_path)) == [
        ":already-initialized :already-initialized",
        "3",
        ONE_PYTHON,
        "true",
    ]


def test_libpython_clj_is_loaded_by_asking_for_it(tmp_path):
    code = f"""
    (require '[pybridge.core :as pb])
    (prn (:started-by (pb/start!)))
    (prn (:started-by (pb/start! {{:transport :libpython}})))
    {SAME}"""
    assert said(run("libpython-clj", code, tmp_path)) == [":pybridge", ":pybridge", ONE_PYTHON]


@pytest.mark.parametrize("mode", JAVAS)
def test_libpython_clj_first(mode, tmp_path):
    code = f"""
    (require '[pybridge.core :as pb] '[libpython-clj2.python :as py] '[pybridge.native.find :as find])
    (let [{{:keys [executable library]}} (find/python {{}})]
      (prn (py/initialize! :python-executable executable :library-path library)))
    (prn (select-keys (pb/start!) [:executable :version :started-by]))
    {SAME}"""
    version = ".".join(map(str, sys.version_info[:3]))
    assert said(run(mode, code, tmp_path)) == [
        ":ok",
        f'{{:executable "{sys.executable}", :version "{version}", :started-by :libpython-clj}}',
        ONE_PYTHON,
    ]


def test_both_at_once(tmp_path):
    code = f"""
    (require '[pybridge.core :as pb] '[libpython-clj2.python :as py])
    (let [go (promise)
          both [(future @go (pb/start!)) (future @go (py/initialize! :python-executable "{sys.executable}"))]]
      (deliver go true)
      (run! deref both))
    {SAME.replace("(with-out-str", "#_(with-out-str")}"""
    assert said(run("libpython-clj", code, tmp_path)) == ["[:one-python true [1 [2]] [3 [4]]]"]


def test_python_hosts_both(tmp_path):
    (tmp_path / "program.clj").write_text(f"""
    (require '[pybridge.core :as pb] '[libpython-clj2.python :as py])
    (prn (py/initialize!) (:started-by (pb/start!)))
    {SAME.replace("with-out-str", "comment")}""")
    code = """from pybridge import clojure; clojure.eval('(load-file "program.clj")')"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert said(done) == [":already-initialized :python", "[:one-python true [1 [2]] [3 [4]] nil]"]


def test_another_python_than_the_projects_is_refused(tmp_path):
    """A virtual environment of the same Python that finds pybridge too: nothing but the choice differs."""
    venv.create(tmp_path / "other", symlinks=True)
    other = tmp_path / "other" / "bin" / "python"
    code = f"""
    (require '[pybridge.core :as pb] '[libpython-clj2.python :as py] '[pybridge.native.find :as find])
    (let [{{:keys [library]}} (find/python {{}})] (py/initialize! :python-executable "{other}" :library-path library))
    (prn (try (pb/start!) (catch Exception e (ex-message e))))
    (prn (:executable (pb/start! {{:python "{other}"}})))"""
    found = os.pathsep.join(path for path in sys.path if path)
    refusal, started = said(run("libpython-clj", code, tmp_path, PYTHONPATH=found))
    assert f"libpython-clj has started another Python than this project's: {other} with " in refusal
    assert f"where PYBRIDGE_PYTHON names {sys.executable} with " in refusal
    assert f'start that, with (initialize! :python-executable \\"{sys.executable}\\" :library-path ' in refusal
    assert f'or choose the other, with PYBRIDGE_PYTHON or (start! {{:python \\"{other}\\"}})' in refusal
    assert started == f'"{other}"'


@pytest.mark.parametrize("transport", [":native", ":libpython"])
def test_python_edn(transport, tmp_path):
    (tmp_path / "python.edn").write_text(
        f'{{:python-executable "{sys.executable}" :pre-initialize-fn user/before :post-initialize-fn user/after}}'
    )
    code = f"""
    (require '[pybridge.core :as pb])
    (defn before [] (println "before"))
    (defn after [] (println "after"))
    (prn (select-keys (pb/start! {{:transport {transport}}}) [:executable :source]))"""
    assert said(run("libpython-clj", code, tmp_path, PYBRIDGE_PYTHON="")) == [
        "before",
        "after",
        f'{{:executable "{sys.executable}", :source "python.edn"}}',
    ]


def test_a_python_edn_that_does_not_do(tmp_path):
    venv.create(tmp_path / "bare", symlinks=True)
    code = """
    (require '[pybridge.core :as pb])
    (defn told [text] (spit "python.edn" text) (println (try (pb/start!) (catch Exception e (ex-message e)))))
    (told "{:python-executable \\"bare/bin/python\\"}")
    (told "{:python-home \\"/usr\\"}")
    (told "[]")
    (told "{:pre-initialize-fn clojure.core/no-such-function}")
    (told "{:pre-initialize-fn no.such.namespace/f}")
    (told "{:post-initialize-fn f}")
    (told "{:library-path 7}")"""
    bare, home, vector, hook, nowhere, bare_name, library = said(
        run("libpython-clj", code, tmp_path, PYBRIDGE_PYTHON="", PYTHONPATH="")
    )
    assert bare.startswith(
        "no Python that pybridge can use; bare/bin/python (python.edn): it has no pybridge installed"
    )
    assert home == (
        "python.edn has a :python-home, which pybridge does not set, since a Python knows its own: "
        "take that out, or have libpython-clj start Python, with (start! {:transport :libpython})"
    )
    assert vector.endswith('python.edn does not hold a map such as {:python-executable ".venv/bin/python"}')
    assert hook == ":pre-initialize-fn of python.edn names clojure.core/no-such-function, which is no var"
    assert nowhere.startswith(
        ":pre-initialize-fn of python.edn names no.such.namespace/f, and its namespace is not on the class path: "
    )
    assert bare_name == (
        ":post-initialize-fn of python.edn is the name of a function with its namespace, such as user/before, not f"
    )
    assert library == ":library-path of python.edn is a path in a string, not 7"
