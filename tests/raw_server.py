"""A server on this machine that sends the very bytes that it is told to, or one after the other, slowly, for ever."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tls_proxy import read_request


class RawServer:
    """Answers every request alike, then hangs up.

    Attributes:
        answer: what it sends.
        drip: sent after that, a byte at a time, until the other side has gone.
        requests: what it was asked.
    """

    def __init__(self, certificate: Path | None = None) -> None:
        self.answer = self.drip = b""
        self.requests: list[bytes] = []
        self._over = threading.Event()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self._tls:
            self._tls.load_cert_chain(certificate)
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        self.url = f"https://localhost:{port}/" if self._tls else f"http://127.0.0.1:{port}/"
        self._serving = threading.Thread(target=self._serve, daemon=True)
        self._serving.start()

    def close(self) -> None:
        self._over.set()
        self._listening.shutdown(socket.SHUT_RDWR)  # which wakes whoever accepts
        self._listening.close()
        self._serving.join()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            with connection, self._tls.wrap_socket(connection, server_side=True) if self._tls else connection as spoken:
                self.requests.append(read_request(spoken))
                spoken.sendall(self.answer)
                while self.drip and not self._over.wait(0.01):
                    spoken.sendall(self.drip)
        except OSError:
            pass  # the other side has heard enough


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[RawServer]:
    """Such a server for a while."""
    server = RawServer(certificate)
    try:
        yield server
    finally:
        server.close()


def response(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A response of HTTP; one that says no length ends with the connection."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1") + body
