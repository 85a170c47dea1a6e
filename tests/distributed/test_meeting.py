"""Workers that meet before TensorFlow connects them: who does not come, comes twice or was started otherwise."""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from pybridge.distributed._cluster import Cluster
from pybridge.distributed._meeting import _door, meet
from pybridge.errors import WorkerError

FACTS = {"Keras": "3.15.0", "TensorFlow": "2.21.0"}


@pytest.fixture
def addresses() -> tuple[str, ...]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return (f"127.0.0.1:{free.getsockname()[1]}", "127.0.0.1:1", "127.0.0.1:2")


def met(*workers: tuple[Cluster, float, dict[str, str]]) -> list[str]:
    """What each worker says, "" of one that may go on."""

    def one(cluster: Cluster, timeout: float, facts: dict[str, str]) -> str:
        try:
            meet(cluster, timeout, facts)
        except WorkerError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(len(workers)) as threads:
        return [each.result(60) for each in [threads.submit(one, *worker) for worker in workers]]


def test_all_go_on_once_all_are_there(addresses):
    assert met(*[(Cluster(addresses, rank), 30, FACTS) for rank in (2, 1, 0)]) == ["", "", ""]


def test_who_has_not_come_is_named(addresses):
    said = met((Cluster(addresses, 0), 1.5, FACTS), (Cluster(addresses, 2), 30, FACTS))
    missing = (
        "of 3 workers these have not come within 1.5 s: 1 (127.0.0.1:1); see whether they run and can reach worker 0"
    )
    assert said[0].startswith(missing) and said[1].startswith(f"worker 0 has refused: {missing}")


def test_worker_0_that_never_comes_is_named(addresses):
    begun = time.monotonic()
    (said,) = met((Cluster(addresses, 1), 1.0, FACTS))
    assert said.startswith(f"worker 0 at {addresses[0]} has not answered worker 1 within 1 s: Connection refused; see")
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("host", "address"),
    [("node1", "0.0.0.0"), ("localhost", "127.0.0.1"), ("127.0.0.1", "127.0.0.1")],  # Debian has node1 at 127.0.1.1
)
def test_worker_0_listens_where_others_reach_it(addresses, host, address):
    with _door(Cluster((f"{host}:{addresses[0].rpartition(':')[2]}", "b:1"))) as door:
        assert door.getsockname()[0] == address


def test_a_host_that_there_is_not():
    (said,) = met((Cluster(("no-such-host.invalid:4", "b:1"), 1), 0.5, FACTS))
    assert said.startswith("worker 0 at no-such-host.invalid:4 has not answered worker 1 within 0.5 s: ")


def test_two_of_one_index(addresses):
    said = met((Cluster(addresses, 0), 30, FACTS), *[(Cluster(addresses, 1), 30, FACTS)] * 2)
    wording = "two processes say that they are worker 1; each needs an index of its own"
    assert said == [wording, *[f"worker 0 has refused: {wording}"] * 2]


def test_another_version(addresses):
    two = addresses[:2]
    said = met((Cluster(two, 0), 30, FACTS), (Cluster(two, 1), 30, FACTS | {"Keras": "3.14.0"}))
    wording = (
        "worker 1 of 2 (127.0.0.1:1) has Keras 3.14.0 instead of 3.15.0, as worker 0 has it; install the same on all"
    )
    assert said == [wording, f"worker 0 has refused: {wording}"]


def test_another_list_of_workers(addresses):
    said = met((Cluster(addresses, 0), 30, FACTS), (Cluster(addresses[:2], 1), 30, FACTS))
    wording = (
        f"worker 1 was told of the workers {list(addresses[:2])}, and worker 0 of {list(addresses)}; all need the same"
    )
    assert said[0].startswith(wording) and said[1].startswith(f"worker 0 has refused: {wording}")


def test_a_port_in_use(addresses):
    host, _, port = addresses[0].partition(":")
    with socket.create_server((host, int(port))):
        (said,) = met((Cluster(addresses, 0), 5, FACTS))
    assert said.startswith(f"port {port} of worker 0 ({addresses[0]}) is in use, by another program or by workers that")


def test_strangers_are_left_alone_and_one_that_has_left_may_come_again(addresses):
    host, _, port = addresses[0].partition(":")
    own = json.dumps({"index": 1, "workers": list(addresses), "facts": FACTS}).encode() + b"\n"
    with ThreadPoolExecutor(1) as threads:
        lead = threads.submit(met, (Cluster(addresses, 0), 60, FACTS))
        for text in (b"", b"GET / HTTP/1.1\r\n\r\n", b"[1]\n", b'{"index": "x"}\n', b"\xff\n", own):
            with _called(host, int(port)) as line:
                line.sendall(text)
        assert met((Cluster(addresses, 1), 60, FACTS), (Cluster(addresses, 2), 60, FACTS)) == ["", ""]
        assert lead.result(60) == [""]


def _called(host: str, port: int) -> socket.socket:
    """A line to worker 0, once it listens."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(ConnectionRefusedError):
            return socket.create_connection((host, port), 60)
        time.sleep(0.05)
    raise TimeoutError
