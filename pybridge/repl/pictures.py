"""Figures at a prompt: drawn by the terminal where it can draw, and else opened by the desktop or kept as a file."""

from __future__ import annotations

import base64
import io
import os
import re
import select
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from pybridge._folders import cache_folder, make_folder

__all__ = ["inline", "show"]

WIDEST = 800  # pixels of a picture in a terminal
COLOURS = 64
KEPT = 7 * 24 * 3600  # seconds that a file stays


def show(picture: str) -> None:
    """Show a PNG, given in base64."""
    draw = _drawing() if sys.stdout.isatty() else None
    if draw is not None:
        print(draw(picture))
        return
    name = _kept(base64.b64decode(picture))
    opener = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    if opener and (sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        import subprocess

        nowhere = subprocess.DEVNULL
        subprocess.Popen([opener, name], stdin=nowhere, stdout=nowhere, stderr=nowhere)
    print(f"figure: {name}")


def _kept(png: bytes) -> str:
    """The file of a picture, in a folder of theirs, where those of more than a week ago go away."""
    try:
        folder = _folder()
    except OSError:
        folder = None
    with tempfile.NamedTemporaryFile(prefix="figure-", suffix=".png", dir=folder, delete=False) as file:
        file.write(png)
    return file.name


def _folder() -> str:
    folder = cache_folder() / "figures"
    make_folder(folder)
    for file in folder.glob("figure-*.png"):
        with suppress(FileNotFoundError):  # another prompt was quicker
            if file.stat().st_mtime < time.time() - KEPT:
                file.unlink()
    if not os.access(folder, os.W_OK):
        raise PermissionError(folder)
    return str(folder)


@cache
def _drawing() -> Callable[[str], str] | None:
    """How this terminal is told to draw; None where it cannot."""
    terminal, program = os.environ.get("TERM", ""), os.environ.get("TERM_PROGRAM", "")
    if os.environ.get("TMUX") or terminal.startswith(("tmux", "screen")):
        return inline["sixel"] if _knows_sixel() else None  # what is behind it need not be there
    if "kitty" in terminal or program == "ghostty":
        return inline["kitty"]
    if program in ("iTerm.app", "WezTerm"):
        return inline["iterm"]
    return inline["sixel"] if _knows_sixel() else None


def _knows_sixel() -> bool:
    """Whether the terminal says, asked for its device attributes, that it knows sixel graphics, number 4."""
    try:
        import termios
        import tty

        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
    except (ImportError, OSError, ValueError):
        return False
    answer = b""
    try:
        tty.setcbreak(descriptor)
        os.write(sys.stdout.fileno(), b"\x1b[c")
        while select.select([descriptor], [], [], 0.3)[0] and not answer.endswith(b"c"):
            answer += os.read(descriptor, 64)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
    found = re.search(rb"\x1b\[\?([\d;]+)c", answer)
    return found is not None and b"4" in found[1].split(b";")[1:]


def _kitty(picture: str) -> str:
    """The graphics protocol of kitty: chunks of 4096 characters. Source: sw.kovidgoyal.net/kitty/graphics-protocol."""
    chunks = [picture[i : i + 4096] for i in range(0, len(picture), 4096)]
    parts = [f"\x1b_Gm={int(i < len(chunks) - 1)};{chunk}\x1b\\" for i, chunk in enumerate(chunks)]
    return "".join([parts[0].replace("\x1b_G", "\x1b_Ga=T,f=100,", 1), *parts[1:]])


def _iterm(picture: str) -> str:
    """The inline images of iTerm2. Source: iterm2.com/documentation-images.html."""
    return f"\x1b]1337;File=inline=1:{picture}\x07"


def _sixel(picture: str) -> str:
    """The sixel graphics of DEC's VT300: bands of six rows, and in each a line for every colour in it."""
    import numpy as np
    from PIL import Image

    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGBA")
    image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    image.thumbnail((WIDEST, WIDEST))
    image = image.quantize(COLOURS)
    palette = np.array(image.getpalette()).reshape(-1, 3) * 100 // 255
    pixels = np.asarray(image)
    used = np.unique(pixels)
    colours = "".join(f"#{n};2;{r};{g};{b}" for n, (r, g, b) in zip(used, palette[used], strict=True))
    rows = np.full((-(-image.height // 6) * 6, image.width), 255, dtype=np.uint8)  # 255 is no colour
    rows[: image.height] = pixels
    bands = (
        "$".join(f"#{n}{_line(band == n)}" for n in np.unique(band[band != 255]))
        for band in rows.reshape(-1, 6, image.width)
    )
    return f'\x1bPq"1;1;{image.width};{image.height}{colours}{"-".join(bands)}\x1b\\'


def _line(marked: object) -> str:
    """A band's pixels of one colour: a character for six rows, those that repeat with their number."""
    import numpy as np

    letters = "".join(map(chr, 63 + np.array([1, 2, 4, 8, 16, 32]) @ np.asarray(marked)))
    return re.sub(r"(.)\1{3,}", lambda run: f"!{len(run[0])}{run[1]}", letters)


inline: dict[str, Callable[[str], str]] = {"kitty": _kitty, "iterm": _iterm, "sixel": _sixel}
"""What a terminal of each kind is sent for a PNG in base64."""
