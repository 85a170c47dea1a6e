"""What `make audit` says where a vulnerability is known, where none is, and where nobody can be asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tools import audit

NOBODY = "http://127.0.0.1:9"  # the port of a service that throws away what it is sent


@contextmanager
def osv(known: dict[str, list[str]]) -> Iterator[str]:
    """The address of a service that speaks as https://google.github.io/osv.dev/post-v1-querybatch says."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            assert self.path == "/v1/querybatch"
            queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            assert {query["package"]["ecosystem"] for query in queries} == {"Maven"}
            names = [f"{query['package']['name']}:{query['version']}" for query in queries]
            results = [{"vulns": [{"id": id} for id in known[name]]} if name in known else {} for name in names]
            body = json.dumps({"results": results}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_what_is_known_of_a_jar_is_told():
    wanted = audit.coordinates()
    with osv({"org.clojure:clojure:1.8.0": ["GHSA-vr64-r9qj-h27f"]}) as service:
        assert audit.jars(wanted, service) == []
        assert audit.jars([*wanted, "org.clojure:clojure:1.8.0"], service) == [
            "org.clojure:clojure:1.8.0: GHSA-vr64-r9qj-h27f"
        ]


def test_all_jars_are_asked_about():
    libraries = {coordinate.rpartition(":")[0] for coordinate in audit.coordinates()}
    assert {"org.clojure:clojure", "org.clojure:core.specs.alpha", "nrepl:nrepl", "cider:cider-nrepl"} <= libraries


def test_where_nobody_can_be_asked_that_is_said(monkeypatch):
    with pytest.raises(audit.Unknown, match=f"^{NOBODY} cannot be asked: "):
        audit.jars(audit.coordinates(), NOBODY)
    for variable in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(variable, NOBODY)
    with pytest.raises(audit.Unknown, match=r"^pip-audit says: |^PyPI says nothing about "):
        audit.python()


def test_the_status_tells_them_apart(monkeypatch, capsys):
    def nobody() -> list[str]:
        raise audit.Unknown("nobody answers")

    cases = [(0, [list, list]), (2, [nobody, list]), (1, [lambda: ["lib 1: X"], nobody]), (1, [nobody, lambda: ["y"]])]
    for status, (python, jars) in cases:
        monkeypatch.setattr(audit, "python", python)
        monkeypatch.setattr(audit, "jars", lambda wanted, jars=jars: jars())
        assert audit.main() == status
    shown = capsys.readouterr()
    assert shown.err.splitlines()[0] == "Python libraries: not known, as nobody answers"
    assert "Python libraries: no vulnerability is known\njars: no vulnerability is known\n" in shown.out
    assert "Python libraries: known are\n  lib 1: X\n" in shown.out
