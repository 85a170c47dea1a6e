"""The formula of docs/cluster.md: what training on several workers takes, and where more of them stop helping."""

from __future__ import annotations

from collections.abc import Iterator

FLOAT = 4  # bytes
LINKS = {  # a hop's seconds, the bytes a second that one worker's connection carries, and how many it connects
    "1 Gbit/s Ethernet": (3e-4, 0.11e9, 1024),
    "10 Gbit/s Ethernet": (3e-4, 1.1e9, 1024),
    "100 Gbit/s Ethernet": (3e-4, 11e9, 1024),
    "InfiniBand, NCCL": (1e-5, 45e9, 1024),
    "NVLink, NCCL, 8 GPUs": (1e-5, 300e9, 8),
}
NETS = {  # parameters, the floating-point operations a second of a worker, and what connects such workers
    "784-512-10 on CPUs of 0.14 Tflop/s": (407_050, 0.14e12, list(LINKS)[:3]),
    "A net 1000 times as large on GPUs of 50 Tflop/s": (407_050_000, 50e12, list(LINKS)[1:]),
}
BATCHES = (128, 4096, 65_536)
EIGHT = 8  # workers


def exchange(count: int, hop: float, bandwidth: float, size: float) -> float:
    """Seconds until `count` workers have added up so many bytes, over a ring of hops that take `hop` seconds each."""
    return 2 * (count - 1) * (hop + size / (count * bandwidth))


def computing(parameters: int, samples: float, flops: float) -> float:
    """Seconds that a dense net's step takes: two operations a parameter and sample forward, four backward."""
    return 6 * parameters * samples / flops


def even_batch(flops: float, bandwidth: float) -> float:
    """The samples of a worker with which many workers work half of the time: b*."""
    return 8 / 6 * flops / bandwidth


def best(parameters: int, flops: float, link: tuple[float, float, int], batch: int) -> tuple[int, float]:
    """How many workers finish a batch soonest, and how many times as fast as one."""

    hop, bandwidth, most = link

    def seconds(count: int) -> float:
        own = computing(parameters, batch / count, flops)
        return own + exchange(count, hop, bandwidth, FLOAT * parameters)

    count = min(range(1, min(most, batch) + 1), key=seconds)
    return count, seconds(1) / seconds(count)


def tables() -> Iterator[str]:
    """The lines of a table in Markdown for each net, with what it is on top."""
    for net, (parameters, flops, links) in NETS.items():
        yield f"{net}:"
        yield ""
        batches = " | ".join(f"B = {_whole(batch)}" for batch in BATCHES)
        yield f"| network | a | β | one sum of 8 | b* | {batches} |"
        yield "| --- " + "| ---: " * (4 + len(BATCHES)) + "|"
        for name in links:
            hop, bandwidth, _ = LINKS[name]
            one_sum = exchange(EIGHT, hop, bandwidth, FLOAT * parameters)
            cells = [f"{1e3 * hop:g} ms", f"{bandwidth / 1e9:g} GB/s", _time(one_sum)]
            cells.append(_whole(float(f"{even_batch(flops, bandwidth):.2g}")))
            found = [best(parameters, flops, LINKS[name], batch) for batch in BATCHES]
            cells += [f"{speed:.1f} ({count})" if count > 1 else "1" for count, speed in found]
            yield f"| {name} | {' | '.join(cells)} |"
        yield ""


def _whole(number: float) -> str:
    return f"{number:,.0f}".replace(",", " ")


def _time(seconds: float) -> str:
    return f"{float(f'{seconds:.2g}'):g} s" if seconds >= 1 else f"{float(f'{1e3 * seconds:.2g}'):g} ms"
