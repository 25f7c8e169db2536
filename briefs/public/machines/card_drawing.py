"""Draw the image for link previews: headline, site name and byline beside a ribbon."""

import io
import re
import threading
from itertools import pairwise
from typing import NamedTuple

from PIL import Image, ImageColor, ImageDraw

from ...content import LANGUAGE_TAGS, Side
from ...rendering.head_tags import CARD_SIZE
from ...text.scripts import detect_language_code
from . import fonts

VERSION = 1
"""Increase when the drawing changes, to change the ETags."""

PAPER, INK, SOFT, BLUE, LINE = "#fdfdfb", "#1b1d22", "#585d67", "#24418f", "#bcc6de"
LEFT, TOP, FOLD, SMALL_SIZE = 84, 78, 1056, 30
TEXT_WIDTH, BOTTOM = FOLD - 84 - LEFT, CARD_SIZE[1] - 84
HEADLINE_SIZES: dict[Side, range] = {"zh": range(88, 35, -4), "en": range(80, 31, -4)}
LEADING: dict[Side, float] = {"zh": 1.36, "en": 1.18}
HEADLINE_TOP = TOP + SMALL_SIZE + 40
HEADLINE_HEIGHT = BOTTOM - SMALL_SIZE - 52 - HEADLINE_TOP
MAX_LINES = 4
SHADES_PER_COLOUR = 16
"""Palette entries per colour."""
MEASURING_SIZE = 100
_FISHTAIL = ((0, 0), (1, 0), (1, 0.66), (0.5, 0.3), (0, 0.66))
_UNIT_PATTERN = re.compile(r"[\w'’.,:;!?%$&/()+–—-]+(?<=[\x00-\u02ff’–—])|\s+|.", re.ASCII)
_NEVER_AT_LINE_START = "，。、；：？！」』）》〉…—’”.,;:?!)"
_NEVER_AT_LINE_END = "「『（《〈‘“(〔"

type Unit = tuple[str, float]

_lock = threading.Lock()  # FreeType fonts are not thread-safe


class CardText(NamedTuple):
    headline: str
    byline: str
    site: str


def draw(card_text: CardText, side: Side) -> bytes:
    """Return a PNG of CARD_SIZE. Without a Chinese font, Chinese text is omitted.

    Each band is drawn in grey and mapped to palette shades from the paper colour to its own.
    """
    grey = Image.new("L", CARD_SIZE, 0)
    canvas = ImageDraw.Draw(grey)
    with _lock:
        _draw_small_line(canvas, card_text.site, (LEFT, TOP), "lt")
        _draw_headline(canvas, card_text.headline, side)
        _draw_small_line(canvas, card_text.byline, (LEFT, BOTTOM - SMALL_SIZE), "ls")
    image = Image.new("P", CARD_SIZE, 0)
    ends = (HEADLINE_TOP - 20, HEADLINE_TOP + HEADLINE_HEIGHT + 10, CARD_SIZE[1])
    for band, (top, end) in enumerate(pairwise((0, *ends))):
        steps = [band * SHADES_PER_COLOUR + value * SHADES_PER_COLOUR // 256 for value in range(256)]
        image.paste(grey.crop((0, top, CARD_SIZE[0], end)).point(steps), (0, top))
    image.putpalette(
        [value for colour in (BLUE, INK, SOFT) for value in _colour_ramp(colour)] + [*_rgb(LINE), *_rgb(BLUE)]
    )
    _draw_fold(ImageDraw.Draw(image))
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=4)  # level 6 takes twice the time and saves 5 %
    return file.getvalue()


def _colour_ramp(colour: str) -> list[int]:
    pairs = list(zip(_rgb(PAPER), _rgb(colour), strict=True))
    return [
        a + (b - a) * step // (SHADES_PER_COLOUR - 1) for step in range(SHADES_PER_COLOUR) for a, b in pairs
    ]


def _rgb(colour: str) -> tuple[int, ...]:
    return ImageColor.getrgb(colour)


def _draw_fold(canvas: ImageDraw.ImageDraw) -> None:
    height, line, blue = CARD_SIZE[1], 3 * SHADES_PER_COLOUR, 3 * SHADES_PER_COLOUR + 1
    canvas.line([(FOLD, 0), (FOLD, height)], fill=line, width=2)
    for end, way in ((TOP - 10, 1), (height - TOP + 10, -1)):
        canvas.polygon([(FOLD + (x - 0.5) * 52, end + way * y * 40) for x, y in _FISHTAIL], fill=blue)


def _draw_small_line(canvas: ImageDraw.ImageDraw, words: str, position: tuple[int, int], anchor: str) -> None:
    if font := fonts.load_font(_script_of_text(words), SMALL_SIZE):
        line = next(iter(_break_lines(_measure_units(words), TEXT_WIDTH / SMALL_SIZE)), "")
        mark = "" if line == " ".join(words.split()) else "…"
        canvas.text(position, f"{line}{mark}", font=font, fill=255, anchor=anchor)


def _draw_headline(canvas: ImageDraw.ImageDraw, words: str, side: Side) -> None:
    """Draw the headline at the largest size that fits, in lines of similar length."""
    script = _script_of_text(words) if side == "en" else side
    if fonts.load_font(script, MEASURING_SIZE) is None:
        return
    units, lines, size = _measure_units(words), [words], HEADLINE_SIZES[script][0]
    for size in HEADLINE_SIZES[script]:
        lines = _break_lines(units, TEXT_WIDTH / size)
        if len(lines) * size * LEADING[script] <= HEADLINE_HEIGHT and len(lines) <= MAX_LINES:
            break
    leading = size * LEADING[script]
    y = HEADLINE_TOP + max(0.0, (HEADLINE_HEIGHT - len(lines) * leading) / 2)
    for line in _balance_lines(units, TEXT_WIDTH / size, len(lines))[: int(HEADLINE_HEIGHT / leading)]:
        baseline = y + (leading - size) / 2 + 0.82 * size
        canvas.text((LEFT, baseline), line, font=fonts.load_font(script, size), fill=255, anchor="ls")
        y += leading


def _measure_units(words: str) -> list[Unit]:
    """Return the units with their widths in ems, so that they are measured once for all sizes."""
    font = fonts.load_font(_script_of_text(words), MEASURING_SIZE)
    return [(unit, font.getlength(unit) / MEASURING_SIZE if font else 0.0) for unit in _split_units(words)]


def _balance_lines(units: list[Unit], width: float, line_count: int) -> list[str]:
    """Break into at most `line_count` lines, as narrow as possible."""
    low, high = 0.0, width
    while high - low > 0.1:
        middle = (low + high) / 2
        if len(_break_lines(units, middle)) <= line_count:
            high = middle
        else:
            low = middle
    return _break_lines(units, high)


def _break_lines(units: list[Unit], width: float) -> list[str]:
    """Break units into lines of at most `width` ems."""
    lines: list[str] = [""]
    at = 0.0
    for unit, long in units:
        if lines[-1].strip() and unit.strip() and at + long > width:
            lines.append("")
            at = 0.0
        lines[-1] += unit
        at += long
    return [line.strip() for line in lines if line.strip()]


def _split_units(words: str) -> list[str]:
    """Split text into unbreakable units: Latin words, single Han characters, with attached punctuation."""
    units: list[str] = []
    for piece in _UNIT_PATTERN.findall(" ".join(words.split())):
        if units and (piece[0] in _NEVER_AT_LINE_START or units[-1][-1] in _NEVER_AT_LINE_END):
            units[-1] += piece
        else:
            units.append(piece)
    return units


def _script_of_text(words: str) -> Side:
    return "zh" if detect_language_code(words) == LANGUAGE_TAGS["zh"] else "en"
