"""The picture of a link preview: a leaf with a fold, and the headline in its own script."""

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
"""Raise it when a card comes out differently."""

PAPER, INK, SOFT, BLUE, LINE = "#fdfdfb", "#1b1d22", "#585d67", "#24418f", "#bcc6de"
LEFT, TOP, FOLD, SMALL_SIZE = 84, 78, 1056, 30
TEXT_WIDTH, BOTTOM = FOLD - 84 - LEFT, CARD_SIZE[1] - 84
HEADLINE_SIZES: dict[Side, range] = {"zh": range(88, 35, -4), "en": range(80, 31, -4)}
LEADING: dict[Side, float] = {"zh": 1.36, "en": 1.18}
HEADLINE_TOP = TOP + SMALL_SIZE + 40
HEADLINE_HEIGHT = BOTTOM - SMALL_SIZE - 52 - HEADLINE_TOP
MAX_LINES = 4
SHADES_PER_COLOUR = 16
"""Shades of each colour."""
MEASURING_SIZE = 100
_FISHTAIL = ((0, 0), (1, 0), (1, 0.66), (0.5, 0.3), (0, 0.66))
_UNIT_PATTERN = re.compile(r"[\w'’.,:;!?%$&/()+–—-]+(?<=[\x00-\u02ff’–—])|\s+|.", re.ASCII)
_NEVER_AT_LINE_START = "，。、；：？！」』）》〉…—’”.,;:?!)"
_NEVER_AT_LINE_END = "「『（《〈‘“(〔"

type Unit = tuple[str, float]

_lock = threading.Lock()  # a font of FreeType serves one thread at a time


class CardText(NamedTuple):
    headline: str
    byline: str
    site: str


def draw(card_text: CardText, side: Side) -> bytes:
    """A PNG of CARD_SIZE. Where there is no font for Chinese, words that need it are left out.

    Each band is drawn in grey and becomes a ramp of the palette from paper to its colour.
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
    image.save(file, "PNG", compress_level=4)  # 6 takes twice the time for a twentieth less
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
    """As large as fits between the two lines, in lines of about one length."""
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
    """Widths in ems: measured once, whatever the size will be."""
    font = fonts.load_font(_script_of_text(words), MEASURING_SIZE)
    return [(unit, font.getlength(unit) / MEASURING_SIZE if font else 0.0) for unit in _split_units(words)]


def _balance_lines(units: list[Unit], width: float, line_count: int) -> list[str]:
    """In as many lines, the narrowest there are."""
    low, high = 0.0, width
    while high - low > 0.1:
        middle = (low + high) / 2
        if len(_break_lines(units, middle)) <= line_count:
            high = middle
        else:
            low = middle
    return _break_lines(units, high)


def _break_lines(units: list[Unit], width: float) -> list[str]:
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


def _split_units(words: str) -> list[str]:
    """What stays on one line, with the marks that cling to it."""
    units: list[str] = []
    for piece in _UNIT_PATTERN.findall(" ".join(words.split())):
        if units and (piece[0] in _NEVER_AT_LINE_START or units[-1][-1] in _NEVER_AT_LINE_END):
            units[-1] += piece
        else:
            units.append(piece)
    return units


def _script_of_text(words: str) -> Side:
    return "zh" if detect_language_code(words) == LANGUAGE_TAGS["zh"] else "en"
