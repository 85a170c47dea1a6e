"""A server on this machine that has the small data set and behaves as badly as it is told to."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from small_mnist import PACKED, archive


class Mirror(ThreadingHTTPServer):
    """A mirror of the small data set.

    `plans` says how the requests of a path are answered, one after the other: "whole" (as all others are), "cut" (the
    connection ends halfway), "stall" (nothing comes after half), "silent" (no answer at all), "altered", "endless",
    "ranges unknown", "another range", "undeclared" (the length is not said), or a status. `asked` lists each request's
    path and Range.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = {f"/{name}": content for name, content in {**PACKED, "mnist.npz": archive()}.items()}
        self.plans: dict[str, list[str | int]] = defaultdict(list)
        self.asked: list[tuple[str, str | None]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Answer(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        span = self.headers["Range"]
        self.server.asked.append((self.path, span))
        plan = self.server.plans[self.path]
        how = plan.pop(0) if plan else "whole"
        content = self.server.files[self.path]
        if how == "silent":
            self.server.over.wait(20)
            return
        if isinstance(how, int):
            self.send_response(how)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = 0
        if span and how != "ranges unknown":
            start = int(re.fullmatch(r"bytes=(\d+)-", span)[1]) - (how == "another range")
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        body = content[start:]
        if how == "altered":
            body = body[:-12] + bytes([body[-12] ^ 1]) + body[-11:]
        if how == "endless":
            body *= 100
        if how != "undeclared":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body[: len(body) // 2] if how in ("cut", "stall") else body)
            if how == "stall":
                self.server.over.wait(20)
        except ConnectionError:
            pass  # the other side has heard enough

    def log_message(self, *_: object) -> None:
        pass
