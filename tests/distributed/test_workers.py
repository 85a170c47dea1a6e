"""What each worker of `pybridge run --workers` is given, and what is refused (pybridge/cli/workers.py)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pybridge.cli.joining import is_one_of_several
from pybridge.cli.workers import environments, free_ports, gpus
from pybridge.errors import OptionError

PYBRIDGE = Path(sys.executable).with_name("pybridge")
SET_HERE = ("CUDA_VISIBLE_DEVICES", "TF_FORCE_GPU_ALLOW_GROWTH", "TF_NUM_INTRAOP_THREADS")
SAID_ELSEWHERE = ("TF_CONFIG", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    """No variable that matters here, and no program that lists GPUs."""
    for name in (*SET_HERE, *SAID_ELSEWHERE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


def devices(folder: Path, *names: str) -> Path:
    """A folder with files of these names, as /dev has them for NVIDIA's GPUs."""
    listed = folder / "dev"
    listed.mkdir()
    for name in ("null", "nvidiactl", "nvidia-uvm", "nvidia-caps", *names):
        (listed / name).touch()
    return listed


def test_ports_are_free_and_no_two_are_the_same():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(20000 <= port < 32000 for port in ports)


def test_a_port_that_somebody_listens_at_is_left_out():
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("0.0.0.0", 0)) as everywhere:
        among = [taken.getsockname()[1], everywhere.getsockname()[1], *free_ports(1)]
        assert free_ports(1, among) == among[2:]
        says = "--workers 2 needs as many free ports on 127.0.0.1, and there are 1"
        with pytest.raises(OptionError, match=f"^{says}$"):
            free_ports(2, among)


def test_each_worker_knows_all_addresses_and_its_own_number(tmp_path):
    made = [json.loads(each["TF_CONFIG"]) for each in environments(3, devices(tmp_path))]
    assert [each["task"] for each in made] == [{"type": "worker", "index": index} for index in range(3)]
    clusters = [each["cluster"] for each in made]
    assert clusters[0] == clusters[1] == clusters[2]
    addresses = clusters[0]["worker"]
    assert len({int(address.removeprefix("127.0.0.1:")) for address in addresses}) == 3


def test_workers_share_the_cores_unless_the_user_says_otherwise(tmp_path, monkeypatch):
    listed = devices(tmp_path)
    cores = len(os.sched_getaffinity(0))
    for count, share in ((1, cores), (2, max(1, cores // 2)), (10 * cores, 1)):
        assert {each["TF_NUM_INTRAOP_THREADS"] for each in environments(count, listed)} == {str(share)}
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "7")
    assert {each["TF_NUM_INTRAOP_THREADS"] for each in environments(2, listed)} == {"7"}


def test_without_gpus_nothing_is_said_of_them(tmp_path):
    for each in environments(2, devices(tmp_path)):
        assert not {"CUDA_VISIBLE_DEVICES", "TF_FORCE_GPU_ALLOW_GROWTH"} & each.keys()
    assert gpus(tmp_path / "missing") == []


def test_each_worker_has_a_gpu_of_its_own(tmp_path, monkeypatch):
    listed = devices(tmp_path, "nvidia0", "nvidia1", "nvidia10")
    made = environments(2, listed)
    assert [each["CUDA_VISIBLE_DEVICES"] for each in made] == ["0", "1"]
    assert [each["TF_FORCE_GPU_ALLOW_GROWTH"] for each in made] == ["true", "true"]
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", "false")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,GPU-8932f937, 7")
    made = environments(3, listed)
    assert [each["CUDA_VISIBLE_DEVICES"] for each in made] == ["5", "GPU-8932f937", "7"]
    assert made[0]["TF_FORCE_GPU_ALLOW_GROWTH"] == "false"


def test_more_workers_than_gpus_are_refused_unless_they_run_on_the_cpu(tmp_path, monkeypatch):
    listed = devices(tmp_path, "nvidia0")
    with pytest.raises(OptionError) as refused:
        environments(2, listed)
    assert str(refused.value) == (
        "--workers 2 needs a GPU for each worker, and finds 1: take --workers 1, or run all of them on the CPU: "
        'CUDA_VISIBLE_DEVICES="" pybridge run --workers 2 …'
    )
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert [each["CUDA_VISIBLE_DEVICES"] for each in environments(2, listed)] == ["", ""]


@pytest.mark.parametrize(
    "value, found", [("", []), ("-1", []), ("NoDevFiles", []), ("2,0", ["2", "0"]), ("1,-1,2", ["1"])]
)
def test_a_variable_says_which_gpus_there_are(tmp_path, monkeypatch, value, found):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert gpus(devices(tmp_path, "nvidia0")) == found


def test_the_drivers_program_lists_gpus_that_are_no_devices(tmp_path):
    program = tmp_path / "nvidia-smi"
    program.write_text('#!/bin/sh\necho "GPU 0: A (UUID: GPU-1)"\necho "  MIG 1g: (UUID: MIG-1)"\necho "GPU 1: B"\n')
    program.chmod(0o755)
    assert gpus(devices(tmp_path)) == ["0", "1"]
    program.write_text('#!/bin/sh\necho "No devices were found"\nexit 6\n')
    assert gpus(tmp_path / "dev") == []


ADDRESSES = {"worker": ["a:1", "b:1"]}


@pytest.mark.parametrize(
    "environment, several",
    [
        ({}, False),
        ({"TF_CONFIG": ""}, False),
        ({"TF_CONFIG": "{}"}, False),
        ({"TF_CONFIG": json.dumps({"cluster": {"worker": ["a:1"]}})}, False),
        ({"TF_CONFIG": json.dumps({"cluster": ADDRESSES})}, True),
        ({"TF_CONFIG": json.dumps({"cluster": {"chief": ["a:1"], "worker": ["b:1"]}})}, True),
        ({"TF_CONFIG": "{'cluster': {}}"}, True),
        ({"TF_CONFIG": "[]"}, True),
        ({"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2"}, True),
        ({"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"}, False),
        ({"SLURM_PROCID": "0"}, False),
        ({"SLURM_STEP_NUM_TASKS": "2"}, False),
        ({"TF_CONFIG": "{}", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2"}, False),
    ],
)
def test_the_environment_tells_of_other_workers(monkeypatch, environment, several):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert is_one_of_several() == several


def pybridge(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [PYBRIDGE, *arguments], capture_output=True, text=True, cwd=cwd, input="", env=os.environ | environment
    )


@pytest.mark.parametrize(
    "line, says",
    [
        (["--workers", "0", "program.py"], "Invalid value for '--workers': "),
        (["--workers", "-1", "program.py"], "Invalid value for '--workers': "),
        (["--workers", "two", "program.py"], "Invalid value for '--workers': "),
        (
            ["--workers", "2", "-"],
            "Invalid value: --workers needs a file, which each worker can read; standard input is read once",
        ),
        (["--workers", "2", "missing.py"], "Invalid value for 'file': file 'missing.py' does not exist."),
        (["--workers", "2", "notes.org", "one"], "Invalid value: a notebook takes no arguments"),
    ],
)
def test_wrong_use_ends_with_2_before_any_worker_starts(tmp_path, line, says):
    (tmp_path / "program.py").write_text("print('ran')")
    (tmp_path / "notes.org").touch()
    ended = pybridge("run", *line, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert says in ended.stderr


def test_one_worker_is_this_process(tmp_path):
    (tmp_path / "program.py").write_text("import os, sys\nprint('TF_CONFIG' in os.environ, sys.argv)\nsys.exit(3)")
    ended = pybridge("run", "--workers", "1", "program.py", "--workers", "2", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (3, "False ['program.py', '--workers', '2']\n")


def test_a_worker_starts_no_workers(tmp_path):
    (tmp_path / "program.py").write_text("print('ran')")
    config = json.dumps({"cluster": ADDRESSES, "task": {"type": "worker", "index": 0}})
    ended = pybridge("run", "--workers", "2", "program.py", cwd=tmp_path, TF_CONFIG=config)
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        1,
        "",
        "pybridge: --workers starts workers on this machine, and this process is one of several already, as TF_CONFIG "
        "or SLURM's variables say: leave --workers out, or unset them\n",
    )


def test_a_program_that_runs_alone_loads_nothing_for_others(tmp_path):
    code = "import sys\nprint({'socket', 'subprocess', 'tensorflow', 'pybridge.cli.workers'} & set(sys.modules))"
    (tmp_path / "program.py").write_text(code)
    assert pybridge("run", "program.py", cwd=tmp_path).stdout == "set()\n"
