"""What is said where a proxy reads TLS: a real one, on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from jgo.constants import MAVEN_CENTRAL_URL
from tls_proxy import TlsProxy

PYBRIDGE = Path(sys.executable).with_name("pybridge")

TRUST_IT = (
    "where a proxy reads what you fetch, let REQUESTS_CA_BUNDLE name a file with the proxy's certificate (PIP_CERT for "
    "pip); otherwise set the clock right, or pip install --upgrade certifi"
)


@pytest.fixture
def proxy(tmp_path):
    found = TlsProxy(tmp_path)
    yield found
    found.close()


def pybridge(proxy: TlsProxy, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """A command of somebody who has fetched nothing yet."""
    empty = {
        "XDG_CACHE_HOME": str(folder / "cache"),
        "M2_REPO": str(folder / "m2"),
        "KERAS_HOME": str(folder / "keras"),
    }
    surroundings = {
        name: value for name, value in os.environ.items() if name not in ("PYBRIDGE_DATA", "CURL_CA_BUNDLE")
    }
    surroundings |= empty | proxy.environment() | environment
    return subprocess.run([PYBRIDGE, *arguments], capture_output=True, text=True, env=surroundings)


def test_jars(proxy, tmp_path):
    ended = pybridge(proxy, tmp_path, "classpath")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("pybridge: the Clojure jars (org.clojure/clojure 1.")
    assert f": {MAVEN_CENTRAL_URL}/" in ended.stderr
    assert ended.stderr.endswith(f": its certificate is not trusted (by way of the proxy {proxy.url}): {TRUST_IT}\n")

    mended = pybridge(proxy, tmp_path, "classpath", REQUESTS_CA_BUNDLE=str(proxy.certificate))
    assert "were not found" in mended.stderr  # the proxy has nothing, and was asked


def test_data(proxy, tmp_path):
    ended = pybridge(proxy, tmp_path, "data", "mnist")
    assert ended.returncode == 1
    why = f"its certificate is not trusted (by way of the proxy {proxy.url}); "
    assert f"/train-images-idx3-ubyte.gz cannot be had: {why}" in ended.stderr
    assert ended.stderr.count(TRUST_IT) == 1

    mended = pybridge(proxy, tmp_path, "data", "mnist", REQUESTS_CA_BUNDLE=str(proxy.certificate))
    assert (
        "ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz cannot be had: HTTP status 404"
        in mended.stderr
    )


@pytest.mark.parametrize("command", [["classpath"], ["data", "mnist"]], ids=" ".join)
def test_certificates_that_are_not_there(proxy, tmp_path, command):
    ended = pybridge(proxy, tmp_path, *command, REQUESTS_CA_BUNDLE="/no/such.pem")
    assert ended.returncode == 1
    says = (
        "REQUESTS_CA_BUNDLE names /no/such.pem, which is not there: let it name a file with certificates, or unset it"
    )
    assert says in ended.stderr
