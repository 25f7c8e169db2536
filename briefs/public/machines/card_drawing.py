"""The picture of a link preview: a leaf with a fold, and the headline in its own script."""

import io
import re
import threading
from itertools import pairwise
from typing import NamedTuple

from PIL import Image, ImageColor, ImageDraw

from ...content import LANG, Side
from ...rendering.head_tags import CARD_SIZE
from ...text.scripts import lang_of
from . import fonts

VERSION = 1
"""Raise it when a card comes out differently."""

PAPER, INK, SOFT, BLUE, LINE = "#fdfdfb", "#1b1d22", "#585d67", "#24418f", "#bcc6de"
LEFT, TOP, FOLD, SMALL = 84, 78, 1056, 30
WIDTH, BOTTOM = FOLD - 84 - LEFT, CARD_SIZE[1] - 84
SIZES: dict[Side, range] = {"zh": range(88, 35, -4), "en": range(80, 31, -4)}
LEADING: dict[Side, float] = {"zh": 1.36, "en": 1.18}
ROOM_TOP = TOP + SMALL + 40
ROOM = BOTTOM - SMALL - 52 - ROOM_TOP
MOST_LINES = 4
STEPS = 16
"""Shades of each colour."""
REFERENCE = 100
_FISHTAIL = ((0, 0), (1, 0), (1, 0.66), (0.5, 0.3), (0, 0.66))
_UNIT = re.compile(r"[\w'’.,:;!?%$&/()+–—-]+(?<=[\x00-\u02ff’–—])|\s+|.", re.ASCII)
_NOT_FIRST = "，。、；：？！」』）》〉…—’”.,;:?!)"
_NOT_LAST = "「『（《〈‘“(〔"

type Unit = tuple[str, float]

_lock = threading.Lock()  # a font of FreeType serves one thread at a time


class Words(NamedTuple):
    headline: str
    byline: str
    site: str


def draw(words: Words, side: Side) -> bytes:
    """A PNG of CARD_SIZE. Where there is no font for Chinese, words that need it are left out.

    Each band is drawn in grey and becomes a ramp of the palette from paper to its colour.
    """
    grey = Image.new("L", CARD_SIZE, 0)
    canvas = ImageDraw.Draw(grey)
    with _lock:
        _small(canvas, words.site, (LEFT, TOP), "lt")
        _headline(canvas, words.headline, side)
        _small(canvas, words.byline, (LEFT, BOTTOM - SMALL), "ls")
    image = Image.new("P", CARD_SIZE, 0)
    ends = (ROOM_TOP - 20, ROOM_TOP + ROOM + 10, CARD_SIZE[1])
    for band, (top, end) in enumerate(pairwise((0, *ends))):
        steps = [band * STEPS + value * STEPS // 256 for value in range(256)]
        image.paste(grey.crop((0, top, CARD_SIZE[0], end)).point(steps), (0, top))
    image.putpalette(
        [value for colour in (BLUE, INK, SOFT) for value in _ramp(colour)] + [*_rgb(LINE), *_rgb(BLUE)]
    )
    _fold(ImageDraw.Draw(image))
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=4)  # 6 takes twice the time for a twentieth less
    return file.getvalue()


def _ramp(colour: str) -> list[int]:
    pairs = list(zip(_rgb(PAPER), _rgb(colour), strict=True))
    return [a + (b - a) * step // (STEPS - 1) for step in range(STEPS) for a, b in pairs]


def _rgb(colour: str) -> tuple[int, ...]:
    return ImageColor.getrgb(colour)


def _fold(canvas: ImageDraw.ImageDraw) -> None:
    height, line, blue = CARD_SIZE[1], 3 * STEPS, 3 * STEPS + 1
    canvas.line([(FOLD, 0), (FOLD, height)], fill=line, width=2)
    for end, way in ((TOP - 10, 1), (height - TOP + 10, -1)):
        canvas.polygon([(FOLD + (x - 0.5) * 52, end + way * y * 40) for x, y in _FISHTAIL], fill=blue)


def _small(canvas: ImageDraw.ImageDraw, words: str, place: tuple[int, int], anchor: str) -> None:
    if font := fonts.sized(_script(words), SMALL):
        line = next(iter(_lines(_measured(words), WIDTH / SMALL)), "")
        mark = "" if line == " ".join(words.split()) else "…"
        canvas.text(place, f"{line}{mark}", font=font, fill=255, anchor=anchor)


def _headline(canvas: ImageDraw.ImageDraw, words: str, side: Side) -> None:
    """As large as fits between the two lines, in lines of about one length."""
    script = _script(words) if side == "en" else side
    if fonts.sized(script, REFERENCE) is None:
        return
    units, lines, size = _measured(words), [words], SIZES[script][0]
    for size in SIZES[script]:
        lines = _lines(units, WIDTH / size)
        if len(lines) * size * LEADING[script] <= ROOM and len(lines) <= MOST_LINES:
            break
    leading = size * LEADING[script]
    y = ROOM_TOP + max(0.0, (ROOM - len(lines) * leading) / 2)
    for line in _balanced(units, WIDTH / size, len(lines))[: int(ROOM / leading)]:
        baseline = y + (leading - size) / 2 + 0.82 * size
        canvas.text((LEFT, baseline), line, font=fonts.sized(script, size), fill=255, anchor="ls")
        y += leading


def _measured(words: str) -> list[Unit]:
    """Widths in ems: measured once, whatever the size will be."""
    font = fonts.sized(_script(words), REFERENCE)
    return [(unit, font.getlength(unit) / REFERENCE if font else 0.0) for unit in _units(words)]


def _balanced(units: list[Unit], width: float, count: int) -> list[str]:
    """In as many lines, the narrowest there are."""
    low, high = 0.0, width
    while high - low > 0.1:
        middle = (low + high) / 2
        if len(_lines(units, middle)) <= count:
            high = middle
        else:
            low = middle
    return _lines(units, high)


def _lines(units: list[Unit], width: float) -> list[str]:
    """Between Han anywhere but where a mark forbids it, between Latin words at their spaces."""
    lines: list[str] = [""]
    at = 0.0
    for unit, long in units:
        if lines[-1].strip() and unit.strip() and at + long > width:
            lines.append("")
            at = 0.0
        lines[-1] += unit
        at += long
    return [line.strip() for line in lines if line.strip()]


def _units(words: str) -> list[str]:
    """What stays on one line, with the marks that cling to it."""
    units: list[str] = []
    for piece in _UNIT.findall(" ".join(words.split())):
        if units and (piece[0] in _NOT_FIRST or units[-1][-1] in _NOT_LAST):
            units[-1] += piece
        else:
            units.append(piece)
    return units


def _script(words: str) -> Side:
    return "zh" if lang_of(words) == LANG["zh"] else "en"
