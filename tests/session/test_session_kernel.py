"""The Jupyter kernel `pybridge`, installed and started as Jupyter does it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

PYBRIDGE = Path(sys.executable).with_name("pybridge")
WITHIN = 30


@pytest.fixture(scope="module")
def manager(tmp_path_factory) -> KernelManager:
    """A manager of a kernel that is known in a folder of its own."""
    data = tmp_path_factory.mktemp("jupyter")
    done = subprocess.run(
        [PYBRIDGE, "jupyter", "install", "--user"],
        capture_output=True,
        text=True,
        env={"JUPYTER_DATA_DIR": str(data), "PATH": ""},
    )
    assert (done.returncode, done.stdout) == (0, f"the kernel pybridge is in {data}/kernels/pybridge\n"), done.stderr
    found = KernelSpecManager(kernel_dirs=[str(data / "kernels")])
    folder = tmp_path_factory.mktemp("kernel")
    return KernelManager(kernel_name="pybridge", kernel_spec_manager=found, transport="ipc", ip=str(folder / "k"))


@pytest.fixture(scope="module")
def client(manager) -> Iterator:
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=WITHIN)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


def ran(client, code: str) -> dict:
    """What a cell shows, prints and raises."""
    found = {"printed": ""}

    def take(message: dict) -> None:
        content = message["content"]
        if message["msg_type"] == "stream":
            found["printed"] += content["text"]
        elif message["msg_type"] in ("execute_result", "display_data"):
            found["shown"] = content["data"]["text/plain"]
        elif message["msg_type"] == "error":
            found["error"] = content

    client.execute_interactive(code, output_hook=take, timeout=WITHIN)
    return found


def test_cells_are_clojure_and_python_where_they_say_so(client):
    assert ran(client, "(def x {:a [1 2]})\nx") == {"printed": "", "shown": "{:a [1 2]}"}
    assert ran(client, "%%python\nprint(clj.x)\n6 * 7") == {"printed": "{'a': [1, 2]}\n", "shown": "42"}
    assert ran(client, "\n %%python\nprint(clj.x)\n6 * 7") == {"printed": "{'a': [1, 2]}\n", "shown": "42"}
    assert ran(client, "%clojure (inc 1)")["shown"] == "2"
    assert ran(client, "%doc map")["printed"].startswith("clojure.core/map\n")
    assert ran(client, "") == {"printed": ""}
    assert "Divide by zero" in "\n".join(ran(client, "(/ 1 0)")["error"]["traceback"])


def test_an_error_in_a_cell_of_python_says_the_line_of_the_cell(client):
    error = ran(client, "%%python\nx = 0\n1 / x")["error"]
    trace = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error["traceback"]))
    assert re.search(r"Cell In\[\d+\], line 3\n", trace) and "----> 3 1 / x" in trace


@pytest.mark.parametrize("above", ["", "\n\n", "%%clojure\n", "\n%%clojure\n\n"], ids=repr)
def test_an_error_in_a_cell_of_clojure_says_the_line_of_the_cell(client, above):
    cell = f"{above}(def x 0)\n(/ 1 x)"
    lines = cell.splitlines()
    trace = "\n".join(ran(client, cell)["error"]["traceback"])
    assert re.search(rf"^  Cell In\[\d+\], line {lines.index('(/ 1 x)') + 1}\n    \(/ 1 x\)$", trace, re.MULTILINE)


def test_a_magic_of_ipythons_may_follow(client):
    assert ran(client, "%%python\n%%capture held\nprint(1)")["printed"] == ""
    assert ran(client, "%%python\nheld.stdout")["shown"] == "'1\\n'"
    assert ran(client, "%%python") == {"printed": ""}


def test_a_python_object_shows_as_in_a_cell_of_python(client):
    code = "import pandas\npandas.DataFrame({'a': [1]})"
    shown = [
        client.execute_interactive(cell, output_hook=found.append, timeout=WITHIN) and found[-2]["content"]["data"]
        for cell in (f"%%python\n{code}", f'(require \'[pybridge.core :as pb])\n(pb/run "{code}")')
        for found in [[]]
    ]
    assert shown[0]["text/html"] == shown[1]["text/html"]


def test_its_language_is_clojure(client):
    info = client.kernel_info(reply=True, timeout=WITHIN)["content"]
    assert (info["implementation"], info["language_info"]["name"]) == ("pybridge", "clojure")


@pytest.mark.parametrize(
    "code, completed",
    [
        ("(reduc", "(reduce"),
        ("(inc 1)\n(clojure.string/upp", "(inc 1)\n(clojure.string/upper-case"),
        ("%%python\nimport os\nos.getp", "%%python\nimport os\nos.getpid"),
    ],
)
def test_completion(client, code, completed):
    ran(client, "%%python\nimport os")
    reply = client.complete(code, reply=True, timeout=WITHIN)["content"]
    assert completed in [
        code[: reply["cursor_start"]] + name + code[reply["cursor_end"] :] for name in reply["matches"]
    ]


@pytest.mark.parametrize(
    "code, told", [("(map inc [1])", "clojure.core/map"), ("%%python\ndivmod(1, 2)", "divmod(x, y, /)")]
)
def test_inspection(client, code, told):
    at = code.index("ap inc" if "map" in code else "mod(")
    shown = client.inspect(code, at, reply=True, timeout=WITHIN)["content"]["data"]["text/plain"]
    assert told in re.sub(r"\x1b\[[0-9;]*m", "", shown)


@pytest.mark.parametrize(
    "code, status",
    [("(+ 1", "incomplete"), ("(+ 1 2)", "complete"), ("%%python\nif x:", "incomplete"), ("%%python\nx", "complete")],
)
def test_whether_an_input_is_whole(client, code, status):
    asked = client.is_complete(code)
    while (reply := client.get_shell_msg(timeout=WITHIN))["parent_header"]["msg_id"] != asked:
        pass
    assert reply["content"]["status"] == status


def test_a_notebook_runs(manager, tmp_path):
    cells = ["(def y 20)", "%%python\nz = clj.y + 1", "(require '[pybridge.core :as pb])\n(pb/from-python :z)"]
    file = tmp_path / "clojure.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells]), file)
    execute = [Path(sys.executable).with_name("jupyter-execute"), "--inplace", "--kernel_name=pybridge", file]
    data = str(Path(manager.kernel_spec.resource_dir).parents[1])
    ended = subprocess.run(execute, capture_output=True, text=True, env=os.environ | {"JUPYTER_DATA_DIR": data})
    assert ended.returncode == 0, ended.stderr
    shown = [output["data"]["text/plain"] for output in nbformat.read(file, as_version=4)["cells"][-1]["outputs"]]
    assert shown == ["21"]


def test_the_spec_names_this_python(manager):
    spec = json.loads(Path(manager.kernel_spec.resource_dir, "kernel.json").read_text())
    assert spec["argv"] == [sys.executable, "-m", "pybridge.session.kernel", "-f", "{connection_file}"]


def test_without_jupyter_the_command_says_what_to_install(tmp_path):
    (tmp_path / "ipykernel.py").write_text("raise ImportError")
    given = os.environ | {"PYTHONPATH": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path / "data")}
    ended = subprocess.run([PYBRIDGE, "jupyter", "install", "--user"], capture_output=True, text=True, env=given)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "pybridge: Jupyter is not installed here: run pip install 'pybridge-clj[jupyter]'\n"
    assert not (tmp_path / "data").exists()
