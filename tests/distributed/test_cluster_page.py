"""The recipes of docs/cluster.md as they stand there: with stand-ins for ssh and srun, and as Kubernetes reads them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from pybridge.cli.workers import free_ports
from pybridge.distributed._cluster import FIRST_PORT, PORTS, read_cluster
from pybridge.errors import OptionError

pytestmark = pytest.mark.timeout(600)
PAGE = (Path(__file__).parents[2] / "docs/cluster.md").read_text(encoding="utf-8")
LONGEST = 500

# Runs the command that ssh is given here, and forwards a hang-up as sshd does.
SSH = """#!/bin/sh
test "$1" = -tt || exit 9
export TF_NUM_INTRAOP_THREADS=1
exec sh -c "$3"
"""

# Starts two tasks of one node; SLURM starts none on a machine that is not set up for it.
SRUN = """#!/bin/sh
test "$1" = --cpus-per-task=2 || exit 9
shift
export TF_NUM_INTRAOP_THREADS=1 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_NODELIST=localhost SLURM_STEP_TASKS_PER_NODE=2
SLURM_PROCID=0 "$@" & first=$!
SLURM_PROCID=1 "$@" & second=$!
wait $first && wait $second
"""


def block(section: str, language: str, number: int = 0) -> str:
    """The code of a section of the page."""
    found = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    return re.findall(rf"^```{language}\n(.*?)^```", found[1], re.DOTALL | re.MULTILINE)[number]


def replaced(text: str, old: str, new: str) -> str:
    """The text with one part replaced, which is in it."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as the page has it, with the page's program for a little data, and programs that stand in for others."""
    little = "((numpy.arange(6000) % 251).astype('uint8').repeat(784).reshape(-1, 28, 28), numpy.arange(6000) % 10), 0"
    program = replaced(block("The program", "python"), "data.load_mnist()", little)
    program = replaced(program, "epochs=5", "epochs=int(sys.argv[1]) if sys.argv[1:] else 2")
    (tmp_path / "train.py").write_text("import numpy, sys\n" + program)
    bin_of = tmp_path / ".venv" / "bin"
    bin_of.mkdir(parents=True)
    (bin_of / "pybridge").symlink_to(Path(sys.executable).with_name("pybridge"))
    (tmp_path / "bin").mkdir()
    for name, script in {"ssh": SSH, "srun": SRUN, "scontrol": '#!/bin/sh\necho "$@" >> requeued\n'}.items():
        (tmp_path / "bin" / name).write_text(script)
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def started(folder: Path, script: str, *arguments: str, **environment: str) -> subprocess.Popen:
    (folder / "script.sh").write_text(script)
    path = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    pipe = subprocess.PIPE
    command = ["sh", "script.sh", *arguments]
    environment = os.environ | path | environment
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, start_new_session=True)


def ended(process: subprocess.Popen) -> tuple[int, list[str], str]:
    # Both write to one pipe, and a line of one may come before the end of the other's.
    out, err = process.communicate(timeout=LONGEST)
    return (
        process.returncode,
        sorted(re.findall(r"worker \d of \d has trained from epoch \d+ on", out.decode())),
        err.decode(),
    )


def said(epoch: int) -> list[str]:
    return [f"worker {rank} of 2 has trained from epoch {epoch} on" for rank in (0, 1)]


def by_ssh() -> str:
    """The page's script; hosts with one address need another port each, so the host has it here."""
    script = replaced(block("Plain ssh", "sh"), "port=12345\n", "")
    return replaced(script, r"\"%s:$port\"", r"\"localhost:%s\"")


def test_ssh_trains_and_goes_on(folder):
    ports = [str(port) for port in free_ports(2)]
    status, lines, err = ended(started(folder, by_ssh(), *ports))
    assert (status, lines) == (0, said(0)), err[-3000:]
    assert sorted(file.name for file in (folder / "checkpoints").iterdir()) == ["1.keras", "2.keras"]
    (folder / "checkpoints" / "2.keras").unlink()
    assert ended(started(folder, by_ssh(), *ports))[:2] == (0, said(1))


def test_ctrl_c_ends_the_workers_of_ssh(folder):
    script = replaced(by_ssh(), "run train.py", "run train.py 100000")
    process = started(folder, script, *[str(port) for port in free_ports(2)])
    until = time.monotonic() + LONGEST
    while not (folder / "checkpoints" / "1.keras").exists():
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert ended(process)[0] > 0  # which waits until no worker holds the pipes


@pytest.mark.parametrize("fails", [False, True])
def test_slurm_trains_and_is_requeued_when_it_fails(folder, fails):
    job = next(job for job in range(1, 500) if are_free(FIRST_PORT + job * 64 % PORTS))
    script = block("SLURM", "sh")
    if fails:
        script = replaced(script, "run train.py", "run missing.py")
    variables = {"SLURM_JOB_ID": str(job), "SLURM_CPUS_PER_TASK": "2"}
    status, lines, err = ended(started(folder, script, **variables))
    assert (status, lines) == ((1, []) if fails else (0, said(0))), err[-3000:]
    requeued = folder / "requeued"
    assert (requeued.read_text() if requeued.exists() else "") == (f"requeue {job}\n" if fails else "")
    if fails:
        ended(started(folder, script, **variables, SLURM_RESTART_COUNT="3"))
        assert requeued.read_text() == f"requeue {job}\n"


def are_free(port: int) -> bool:
    with suppress(OptionError):
        return len(free_ports(2, range(port, port + 2))) == 2
    return False


def test_an_indexed_job_tells_each_pod_of_all():
    yaml = pytest.importorskip("yaml")
    service, job = yaml.safe_load_all(block("Kubernetes", "yaml"))
    template, name = job["spec"]["template"]["spec"], job["metadata"]["name"]
    assert service["spec"]["selector"] == {"job-name": name}
    assert template["subdomain"] == service["metadata"]["name"]
    index, config = template["containers"][0]["env"]
    count = job["spec"]["completions"]
    assert count == job["spec"]["parallelism"] > 1
    for rank in range(count):
        told = read_cluster({config["name"]: config["value"].replace(f"$({index['name']})", str(rank))})
        assert (told.rank, told.count) == (rank, count)
        assert [address.split(":")[0] for address in told.addresses] == [f"{name}-{n}.{name}" for n in range(count)]


def test_a_tfjob_has_a_chief_and_workers():
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load(block("Kubernetes", "yaml", 1))
    replicas = job["spec"]["tfReplicaSpecs"]
    assert {name: each["template"]["spec"]["containers"][0]["name"] for name, each in replicas.items()} == {
        "Chief": "tensorflow",
        "Worker": "tensorflow",
    }
    # As the operator writes it.
    name = job["metadata"]["name"]
    cluster = {kind.lower(): [f"{name}-{kind.lower()}-0.default.svc:2222"] for kind in replicas}
    for rank, kind in enumerate(cluster):
        told = {"cluster": cluster, "task": {"type": kind, "index": 0}, "environment": "cloud"}
        assert (read_cluster({"TF_CONFIG": json.dumps(told)}).rank) == rank


def test_the_tables_of_other_networks_are_the_formula():
    told = subprocess.run(
        [sys.executable, "-c", "from benchmarks._formula import tables; print('\\n'.join(tables()))"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.strip() in PAGE
