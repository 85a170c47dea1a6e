"""Models as files that are whole or not there."""

from __future__ import annotations

import os
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, BinaryIO

import keras
from keras.src.saving import saving_lib

# A model that was trained by a rule is read only where its optimizer is known.
import pybridge.optimizers._keras  # noqa: F401
from pybridge import _files
from pybridge._arguments import said, shown
from pybridge._boundary import called
from pybridge._checked import Stamp, stamp_of
from pybridge._regular import open_regular
from pybridge.errors import DataError, OptionError
from pybridge.models import _archive

ATTEMPTS = 5  # to read a file that another program may replace meanwhile

_packing: ContextVar[str | None] = ContextVar("_packing", default=None)  # the folder, while a model is saved


@called
def save(model: keras.Model, path: str) -> str:
    """Write a model with its weights, its optimizer's state, loss and metrics to one file.

    It is written beside its place, synced and renamed, so that a file of this name is always whole: the old one or the
    new one, also after a kill or on a full disk. It keeps its mode.

    Args:
        model: a Keras model.
        path: where to; it ends in .keras. Folders on the way are made.

    Returns:
        The path.

    Raises:
        OptionError: the path does not end in .keras, or the model has a layer made of functions.
        DataError: the file cannot be written.

    >>> import tempfile
    >>> from pybridge import models
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = models.save(models.sequential([("dense", 3)], input_shape=2, name="small"), folder + "/small.keras")
    ...     models.load(path).name
    'small'
    """
    place = Path(path)
    if place.suffix != ".keras":
        raise OptionError(f"a model's file ends in .keras; got {shown(str(path))}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _files.writing(place) as stream, warnings.catch_warnings():
            # Keras's variables do not know NumPy 2's way to ask for a copy.
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            with _keras_writes_beside(stream.name):
                model.save(stream.name)
    except OSError as error:
        raise _files.unwritten(place, error) from error
    return str(path)


@called
def load(path: str) -> keras.Model:
    """Read a model that `save` wrote, ready to predict, to be measured and to be trained further.

    The file may come from anywhere: no code in it is run, nothing outside it is read, and one whose layers or weights
    would take more than sixteen times its size in memory is refused before they do, but for the first 16 MB.

    Args:
        path: the file, which ends in .keras.

    Returns:
        The model. One trained with a function as its loss or metric has its weights but no loss: `training.fit` gives
        it one.

    Raises:
        OptionError: the path does not end in .keras.
        DataError: there is no such file, it does not hold a whole model, or it is changed whenever it is read.

    >>> load("nowhere.keras")
    Traceback (most recent call last):
    pybridge.errors.DataError: there is no model at nowhere.keras; models.save writes one
    """
    place = _place(path)
    for _ in range(ATTEMPTS):
        with suppress(_Changed), _opened(place) as file:
            return _read(file, place)
    raise DataError(f"{place} was changed each time it was read; load it again once nobody writes it")


@contextmanager
def _keras_writes_beside(path: str) -> Iterator[None]:
    """Have Keras put what it packs into the folder of a file, which is removed after a kill as well."""
    token = _packing.set(os.path.dirname(path))
    try:
        yield
    finally:
        _packing.reset(token)


def _temporary_folder() -> str:
    return tempfile.mkdtemp(dir=_packing.get())


saving_lib.get_temp_dir = _temporary_folder


class _Archive(zipfile.ZipFile):
    """An archive that is given up where an exception leaves it, which may have come while a part of it was open."""

    _part: IO[bytes] | None = None

    def open(self, *args: Any, **options: Any) -> IO[bytes]:
        self._part = super().open(*args, **options)
        return self._part

    def __exit__(self, kind: type[BaseException] | None, *rest: Any) -> None:
        part, self._part = self._part, None
        if kind is None or self.mode == "r" or self.fp is None:
            super().__exit__(kind, *rest)
            return
        if part is not None:
            with suppress(Exception):  # it is cut off somewhere
                part.close()
        given_up, self.fp = self.fp, None
        given_up.close()

    def __del__(self) -> None:
        with suppress(Exception):  # it was not even entered
            super().__del__()


saving_lib.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": _Archive})


class _Changed(Exception):
    """A file was changed or replaced while it was read."""


def _opened(place: Path) -> BinaryIO:
    try:
        return open_regular(place)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise DataError(f"there is no model at {place}; models.save writes one") from None
    except OSError as error:
        raise DataError(f"{place} cannot be read: {error.strerror or error}") from error


def _read(file: BinaryIO, place: Path) -> keras.Model:
    """The model that an open file holds, as long as what has its name is that file as it was: Keras takes a name."""
    if not zipfile.is_zipfile(file):
        raise DataError(f"{place} does not hold a model: it is not whole, or not a .keras file")
    before = stamp_of(os.fstat(file.fileno()))
    with warnings.catch_warnings():
        for kind in (UserWarning, RuntimeWarning):  # what is left out of a model that is read, but no file left open
            warnings.simplefilter("error", kind)
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        # An optimizer that has not trained has a count and perhaps a learning rate.
        warnings.filterwarnings("ignore", r"Skipping variable loading for optimizer .* has [12] variables")
        try:
            trainable = _archive.check(file)
            _check_same(place, before)
            model = keras.saving.load_model(place, compile=trainable, safe_mode=True)
        except Exception as error:  # whatever Keras, h5py and zipfile make of a damaged file
            _check_same(place, before)
            raise DataError(f"{place} does not hold a model that can be read here: {said(error)}") from error
    _check_same(place, before)
    return model


def _check_same(place: Path, before: Stamp) -> None:
    try:
        now = stamp_of(os.stat(place))
    except OSError:
        now = []
    if now != before:
        raise _Changed


def _place(path: object) -> Path:
    if not isinstance(path, str | os.PathLike) or Path(path).suffix != ".keras":
        raise OptionError(f"a model's file ends in .keras; got {shown(path)}")
    return Path(path)
