"""Two network namespaces and a wire between them, whose bandwidth and latency are set: needs root and Linux."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import threading
import time
from collections import deque
from types import TracebackType

ADDRESSES = ("10.77.0.1", "10.77.0.2")
MTU = 9000  # bytes of a packet: jumbo frames, as a cluster has them
WAITING = 4_000_000  # bytes that wait for the wire at most; what comes then is lost, as at a switch
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


class Wire:
    """A wire: each end is a TUN device in a namespace, and a thread carries packets from one to the other.

    The kernel's own `tc netem` would do, where it is built in; this needs nothing but TUN devices.

    Attributes:
        names: of the namespaces.
        bandwidth: bytes a second in each direction.
        latency: seconds from one end to the other.
    """

    def __init__(self) -> None:
        self.names = [f"pybridge-{os.getpid()}-{end}" for end in (0, 1)]
        self.bandwidth, self.latency = float("inf"), 0.0
        self._ends: list[int] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._before = signal.getsignal(signal.SIGTERM)

    def __enter__(self) -> Wire:
        """Make both ends.

        Raises:
            OSError: this process may not, or there are no TUN devices here.
        """
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that `__exit__` cleans up
        try:
            for name, address in zip(self.names, ADDRESSES, strict=True):
                self._ends.append(_device(name, address))
        except BaseException:
            self._remove()
            raise
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._remove()

    def _remove(self) -> None:
        for end in self._ends:
            os.close(end)
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)
        signal.signal(signal.SIGTERM, self._before)

    def _carry(self) -> None:
        """Read packets at each end, and write each at the other once it would have come there."""
        ways = [_Way(*self._ends), _Way(*reversed(self._ends))]
        while not self._over.is_set():
            due = min([way.packets[0][0] for way in ways if way.packets], default=time.monotonic() + 0.1)
            select.select(self._ends, [], [], max(0.0, due - time.monotonic()))
            for way in ways:
                way.read(self.bandwidth, self.latency)
                way.write()


class _Way:
    """Packets on their way in one direction: when they are due, and what they are."""

    def __init__(self, source: int, target: int) -> None:
        self.source, self.target = source, target
        self.packets: deque[tuple[float, bytes]] = deque()
        self.free = 0.0  # when the last one has left

    def read(self, bandwidth: float, latency: float) -> None:
        for _ in range(64):
            try:
                packet = os.read(self.source, MTU + 100)
            except BlockingIOError:
                return
            now = time.monotonic()
            begins = max(now, self.free)
            if (begins - now) * bandwidth > WAITING:
                continue
            self.free = begins + len(packet) / bandwidth
            self.packets.append((self.free + latency, packet))

    def write(self) -> None:
        while self.packets and self.packets[0][0] <= time.monotonic():
            os.write(self.target, self.packets.popleft()[1])


def _device(name: str, address: str) -> int:
    """Make a namespace with a TUN device in it; the device's descriptor."""
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    try:
        request = struct.pack("16sH22x", b"pb%d", IFF_TUN | IFF_NO_PI)
        device = fcntl.ioctl(end, TUNSETIFF, request)[:16].rstrip(b"\0").decode()
        for words in (
            f"netns add {name}",
            f"link set {device} netns {name}",
            f"-n {name} address add {address}/24 dev {device}",
            f"-n {name} link set {device} mtu {MTU} txqueuelen 10000 up",
            f"-n {name} link set lo up",
        ):
            ran = subprocess.run(["ip", *words.split()], capture_output=True, text=True)
            if ran.returncode:
                raise OSError(f"ip {words}: {ran.stderr.strip()}")
    except BaseException:
        os.close(end)
        raise
    return end
