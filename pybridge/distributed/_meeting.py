"""Waits in Python for the other workers, before TensorFlow would wait for them where no limit and no Ctrl-C ends it."""

from __future__ import annotations

import errno
import json
import re
import socket
import time
from contextlib import ExitStack, suppress
from typing import Any

from pybridge.distributed._cluster import Cluster
from pybridge.errors import WorkerError

__all__ = ["meet"]

SOON = 5.0  # seconds in which whoever connects says who it is
AGAIN = 0.2  # seconds between two tries to reach worker 0
LONGEST = 1_000_000  # bytes that one worker says of itself


def meet(cluster: Cluster, timeout: float, facts: dict[str, str]) -> None:
    """Wait until all workers are there: worker 0 listens at its address, and the others call.

    Args:
        cluster: the workers.
        timeout: for how many seconds to wait.
        facts: what must be the same on all, versions say, by name.

    Raises:
        WorkerError: somebody does not come, has come twice, or was started otherwise.
    """
    said = {"workers": list(cluster.addresses), "facts": facts}
    deadline = time.monotonic() + timeout
    if cluster.rank == 0:
        _lead(cluster, timeout, deadline, said)
    else:
        _join(cluster, timeout, deadline, said)


def _lead(cluster: Cluster, timeout: float, deadline: float, said: dict[str, Any]) -> None:
    come: dict[int, socket.socket] = {}
    guests = []
    with ExitStack() as stack:
        door = stack.enter_context(_door(cluster))
        try:
            while len(come) < cluster.count - 1:
                guest = stack.enter_context(_guest(door, cluster, come, timeout, deadline))
                guests.append(guest)
                come = {index: each for index, each in come.items() if not _has_left(each)}  # and may come again
                index = _checked(cluster, said, _heard(guest), come)
                if index is not None:
                    come[index] = guest
        except WorkerError as error:
            for guest in guests:
                _say(guest, refused=str(error))
            raise
        for guest in come.values():
            _say(guest, go=True)


def _door(cluster: Cluster) -> socket.socket:
    """Listens at worker 0's own address, or at all, where that is the address of something before this machine.

    A machine may know its own name as 127.0.1.1, where nobody else reaches it: a name has it listen at all addresses.
    """
    host, _, port = cluster.addresses[0].rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    for address in (host.strip("[]"), "") if _is_exact(host) else ("",):
        try:
            return socket.create_server((address, int(port)), family=family, backlog=cluster.count)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise WorkerError(
                    f"port {port} of worker 0 ({cluster.addresses[0]}) is in use, by another program or by workers "
                    "that still run; give the workers another port, or end that"
                ) from None
            refused = error
    raise WorkerError(f"worker 0 cannot listen at {cluster.addresses[0]}: {refused}")


def _is_exact(host: str) -> bool:
    """Whether this is localhost or a number, which is the same address on all machines."""
    return host == "localhost" or host.startswith("[") or re.fullmatch(r"[\d.]+", host) is not None


def _guest(
    door: socket.socket, cluster: Cluster, come: dict[int, socket.socket], timeout: float, deadline: float
) -> socket.socket:
    """The next that connects."""
    door.settimeout(max(0.001, deadline - time.monotonic()))
    try:
        return door.accept()[0]
    except TimeoutError:
        missing = ", ".join(
            f"{rank} ({cluster.addresses[rank]})" for rank in range(1, cluster.count) if rank not in come
        )
        raise WorkerError(
            f"of {cluster.count} workers these have not come within {timeout:g} s: {missing}; see whether they run and "
            f"can reach worker 0 at {cluster.addresses[0]}"
        ) from None


def _heard(guest: socket.socket) -> dict[str, Any]:
    """What a guest says of itself; {} of somebody who is no worker."""
    guest.settimeout(SOON)
    with suppress(OSError, ValueError), guest.makefile("rb") as lines:
        said = json.loads(lines.readline(LONGEST))
        if isinstance(said, dict) and isinstance(said.get("index"), int):
            return said
    return {}


def _checked(
    cluster: Cluster, said: dict[str, Any], heard: dict[str, Any], come: dict[int, socket.socket]
) -> int | None:
    """The rank of a guest; None where it is no worker, and is left alone."""
    index = heard.get("index")
    if index is None:
        return None
    if heard.get("workers") != said["workers"]:
        raise WorkerError(
            f"worker {index} was told of the workers {heard.get('workers')}, and worker 0 of {said['workers']}; all "
            "need the same list"
        )
    if index in come or not 0 < index < cluster.count:
        raise WorkerError(f"two processes say that they are worker {index}; each needs an index of its own")
    if heard.get("facts") != said["facts"]:
        raise WorkerError(_difference(cluster, index, heard.get("facts"), said["facts"]))
    return index


def _difference(cluster: Cluster, index: int, theirs: Any, ours: dict[str, str]) -> str:
    theirs = theirs if isinstance(theirs, dict) else {}
    names = [name for name in sorted({*theirs, *ours}) if theirs.get(name) != ours.get(name)]
    listed = ", ".join(f"{name} {theirs.get(name)} instead of {ours.get(name)}" for name in names)
    return f"{cluster.name(index)} has {listed}, as worker 0 has it; install the same on all"


def _has_left(guest: socket.socket) -> bool:
    guest.settimeout(0.001)
    try:
        return not guest.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return False
    except OSError:
        return True


def _say(guest: socket.socket, **message: object) -> None:
    with suppress(OSError):  # of one that has left meanwhile
        guest.settimeout(SOON)
        guest.sendall(json.dumps(message).encode() + b"\n")


def _join(cluster: Cluster, timeout: float, deadline: float, said: dict[str, Any]) -> None:
    host, _, port = cluster.addresses[0].rpartition(":")
    why = ""
    while (left := deadline - time.monotonic()) > 0:
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=left) as line:
                _say(line, index=cluster.rank, **said)
                line.settimeout(max(0.001, deadline + SOON - time.monotonic()))  # worker 0, which began first, says why
                answer = _answer(line)
        except OSError as error:  # worker 0 does not listen yet, or its name is not known yet
            why = f": {error.strerror or error}"
            time.sleep(AGAIN)
            continue
        if answer.get("go"):
            return
        if "refused" in answer:
            raise WorkerError(f"worker 0 has refused: {answer['refused']}")
        time.sleep(AGAIN)  # somebody else has listened there, or worker 0 has ended and may come again
    raise WorkerError(
        f"worker 0 at {cluster.addresses[0]} has not answered worker {cluster.rank} within {timeout:g} s{why}; see "
        "whether it runs and can be reached"
    )


def _answer(line: socket.socket) -> dict[str, Any]:
    with line.makefile("rb") as lines:
        try:
            answer = json.loads(lines.readline(LONGEST) or b"{}")
        except ValueError:
            return {}
        return answer if isinstance(answer, dict) else {}
