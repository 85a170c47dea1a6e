"""Make the font of the site's formulas: STIX Two Math, of which the letters and signs of formulas are kept.

    npm pack @fontsource/stix-two-math && tar xzf fontsource-stix-two-math-*.tgz
    python -m tools.math_font package/files/stix-two-math-latin-400-normal.woff2

It needs fonttools and brotli, which nothing else here does.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter, load_font, save_font

FONT = Path("pybridge/book/site/static/stix-two-math.woff2")
KEPT = [
    (0x20, 0x7E),  # Latin letters, digits and signs
    (0xA0, 0xFF),
    (0x131, 0x131),  # dotless i and j, for accents
    (0x237, 0x237),
    (0x2C6, 0x2DD),  # accents
    (0x300, 0x338),
    (0x391, 0x3F6),  # Greek letters
    (0x2002, 0x2064),  # spaces, dashes, primes, invisible operators
    (0x20D0, 0x20F0),
    (0x2100, 0x214F),  # letters of other alphabets, such as the double-struck R
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # operators
    (0x2308, 0x230B),  # ceiling and floor
    (0x23B4, 0x23B5),
    (0x23DC, 0x23E1),  # braces above and below
    (0x25A0, 0x25FF),
    (0x27C2, 0x27C2),
    (0x27E6, 0x27EF),  # brackets
    (0x27F5, 0x27FF),  # long arrows
    (0x2A00, 0x2A06),
    (0x2A7D, 0x2A7E),
    (0x2AAF, 0x2AB0),
    (0x1D400, 0x1D4CF),  # bold, italic, bold italic and script letters
    (0x1D538, 0x1D56B),  # double-struck letters
    (0x1D6A4, 0x1D755),  # Greek letters, bold and italic
    (0x1D7CE, 0x1D7E1),
]


def make(source: str) -> None:
    """Write the font that the site has, with the sizes of brackets and the rules of its table MATH."""
    options = Options()
    options.flavor = "woff2"
    options.layout_features = ["ssty", "flac", "dtls", "kern", "mark", "mkmk"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.hinting = False
    font = load_font(source, options)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in KEPT for code in range(first, last + 1)])
    subsetter.subset(font)
    save_font(font, str(FONT), options)
    print(f"{FONT}: {FONT.stat().st_size:,} bytes, {len(font.getGlyphOrder()):,} shapes")


if __name__ == "__main__":
    make(sys.argv[1])
