"""Which workers there are, as the environment says: Kubernetes' operators and others by TF_CONFIG, SLURM by its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pybridge.errors import WorkerError

__all__ = ["Cluster", "read_cluster"]

EXAMPLE = '{"cluster": {"worker": ["host0:12345", "host1:12345"]}, "task": {"type": "worker", "index": 0}}'
FIRST_PORT, PORTS = 20_000, 12_000  # below those that Linux gives to connections of its own, from 32768 on
LARGEST = 100_000  # hosts in one range of SLURM's

_GROUP = re.compile(r"[^,\[\]]+(?:\[[^\[\]]*\][^,\[\]]*)*|[^,]+")


@dataclass(frozen=True)
class Cluster:
    """All workers, and which of them this process is.

    Attributes:
        addresses: host:port of each, in the order of their ranks.
        rank: this one's.
        source: what says so.
    """

    addresses: tuple[str, ...] = ("localhost:0",)
    rank: int = 0
    source: str = "nothing"

    @property
    def count(self) -> int:
        """How many workers there are."""
        return len(self.addresses)

    @property
    def place(self) -> int:
        """This worker's number among those of its own host."""
        return [_host(address) for address in self.addresses[: self.rank]].count(_host(self.addresses[self.rank]))

    def name(self, rank: int) -> str:
        """A worker in words.

        >>> Cluster(("a:1", "b:1")).name(1)
        'worker 1 of 2 (b:1)'
        """
        return f"worker {rank} of {self.count} ({self.addresses[rank]})"


def read_cluster(environment: Mapping[str, str]) -> Cluster:
    """The workers that an environment describes; one where it describes none.

    Raises:
        WorkerError: it describes them wrongly.

    >>> read_cluster({"TF_CONFIG": '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 1}}'})
    Cluster(addresses=('a:1', 'b:2'), rank=1, source='TF_CONFIG')
    """
    if environment.get("TF_CONFIG"):
        return _by_tf_config(environment["TF_CONFIG"])
    if environment.get("SLURM_STEP_NUM_TASKS", "1") != "1":
        return _by_slurm(environment)
    return Cluster()


def _by_tf_config(text: str) -> Cluster:
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong(f"it is not JSON: {error}") from None
    if not isinstance(config, dict):
        raise _wrong("it is not a JSON object")
    if not config.get("cluster"):  # as {} and operators of one process have it
        return Cluster()
    addresses, chiefs = _jobs(config["cluster"])
    if len(addresses) == 1 and "task" not in config:
        return Cluster()
    kind, index = _task(config.get("task"))
    if kind == "chief" and not chiefs:
        raise _wrong('its task is a chief, and its cluster has no "chief"')
    many = chiefs if kind == "chief" else len(addresses) - chiefs
    if not 0 <= index < many:
        raise _wrong(f"its task is {kind} {index}, and there are {many}, counted from 0")
    return Cluster(addresses, index if kind == "chief" else index + chiefs, "TF_CONFIG")


def _jobs(cluster: object) -> tuple[tuple[str, ...], int]:
    """The addresses, a chief's first, and how many chiefs there are."""
    if not isinstance(cluster, dict):
        raise _wrong('its "cluster" is not an object')
    if others := sorted(set(cluster) - {"chief", "worker"}):
        raise _wrong(
            f"its cluster has {', '.join(map(repr, others))}; here all workers are equal, and each is a worker (or the "
            "chief, which is worker 0)"
        )
    chief, workers = (_addresses(job, cluster.get(job, [])) for job in ("chief", "worker"))
    if len(chief) > 1:
        raise _wrong(f"it has {len(chief)} chiefs; there is one at most")
    addresses = (*chief, *workers)
    if not addresses:
        raise _wrong("its cluster has no workers")
    for address in addresses:
        if addresses.count(address) > 1:
            raise _wrong(f"two workers have the address {address}; each needs its own")
    return addresses, len(chief)


def _addresses(job: str, given: object) -> list[str]:
    if not isinstance(given, list):
        raise _wrong(f'the addresses of "{job}" are not a list')
    for address in given:
        found = (
            re.fullmatch(r"(?:[^\s:/\[\]]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})", address)
            if isinstance(address, str)
            else None
        )
        if not found or not 0 < int(found[1]) < 65536:
            raise _wrong(f"an address of a worker is host:port; got {json.dumps(address)}")
    return list(given)


def _task(task: object) -> tuple[str, int]:
    if not isinstance(task, dict):
        raise _wrong('it has no "task", which says which worker this process is')
    kind, index = task.get("type", "worker"), task.get("index")
    if kind not in ("worker", "chief"):
        raise _wrong(f"the type of its task is {json.dumps(kind)}; this can be a worker, or the chief")
    if isinstance(index, str) and re.fullmatch(r"\d+", index):  # as operators and shells write it
        index = int(index)
    if not isinstance(index, int) or isinstance(index, bool):
        raise _wrong(f"the index of its task is {json.dumps(index)}; it is a whole number")
    return kind, index


def _wrong(why: str) -> WorkerError:
    return WorkerError(f"TF_CONFIG does not say which workers there are: {why}; write it as {EXAMPLE}")


def _by_slurm(environment: Mapping[str, str]) -> Cluster:
    """The workers of a job step: `srun` starts one process for each task.

    Source: SLURM's manual, srun, "Output environment variables".
    """
    count, rank, job = (_number(environment, name) for name in ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "SLURM_JOB_ID"))
    hosts = _hosts(_said(environment, "SLURM_STEP_NODELIST"))
    tasks = _tasks(_said(environment, "SLURM_STEP_TASKS_PER_NODE"))
    if len(tasks) != len(hosts) or sum(tasks) != count or rank >= count:
        raise _slurm(f"{count} tasks, this one number {rank}, do not go with {tasks} tasks on {len(hosts)} nodes")
    way = environment.get("SLURM_DISTRIBUTION", "block").partition(",")[0].partition(":")[0].lower()
    if way not in ("block", "pack", "nopack", "cyclic", "*"):
        raise _slurm(f"tasks are laid out as {way!r}; give srun --distribution=block")
    places = [(place, node) for node, many in enumerate(tasks) for place in range(many)]
    if way == "cyclic":
        places.sort()
    port = FIRST_PORT + job * 64 % PORTS
    return Cluster(tuple(f"{hosts[node]}:{port + place}" for place, node in places), rank, "SLURM's variables")


def _slurm(why: str) -> WorkerError:
    return WorkerError(f"SLURM's variables do not say which workers there are: {why}")


def _said(environment: Mapping[str, str], name: str) -> str:
    if not environment.get(name):
        raise _slurm(f"{name} is missing; start the workers by srun")
    return environment[name]


def _number(environment: Mapping[str, str], name: str) -> int:
    said = _said(environment, name)
    if not re.fullmatch(r"\d+", said):
        raise _slurm(f"{name} is {said!r}, which is no number")
    return int(said)


def _tasks(text: str) -> list[int]:
    """How many tasks each node has.

    >>> _tasks("2(x3),1")
    [2, 2, 2, 1]
    """
    tasks = []
    for part in text.split(","):
        found = re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part)
        if not found:
            raise _slurm(f"SLURM_STEP_TASKS_PER_NODE is {text!r}")
        tasks += [int(found[1])] * int(found[2] or 1)
    return tasks


def _hosts(text: str) -> list[str]:
    """The hosts of a list as SLURM writes it, in its order.

    >>> _hosts("node[2,08-10]x,gpu")
    ['node2x', 'node08x', 'node09x', 'node10x', 'gpu']
    """
    groups: list[str] = _GROUP.findall(text)
    hosts = [host for group in groups for host in _expanded(group)]
    if not hosts or ",".join(groups) != text or any(re.search(r"[\[\],\s]", host) for host in hosts):
        raise _slurm(f"SLURM_STEP_NODELIST is {text!r}")
    return hosts


def _expanded(group: str) -> list[str]:
    before, bracket, rest = group.partition("[")
    if not bracket:
        return [group]
    inside, _, after = rest.partition("]")
    return [before + each + end for part in inside.split(",") for each in _range(part) for end in _expanded(after)]


def _range(part: str) -> list[str]:
    found: Any = re.fullmatch(r"(\d+)-(\d+)", part)
    if not found:
        return [part]
    first, last = int(found[1]), int(found[2])
    if not first <= last < first + LARGEST:
        raise _slurm(f"{part} is no range of nodes")
    return [str(number).zfill(len(found[1])) for number in range(first, last + 1)]


def _host(address: str) -> str:
    return address.rpartition(":")[0]
