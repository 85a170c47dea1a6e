"""Tests of the download against a server on this machine that behaves as badly as it is told to."""

from __future__ import annotations

import re
import resource
import threading

import pytest
from mirror import Mirror
from small_mnist import FASHION, FASHION_CONTENT, PACKED, archive, is_whole, packed, replace

from pybridge import _fetch
from pybridge.data import _download, _sets, load_fashion_mnist, load_mnist
from pybridge.errors import DataError

IMAGES = "/train-images-idx3-ubyte.gz"
LABELS = "/train-labels-idx1-ubyte.gz"
SIZE = len(PACKED[IMAGES[1:]])
CUT = SIZE // 2


@pytest.fixture
def start_mirror():
    mirrors = []

    def start() -> Mirror:
        mirror = Mirror()
        threading.Thread(target=mirror.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        mirrors.append(mirror)
        return mirror

    yield start
    for mirror in mirrors:
        mirror.over.set()
        mirror.shutdown()
        mirror.server_close()


@pytest.fixture
def mirror(small, start_mirror, monkeypatch) -> Mirror:
    """The one mirror there is, asked in small pieces."""
    mirror = start_mirror()
    replace(monkeypatch, "MNIST", mirrors=(mirror.url,), archive=f"{mirror.url}mnist.npz")
    monkeypatch.setattr(_fetch, "PAUSE", 0.0)
    monkeypatch.setattr(_fetch, "CHUNK", 64)
    return mirror


@pytest.fixture
def impatient(monkeypatch) -> None:
    """Wait for half a second only."""
    monkeypatch.setattr(_fetch, "TIMEOUT", (5.0, 0.5))


EACH_ONCE = [(f"/{name}", None) for name in PACKED]


def test_the_four_files_are_fetched_once_and_kept(mirror, cache):
    assert is_whole(load_mnist())
    assert is_whole(load_mnist())
    assert mirror.asked == EACH_ONCE
    for name, content in PACKED.items():
        assert (cache / name).read_bytes() == content
    assert not list(cache.glob("*.part"))


def test_what_was_fetched_mends_the_cached_arrays_without_a_network(mirror, cache):
    load_mnist()
    (cache / "train-images-idx3-ubyte.npy").write_bytes(b"half")
    assert is_whole(load_mnist())
    assert mirror.asked == EACH_ONCE


def test_what_was_fetched_and_altered_since_is_fetched_anew(mirror, cache):
    load_mnist()
    (cache / "train-images-idx3-ubyte.npy").unlink()
    (cache / IMAGES[1:]).write_bytes(PACKED[IMAGES[1:]][:-5])
    assert is_whole(load_mnist())
    assert mirror.asked == EACH_ONCE * 2
    assert (cache / IMAGES[1:]).read_bytes() == PACKED[IMAGES[1:]]


@pytest.mark.parametrize("how", ["cut", "stall"])
def test_a_broken_transfer_goes_on_where_it_ended(mirror, impatient, how):
    mirror.plans[IMAGES] = [how]
    assert is_whole(load_mnist())
    (_, first), (_, second) = [ask for ask in mirror.asked if ask[0] == IMAGES]
    assert first is None
    assert CUT - 64 <= int(re.fullmatch(r"bytes=(\d+)-", second)[1]) <= CUT


def test_a_transfer_may_break_more_than_once(mirror):
    mirror.plans[IMAGES] = ["cut", "cut"]
    assert is_whole(load_mnist())
    spans = [span for path, span in mirror.asked if path == IMAGES]
    assert len(spans) == len(set(spans)) == 3


def test_a_server_without_ranges_starts_from_the_beginning(mirror):
    mirror.plans[IMAGES] = ["cut", "ranges unknown"]
    assert is_whole(load_mnist())


@pytest.mark.parametrize("how", ["another range", 416])
def test_a_server_that_cannot_go_on_is_asked_for_all_of_it(mirror, how):
    mirror.plans[IMAGES] = ["cut", how]
    assert is_whole(load_mnist())
    assert [span is None for path, span in mirror.asked if path == IMAGES] == [True, False, True]


@pytest.mark.parametrize("how", [503, 429, "silent"])
def test_a_busy_server_is_asked_again(mirror, impatient, how):
    mirror.plans[IMAGES] = [how, how]
    assert is_whole(load_mnist())
    assert mirror.asked == [(IMAGES, None)] * 2 + EACH_ONCE


def test_a_length_that_is_not_declared_does_no_harm(mirror):
    mirror.plans[IMAGES] = ["undeclared"]
    assert is_whole(load_mnist())


@pytest.mark.parametrize("plan", [[404], [503] * 3, ["altered"], ["cut"] * 3, ["silent"] * 3])
def test_the_next_mirror_gives_what_the_first_one_lacks(mirror, impatient, start_mirror, monkeypatch, plan):
    second = start_mirror()
    replace(monkeypatch, "MNIST", mirrors=(mirror.url, second.url))
    mirror.plans[LABELS] = plan
    assert is_whole(load_mnist())
    assert [path for path, _ in second.asked] == [path for path, _ in EACH_ONCE if path != IMAGES]


def test_keras_archive_is_the_last_resort(mirror, cache):
    mirror.plans[LABELS] = [404]
    assert is_whole(load_mnist())
    assert mirror.asked[-1] == ("/mnist.npz", None)
    assert (cache / "mnist.npz").read_bytes() == archive()


@pytest.mark.parametrize(
    ("plan", "wording"),
    [
        ([404], "cannot be had: HTTP status 404"),
        ([503] * 3, "cannot be had: HTTP status 503"),
        (["cut"] * 3, "cannot be had: the connection broke off"),
        (["stall"] * 3, "cannot be had: no answer in time"),
        (["silent"] * 3, "cannot be had: no answer in time"),
        (["cut", 416, 503], "cannot be had: HTTP status 503"),
        (["altered"], "is truncated or damaged: CRC check failed"),
        (["endless"], "cannot be had: it goes on after 10,000 bytes, more than it can have"),
    ],
)
def test_a_failure_names_the_address_and_leaves_nothing(mirror, impatient, cache, monkeypatch, plan, wording):
    monkeypatch.setattr(_download, "LARGEST", 10_000)
    mirror.plans[IMAGES] = plan
    mirror.plans["/mnist.npz"] = [404]
    with pytest.raises(DataError) as raised:
        load_mnist()
    said = str(raised.value)
    assert f"{mirror.url}{IMAGES[1:]} {wording}" in said
    assert f"{mirror.url}mnist.npz cannot be had: HTTP status 404" in said
    assert "check the network, or put an unaltered copy of MNIST" in said
    assert not cache.exists()


def test_a_connection_that_cannot_be_made_secure(mirror, monkeypatch):
    replace(monkeypatch, "MNIST", mirrors=(mirror.url.replace("http:", "https:"),))
    mirror.plans["/mnist.npz"] = [404]
    with pytest.raises(
        DataError, match=r"train-images-idx3-ubyte\.gz cannot be had: no secure connection; is the clock"
    ):
        load_mnist()


def test_a_proxy_that_is_not_there(mirror, monkeypatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    says = (
        r"cannot be had: the proxy http://127\.0\.0\.1:9 does not let it through; is it the one that HTTPS_PROXY should"
    )
    with pytest.raises(DataError, match=says):
        load_mnist()
    assert mirror.asked == []


def test_the_next_run_after_a_failure_succeeds(mirror):
    mirror.plans[IMAGES] = [404]
    mirror.plans["/mnist.npz"] = [404]
    with pytest.raises(DataError):
        load_mnist()
    assert is_whole(load_mnist())


def test_a_full_disk_leaves_no_half_of_a_download(mirror, cache):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(DataError, match=r"train-images-idx3-ubyte.gz cannot be written: File too large; make room"):
            load_mnist()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(cache.iterdir()) == []
    assert is_whole(load_mnist())


def test_without_a_cache_the_download_stays_in_memory(mirror, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert is_whole(load_mnist())


def test_progress_is_shown_on_standard_error(mirror, capfd):
    load_mnist()
    out, err = capfd.readouterr()
    assert out == ""
    for name in PACKED:
        assert name in err


@pytest.fixture
def clothes(mirror, start_mirror, monkeypatch) -> Mirror:
    """The one mirror of Fashion-MNIST."""
    clothes = start_mirror()
    clothes.files = {f"/{name}": content for name, content in packed(FASHION_CONTENT).items()}
    replace(monkeypatch, "FASHION_MNIST", mirrors=(clothes.url,))
    return clothes


def test_fashion_mnist_comes_from_mirrors_of_its_own_into_a_cache_of_its_own(mirror, clothes, cache):
    assert is_whole(load_fashion_mnist(), FASHION)
    assert is_whole(load_fashion_mnist(), FASHION)
    assert (clothes.asked, mirror.asked) == (EACH_ONCE, [])
    assert {f"/{path.name}" for path in (cache.parent / "fashion-mnist").glob("*.gz")} == set(clothes.files)
    assert is_whole(load_mnist())
    assert mirror.asked == EACH_ONCE


def test_a_mirror_with_mnist_in_fashion_mnists_place_is_passed_over(mirror, clothes, monkeypatch):
    replace(monkeypatch, "FASHION_MNIST", mirrors=(mirror.url, clothes.url))
    assert is_whole(load_fashion_mnist(), FASHION)
    assert clothes.asked == EACH_ONCE
    replace(monkeypatch, "FASHION_MNIST", mirrors=(mirror.url,))
    assert is_whole(load_fashion_mnist(), FASHION)


def test_a_mirror_that_answers_with_a_web_page_is_passed_over(mirror, start_mirror, monkeypatch):
    page = start_mirror()
    page.files = dict.fromkeys(page.files, b"<!DOCTYPE html><title>Log in</title>")
    replace(monkeypatch, "MNIST", mirrors=(page.url, mirror.url))
    assert is_whole(load_mnist())


def test_the_addresses_are_encrypted():
    addresses = [address for data in _sets.ALL for address in (*data.mirrors, data.archive) if address]
    assert len(addresses) == 5
    assert all(address.startswith("https://") for address in addresses)
    assert all(mirror.endswith("/") for data in _sets.ALL for mirror in data.mirrors)
