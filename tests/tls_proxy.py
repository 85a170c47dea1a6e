"""A proxy on this machine that reads TLS, as some companies' do: it shows a certificate of its own, and has nothing."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

PEM = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgS6GRNTWkWztPX02Y
KnAzcINvqZOVZ7baxwzNeDi7kMKhRANCAAT0olgjDmkWTjhSz7oF+83frEZi0JFq
znPRU36OTAt4Ja+tAqkcoYLsaNPW8y55aMhG0C+XiqQ836F06uS9AQif
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIB1zCCAX2gAwIBAgIBATAKBggqhkjOPQQDAjAhMR8wHQYDVQQDDBZBIHByb3h5
IHRoYXQgcmVhZHMgVExTMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAw
WjAhMR8wHQYDVQQDDBZBIHByb3h5IHRoYXQgcmVhZHMgVExTMFkwEwYHKoZIzj0C
AQYIKoZIzj0DAQcDQgAE9KJYIw5pFk44Us+6BfvN36xGYtCRas5z0VN+jkwLeCWv
rQKpHKGC7GjT1vMueWjIRtAvl4qkPN+hdOrkvQEIn6OBozCBoDAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBSx65jCk2nSyD/Avp5AWI/lhy/zuTAOBgNVHQ8BAf8E
BAMCAoQwXgYDVR0RBFcwVYIVcmVwby5tYXZlbi5hcGFjaGUub3JnghByZXBvLmNs
b2phcnMub3Jngh9vc3NjaS1kYXRhc2V0cy5zMy5hbWF6b25hd3MuY29tgglsb2Nh
bGhvc3QwCgYIKoZIzj0EAwIDSAAwRQIgTIcH9ki9muE9f+45VHSOIszFCEpEHRDf
hqqn8RMwM7QCIQC5ZuLVAzTolG2WUhNmi62b6jhVopo8lM5KxYyn8Yq3IA==
-----END CERTIFICATE-----
"""


class TlsProxy:
    """Answers every CONNECT, then every request with 404 Not Found.

    Attributes:
        certificate: the file with the certificate, good until 2120 for the repositories of jars and MNIST's first
            mirror.
        url: what HTTPS_PROXY has to name.
    """

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "proxy.pem"
        self.certificate.write_text(PEM)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.certificate)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def environment(self) -> dict[str, str]:
        """Variables by which all goes through this proxy."""
        return {"HTTPS_PROXY": self.url, "https_proxy": self.url, "NO_PROXY": "", "no_proxy": ""}

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            with connection:
                read_request(connection)
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                with self._tls.wrap_socket(connection, server_side=True) as secure:
                    while read_request(secure):
                        secure.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        except OSError:
            return  # the other side did not trust the certificate


def read_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        if not (more := connection.recv(4096)):
            return b""
        request += more
    return request
