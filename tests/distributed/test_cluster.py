"""Which workers the environment describes: TF_CONFIG's and SLURM's, right or refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybridge.distributed._cluster import Cluster, read_cluster
from pybridge.errors import WorkerError

TWO = ["a:1", "b:2"]


def tf_config(cluster: object, task: object = None) -> dict[str, str]:
    return {"TF_CONFIG": json.dumps({"cluster": cluster} | ({} if task is None else {"task": task}))}


def slurm(count: object, rank: object, nodes: str, tasks: str, **more: str) -> dict[str, str]:
    told = {"STEP_NUM_TASKS": count, "PROCID": rank, "STEP_NODELIST": nodes, "STEP_TASKS_PER_NODE": tasks, "JOB_ID": 7}
    return {f"SLURM_{name}": str(value) for name, value in (told | more).items() if value is not None}


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"TF_CONFIG": ""},
        {"TF_CONFIG": "{}"},
        tf_config({}, {"type": "worker", "index": 0}),
        tf_config({"worker": ["a:1"]}),
        {"SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"},
        {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4"},  # a batch script, which is no step
    ],
)
def test_one_worker(environment):
    assert read_cluster(environment).count == 1


@pytest.mark.parametrize(
    ("environment", "addresses", "rank"),
    [
        (tf_config({"worker": TWO}, {"type": "worker", "index": 1}), TWO, 1),
        (tf_config({"worker": TWO}, {"index": "1"}), TWO, 1),
        (tf_config({"chief": ["c:1"], "worker": TWO}, {"type": "chief", "index": 0}), ["c:1", *TWO], 0),
        (tf_config({"chief": ["c:1"], "worker": TWO}, {"type": "worker", "index": 1}), ["c:1", *TWO], 2),
        (tf_config({"worker": ["[::1]:1", "x-y.z:2"]}, {"index": 0}), ["[::1]:1", "x-y.z:2"], 0),
    ],
)
def test_tf_config(environment, addresses, rank):
    assert read_cluster(environment) == Cluster(tuple(addresses), rank, "TF_CONFIG")
    assert read_cluster(environment | slurm(4, 3, "n[1-4]", "1(x4)")).source == "TF_CONFIG"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is not JSON: "),
        ("[1]", "it is not a JSON object"),
        ('{"cluster": [1]}', 'its "cluster" is not an object'),
        (tf_config({"worker": []}, {"index": 0}), "its cluster has no workers"),
        (tf_config({"worker": "a:1,b:2"}, {"index": 0}), 'the addresses of "worker" are not a list'),
        (tf_config({"worker": ["a:1", 7]}, {"index": 0}), "an address of a worker is host:port; got 7"),
        (tf_config({"worker": ["a:1", "b"]}, {"index": 0}), 'an address of a worker is host:port; got "b"'),
        (tf_config({"worker": ["a:1", "b:x"]}, {"index": 0}), 'an address of a worker is host:port; got "b:x"'),
        (tf_config({"worker": ["a:1", "b:70000"]}, {"index": 0}), 'host:port; got "b:70000"'),
        (tf_config({"worker": ["a:1", "http://b:1"]}, {"index": 0}), 'host:port; got "http://b:1"'),
        (tf_config({"worker": ["a:1", "a:1"]}, {"index": 0}), "two workers have the address a:1; each needs its own"),
        (tf_config({"worker": TWO, "ps": ["p:1"]}, {"index": 0}), "its cluster has 'ps'; here all workers are equal"),
        (tf_config({"chief": TWO, "worker": TWO}, {"index": 0}), "it has 2 chiefs; there is one at most"),
        (tf_config({"worker": TWO}), 'it has no "task", which says which worker this process is'),
        (tf_config({"worker": TWO}, {"type": "worker"}), "the index of its task is null; it is a whole number"),
        (tf_config({"worker": TWO}, {"index": 0.0}), "the index of its task is 0.0; it is a whole number"),
        (tf_config({"worker": TWO}, {"index": True}), "the index of its task is true; it is a whole number"),
        (tf_config({"worker": TWO}, {"index": 2}), "its task is worker 2, and there are 2, counted from 0"),
        (tf_config({"worker": TWO}, {"index": -1}), "its task is worker -1, and there are 2, counted from 0"),
        (tf_config({"worker": TWO}, {"type": "ps", "index": 0}), 'the type of its task is "ps"; this can be a worker'),
        (
            tf_config({"worker": TWO}, {"type": "chief", "index": 0}),
            'its task is a chief, and its cluster has no "chief"',
        ),
    ],
)
def test_a_wrong_tf_config(text, why):
    environment = text if isinstance(text, dict) else {"TF_CONFIG": text}
    with pytest.raises(WorkerError) as error:
        read_cluster(environment)
    begin, end = "TF_CONFIG does not say which workers there are: ", '"task": {"type": "worker", "index": 0}}'
    assert str(error.value).startswith(begin + why if ": " in why else begin) and str(error.value).endswith(end)
    assert why in str(error.value)


@pytest.mark.parametrize(
    ("environment", "addresses", "rank"),
    [
        (slurm(2, 1, "node[2,10]", "1(x2)"), ["node2:20448", "node10:20448"], 1),  # in SLURM's order, and not as text
        (slurm(3, 2, "a,b", "2,1"), ["a:20448", "a:20449", "b:20448"], 2),
        (slurm(3, 2, "a,b", "2,1", DISTRIBUTION="cyclic"), ["a:20448", "b:20448", "a:20449"], 2),
        (slurm(4, 0, "rack[1-2]n[08-09]", "1(x4)"), [f"rack{r}n0{n}:20448" for r in (1, 2) for n in (8, 9)], 0),
    ],
)
def test_slurm(environment, addresses, rank):
    assert read_cluster(environment) == Cluster(tuple(addresses), rank, "SLURM's variables")


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        (slurm(2, None, "a,b", "1(x2)"), "SLURM_PROCID is missing; start the workers by srun"),
        (slurm(2, "x", "a,b", "1(x2)"), "SLURM_PROCID is 'x', which is no number"),
        (slurm(2, 2, "a,b", "1(x2)"), "2 tasks, this one number 2, do not go with [1, 1] tasks on 2 nodes"),
        (slurm(3, 0, "a,b", "1(x2)"), "3 tasks, this one number 0, do not go with [1, 1] tasks on 2 nodes"),
        (slurm(2, 0, "a,b", "1*2"), "SLURM_STEP_TASKS_PER_NODE is '1*2'"),
        (slurm(2, 0, "a[1", "1(x2)"), "SLURM_STEP_NODELIST is 'a[1'"),
        (slurm(2, 0, "a[9-1]", "1(x2)"), "9-1 is no range of nodes"),
        (
            slurm(2, 0, "a,b", "1(x2)", DISTRIBUTION="plane=2"),
            "tasks are laid out as 'plane=2'; give srun --distribution",
        ),
    ],
)
def test_wrong_variables_of_slurm(environment, why):
    with pytest.raises(WorkerError) as error:
        read_cluster(environment)
    assert str(error.value).startswith(f"SLURM's variables do not say which workers there are: {why}")


@given(
    st.lists(st.tuples(st.from_regex(r"[a-z]{1,3}", fullmatch=True), st.integers(1, 4)), min_size=1, max_size=6),
    st.data(),
)
def test_every_task_of_slurms_has_an_address_of_its_own(nodes, data):
    nodes = [(f"{name}{place}", tasks) for place, (name, tasks) in enumerate(nodes)]
    count = sum(tasks for _, tasks in nodes)
    rank = data.draw(st.integers(0, count - 1))
    listed, tasks = ",".join(name for name, _ in nodes), ",".join(str(tasks) for _, tasks in nodes)
    found = read_cluster(slurm(count, rank, listed, tasks) | {"SLURM_STEP_NUM_TASKS": str(count)})
    if count == 1:
        assert found.count == 1
        return
    assert len(set(found.addresses)) == found.count == count and found.rank == rank
    assert sorted(address.split(":")[0] for address in found.addresses) == sorted(
        n for n, many in nodes for _ in range(many)
    )
    places = [Cluster(found.addresses, each).place for each in range(count)]
    assert sorted(places) == sorted(place for _, many in nodes for place in range(many))
