"""A session of requests whose connections can be cut from another thread, at whatever a server keeps them waiting."""

from __future__ import annotations

import socket
from contextlib import suppress
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

__all__ = ["Session"]


class Session(requests.Session):
    """A session that asks for files as they are, and follows no redirect by itself."""

    def __init__(self) -> None:
        super().__init__()
        self._sockets: list[socket.socket] = []
        self._answers: list[HTTPResponse] = []
        self.headers["Accept-Encoding"] = "identity"  # so that ranges count the bytes of the file
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(self._sockets, self._answers))

    def get_redirect_target(self, _: requests.Response) -> None:
        """Follow nothing: requests reads the whole body of a redirect, and raises whatever its address makes it."""

    def cut(self) -> None:
        """End all connections, whoever reads from them."""
        for connection in self._sockets:
            with suppress(OSError):  # the other side has ended it
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close all connections, and what the libraries leave open of an answer that they cannot read."""
        super().close()
        for answer in self._answers:
            answer.close()
        for connection in self._sockets:
            connection.close()


class _Adapter(HTTPAdapter):
    """Makes connections that put a second descriptor of their socket, and each answer, into lists."""

    def __init__(self, sockets: list[socket.socket], answers: list[HTTPResponse]) -> None:
        def listed(kind: type[HTTPConnection]) -> type[HTTPConnection]:
            class Connection(kind):  # type: ignore[misc, valid-type]
                def _new_conn(self) -> socket.socket:
                    made: socket.socket = super()._new_conn()
                    sockets.append(made.dup())  # TLS takes the first one
                    return made

                def response_class(self, *args: Any, **options: Any) -> HTTPResponse:
                    answers.append(HTTPResponse(*args, **options))
                    return answers[-1]

            return Connection

        plain = type("Pool", (HTTPConnectionPool,), {"ConnectionCls": listed(HTTPConnection)})
        secure = type("Pool", (HTTPSConnectionPool,), {"ConnectionCls": listed(HTTPSConnection)})
        self._pools = {"http": plain, "https": secure}
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager
