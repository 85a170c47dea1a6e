"""What a terminal is sent for a picture, taken apart as the terminal does."""

from __future__ import annotations

import base64
import io
import os
import re
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pybridge.repl.pictures import inline, show


def png(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")


def patches(width: int, height: int) -> Image.Image:
    """A picture of a few colours in patches of odd sizes."""
    numbers = np.random.default_rng(3).integers(0, 5, (height // 3 + 1, width // 5 + 1))
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]], "uint8")
    return Image.fromarray(colours[numbers.repeat(3, 0).repeat(5, 1)[:height, :width]])


def from_sixel(sent: str) -> np.ndarray:
    """The pixels that a terminal draws: colours of percents, six rows a character, $ for back, - for down."""
    width, height, body = re.fullmatch(r'\x1bPq"1;1;(\d+);(\d+)(.*)\x1b\\', sent, re.DOTALL).groups()
    pixels = np.full((int(height) + 5, int(width), 3), -1)
    palette, colour, x, y = {}, None, 0, 0
    for token in re.finditer(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])", body):
        number, red, green, blue, count, repeated, single, move = token.groups()
        if number:
            colour = int(number)
            if red:
                palette[colour] = int(red), int(green), int(blue)
        elif move:
            x, y = 0, y + 6 * (move == "-")
        else:
            for row in range(6):
                if (ord(repeated or single) - 63) >> row & 1:
                    pixels[y + row, x : x + int(count or 1)] = palette[colour]
            x += int(count or 1)
    return pixels[: int(height)]


@pytest.mark.parametrize("width, height", [(1, 1), (7, 6), (40, 13), (101, 50)])
def test_sixels_are_the_picture(width, height):
    image = patches(width, height)
    assert np.array_equal(from_sixel(inline["sixel"](png(image))), np.asarray(image).astype(int) * 100 // 255)


def test_sixels_of_a_large_or_clear_picture_are_smaller_and_on_white():
    clear = Image.new("RGBA", (2000, 1000), (0, 0, 0, 0))
    pixels = from_sixel(inline["sixel"](png(clear)))
    assert pixels.shape == (400, 800, 3)
    assert (pixels == 100).all()


@pytest.mark.parametrize("size", [1, 60, 300])
def test_kitty_is_sent_the_file_in_pieces(size):
    picture = png(Image.fromarray(np.random.default_rng(1).integers(0, 255, (size, size, 3), "uint8")))
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", inline["kitty"](picture))
    assert "".join(piece for _, piece in pieces) == picture
    assert all(len(piece) <= 4096 for _, piece in pieces)
    assert pieces[0][0].startswith("a=T,f=100,")
    assert [control[-1] for control, _ in pieces] == ["1"] * (len(pieces) - 1) + ["0"]


def test_iterm_is_sent_the_file():
    picture = png(patches(9, 9))
    assert inline["iterm"](picture) == f"\x1b]1337;File=inline=1:{picture}\x07"


def shown(picture: str, capsys: pytest.CaptureFixture[str]) -> Path:
    show(picture)
    return Path(capsys.readouterr().out.removeprefix("figure: ").strip())


def test_a_file_stays_for_a_week(tmp_path, monkeypatch, capsys):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    picture = png(patches(9, 9))
    first, second = shown(picture, capsys), shown(picture, capsys)
    assert first.read_bytes() == second.read_bytes() == base64.b64decode(picture)
    assert first.parent == tmp_path / "pybridge" / "figures"
    for file, days in ((first, 8), (second, 6)):
        os.utime(file, times=(0, time.time() - days * 24 * 3600))
    third = shown(picture, capsys)
    assert [file.exists() for file in (first, second, third)] == [False, True, True]


def test_a_file_has_another_place_where_there_is_no_cache(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    file = shown(png(patches(9, 9)), capsys)
    assert file.read_bytes().startswith(b"\x89PNG")
    file.unlink()
