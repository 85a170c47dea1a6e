"""What a step takes on two workers that a slow network connects, beside what the formula of docs/cluster.md says.

`python -m benchmarks.cluster` prints a table, `--markdown` as docs/cluster.md has it; `--paper` prints the tables of
that page for other networks, which follow from the formula alone. Each worker has one core and a
network namespace of its own; the wire between them has the bandwidth and latency of each row. It needs root, Linux and
two cores, and some minutes. Figures are the least of several; the wire's own work takes a part of the cores as well.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Any

from benchmarks._formula import computing, exchange, tables
from benchmarks._measuring import verdict
from benchmarks._record import record
from benchmarks._wire import ADDRESSES, Wire

PORT = 20_000
COUNT = 2
NETS = {"784-512-10": ([512], (128, 1024, 8192)), "784-2048-2048-10": ([2048, 2048], (128, 1024, 4096))}
CELLS = [(net, batch) for net, (_, batches) in NETS.items() for batch in batches]
PARTS = [(net, batch // share) for net, batch in CELLS for share in (1, COUNT)]
NETWORKS = {  # bytes a second, seconds
    "no limit": (math.inf, 0.0),
    "1 Gbit/s, 0.1 ms": (1e9 / 8, 1e-4),
    "1 Gbit/s, 10 ms": (1e9 / 8, 1e-2),
    "100 Mbit/s, 1 ms": (1e8 / 8, 1e-3),
}
LARGE = 4_000_000 * 4  # bytes that the workers add up to measure the bandwidth
AN_EPOCH, SAMPLES = 0.4, 65_536  # seconds and samples that it has at most
FLOPS = 1e11  # a guess, for how many steps fill an epoch
WIDTHS = (18, 6, 11, 17, 6, 12, 12, 12, 9, 9)
HEADINGS = (
    *("network", "a, ms", "beta, MB/s", "net", "batch", "1 worker, ms"),
    *("2, measured", "2, formula", "speed-up", "formula"),
)
WORDS = 1


def parameters(units: Sequence[int]) -> int:
    """How many numbers are trained, and added up."""
    return sum((before + 1) * after for before, after in itertools.pairwise([784, *units, 10]))


def fitted(small: float, large: float) -> tuple[float, float]:
    """A hop's seconds and the bytes a second, from what it took two workers to add up nearly nothing, and much."""
    return small / 2, LARGE / (large - small)


def figure(net: str, batch: int, network: tuple[float, float] | None = None) -> tuple[list[int], int, int, bool]:
    """What to ask for a net and a batch, with as many steps as fill an epoch; without a network, of each one alone."""
    units, _ = NETS[net]
    size = parameters(units)
    step = computing(size, batch, FLOPS)
    if network is not None:
        step = step / COUNT + 4 * size / min(network[0], 2e8) + 2 * network[1]
    return units, batch, max(2, min(int(AN_EPOCH / step), SAMPLES // batch)), network is None


class Workers:
    """Two worker processes, of which the first answers.

    Args:
        stack: what ends them.
        names: the namespaces that they are in.
    """

    def __init__(self, stack: ExitStack, names: Sequence[str]) -> None:
        cores = sorted(os.sched_getaffinity(0))
        cluster = {"worker": [f"{address}:{PORT}" for address in ADDRESSES]}
        self._all = []
        for rank, name in enumerate(names):
            config = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": rank}})
            environment = {"TF_CONFIG": config, "TF_NUM_INTRAOP_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
            module = [sys.executable, "-m", "benchmarks._cluster_worker", str(cores[rank % len(cores)])]
            command, pipe = ["ip", "netns", "exec", name, *module], subprocess.PIPE
            worker = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=os.environ | environment)
            stack.callback(worker.communicate)
            stack.push(lambda kind, *_, worker=worker: worker.kill() if kind else None)
            self._all.append(worker)

    def measure(self, figures: Sequence[Any]) -> dict[str, list[float]]:
        """What the first worker answers."""
        for worker in self._all:
            worker.stdin.write(json.dumps(figures) + "\n")
            worker.stdin.flush()
        answer = self._all[0].stdout.readline()
        if not answer:
            raise SystemExit("a worker has ended")
        return json.loads(answer)


def line(cells: Sequence[str], *, markdown: bool) -> str:
    """A line of the table."""
    padded = [
        f"{cell:<{width}}" if place < WORDS else f"{cell:>{width}}"
        for place, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    ]
    return f"| {' | '.join(padded)} |" if markdown else "  ".join(padded)


def rows(network: str, single: dict[tuple[str, int], float], told: dict[str, list[float]]) -> Iterable[list[str]]:
    """The cells of each net and batch over one network."""
    hop, bandwidth = fitted(*told["sums"])
    for (net, batch), step in zip(CELLS, told["steps"], strict=True):
        one, part = single[net, batch], single[net, batch // COUNT]
        expected = part + exchange(COUNT, hop, bandwidth, 4 * parameters(NETS[net][0]))
        peers = {"one worker": [one], "the formula": [expected]}
        record(f"{net}, batches of {batch}, {network}", "s", [step], peers=peers, by="least")
        figures = [f"{1e3 * each:.3g}" if each < 1 else f"{1e3 * each:.0f}" for each in (one, step, expected)]
        yield [
            *(network, f"{1e3 * hop:.2f}", f"{bandwidth / 1e6:.0f}", net, str(batch)),
            *(*figures, f"{one / step:.2f}", f"{one / expected:.2f}"),
        ]


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__.splitlines()[0])
    parser.add_argument("--markdown", action="store_true", help="print the table in Markdown")
    parser.add_argument("--paper", action="store_true", help="print what the formula says of other networks")
    chosen = parser.parse_args()
    if chosen.paper:
        print("\n".join(tables()))
        return 0
    return measured(markdown=chosen.markdown)


def measured(*, markdown: bool) -> int:
    """Measure and print."""
    try:
        with Wire() as wire, ExitStack() as stack:
            workers = Workers(stack, wire.names)
            alone = workers.measure([figure(*part) for part in PARTS])["steps"]
            single = dict(zip(PARTS, alone, strict=True))
            print(line(HEADINGS, markdown=markdown))
            if markdown:
                marks = ["-" * (width - 1) + "-:"[place >= WORDS] for place, width in enumerate(WIDTHS)]
                print(line(marks, markdown=True), flush=True)
            for name, network in NETWORKS.items():
                wire.bandwidth, wire.latency = network
                told = workers.measure([figure(*cell, network) for cell in CELLS])
                for cells in rows(name, single, told):
                    print(line(cells, markdown=markdown), flush=True)
    except OSError as error:
        print(f"network namespaces and TUN devices need root on Linux; nothing was measured: {error}")
    return verdict([])


if __name__ == "__main__":
    sys.exit(main())
