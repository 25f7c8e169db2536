"""Draw the image for link previews: headline, site name and byline beside a ribbon.

Without a Chinese font, images have no Chinese text and a warning is logged once.
"""

import functools
import io
import logging
import re
import shutil
import subprocess
import threading
from itertools import pairwise
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext
from PIL import Image, ImageColor, ImageDraw, ImageFont

from briefs.content import LANGUAGE_TAGS, Side
from briefs.lexicon.dictionary import divide_words
from briefs.rendering.cards import CARD_SIZE, format_authors_and_source
from briefs.text.scripts import detect_language_code

from . import editions
from .responses import make_etag

# Find fonts for link preview images with fontconfig, once per process.

log = logging.getLogger(__name__)

_PREFERRED_FAMILIES: dict[Side, tuple[str, ...]] = {
    "zh": (
        *("Songti TC", "Noto Serif CJK TC", "Noto Serif TC", "Source Han Serif TC"),
        *("PingFang TC", "Noto Sans CJK TC", "Noto Sans TC", "Source Han Sans TC", "Microsoft JhengHei"),
    ),
    "en": (
        "Iowan Old Style",
        "Palatino Linotype",
        "Palatino",
        "P052",
        "Noto Serif CJK TC",
        "Noto Serif",
        "DejaVu Serif",
    ),
}
_PREFERRED_WEIGHTS: dict[Side, tuple[str, ...]] = {
    "zh": ("Bold", "SemiBold", "Regular"),
    "en": ("Regular", "Book", "Roman"),
}
_FONTCONFIG_PATTERNS: dict[Side, str] = {"zh": ":lang=zh-tw", "en": ":lang=en"}
_NAMED_INSTANCE = 1 << 16


class FontFace(NamedTuple):
    file: str
    face_number: int
    """Index of the face in its file."""


@functools.cache
def find_face(script: Side) -> FontFace | None:
    """Return the preferred face for headlines in this script; None if there is none."""
    listed = _list_faces(_FONTCONFIG_PATTERNS[script])
    best = min(listed, key=lambda row: _rank(script, row[1], row[2]), default=None)
    if best is None and script == "zh":
        log.warning(
            "No font with Chinese was found (fc-list :lang=zh-tw): cards of link previews have no words."
        )
    return best[0] if best else None


@functools.cache
def load_font(script: Side, size: int) -> ImageFont.FreeTypeFont | None:
    """Return the font; None if there is none for Chinese. For Latin, fall back to Pillow's font."""
    if face := find_face(script):
        return ImageFont.truetype(face.file, size, face.face_number)
    own = ImageFont.load_default(size) if script == "en" else None
    return own if isinstance(own, ImageFont.FreeTypeFont) else None


def _list_faces(pattern: str) -> list[tuple[FontFace, str, str]]:
    program = shutil.which("fc-list")
    if program is None:
        return []
    wanted = "%{file}\t%{index}\t%{family}\t%{style}\n"
    try:
        done = subprocess.run(  # noqa: S603
            [program, "--format", wanted, pattern], capture_output=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [line.split("\t") for line in done.stdout.decode("utf-8", "replace").splitlines()]
    faces = [
        (FontFace(row[0], int(row[1])), row[2], row[3])
        for row in rows
        if len(row) == 4 and row[1].isdecimal()
    ]
    return [
        (face, family, style)
        for face, family, style in faces
        if face.face_number < _NAMED_INSTANCE and face.file.endswith((".ttf", ".ttc", ".otf"))
    ]


def _rank(script: Side, family: str, style: str) -> tuple[int, int, str]:
    families, weights = _PREFERRED_FAMILIES[script], _PREFERRED_WEIGHTS[script]
    names, styles = family.split(","), style.split(",")
    by_family = next((n for n, name in enumerate(families) if name in names), len(families))
    by_weight = next((n for n, weight in enumerate(weights) if weight in styles), len(weights))
    return by_family, by_weight, family


VERSION = 3
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
_HAN_PATTERN = re.compile("([\u3400-\u9fff]+)")
LONGEST_WORD = 4
"""Characters. A longer word may be broken: a line has ten."""
_NEVER_AT_LINE_START = "，。、；：？！」』）》〉…—’”.,;:?!)"
_AFTER_NUMBER = ("年", "月", "日", "億", "萬", "兆", "國")
_CHINESE_NUMBERS = "一二兩三四五六七八九十百千萬億兆幾數"
_BEFORE_NUMBER = "上下這那每第前後"
_NEVER_AT_LINE_END = "「『（《〈‘“(〔"

type Unit = tuple[str, float]

_lock = threading.Lock()  # FreeType fonts are not thread-safe


class CardText(NamedTuple):
    headline: str
    byline: str
    site: str


def draw(card_text: CardText, side: Side) -> bytes:
    """Return a PNG of CARD_SIZE. Without a Chinese font, Chinese text is omitted.

    Each band is drawn in grey, and its greys are mapped to shades from the paper's colour to the band's colour.
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
    if font := load_font(_script_of_text(words), SMALL_SIZE):
        line = next(iter(_break_lines(_measure_units(words), TEXT_WIDTH / SMALL_SIZE)), "")
        mark = "" if line == " ".join(words.split()) else "…"
        canvas.text(position, f"{line}{mark}", font=font, fill=255, anchor=anchor)


def _draw_headline(canvas: ImageDraw.ImageDraw, words: str, side: Side) -> None:
    """Draw the headline at the largest size that fits, in lines of similar length."""
    script = _script_of_text(words) if side == "en" else side
    if load_font(script, MEASURING_SIZE) is None:
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
        canvas.text((LEFT, baseline), line, font=load_font(script, size), fill=255, anchor="ls")
        y += leading


def _measure_units(words: str) -> list[Unit]:
    """Return the unbreakable units of a headline with their widths in ems, valid for all font sizes."""
    font = load_font(_script_of_text(words), MEASURING_SIZE)
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
    """Split text into unbreakable units: Latin words, Chinese words, with attached punctuation."""
    units: list[str] = []
    pieces = (
        piece
        for run in _HAN_PATTERN.split(" ".join(words.split()))
        for piece in (
            divide_words(run, LONGEST_WORD) if _HAN_PATTERN.fullmatch(run) else _UNIT_PATTERN.findall(run)
        )
    )
    for piece in pieces:
        before = units[-1] if units else ""
        is_counted = before[-1:].isdecimal() and piece in _AFTER_NUMBER
        if _HAN_PATTERN.fullmatch(piece) and len(before) < LONGEST_WORD:
            is_counted |= before[-1:] in _CHINESE_NUMBERS and len(piece) == 1
            is_counted |= before in _BEFORE_NUMBER and piece[0] in _CHINESE_NUMBERS
        if before and (is_counted or piece[0] in _NEVER_AT_LINE_START or before[-1] in _NEVER_AT_LINE_END):
            units[-1] += piece
        else:
            units.append(piece)
    return units


def _script_of_text(words: str) -> Side:
    return "zh" if detect_language_code(words) == LANGUAGE_TAGS["zh"] else "en"


# card.png, drawn on first request and cached.

CARD_CACHE_SECONDS = 60 * 60 * 24


def card(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
    """Return the image.

    The ETag is a hash of the input, so an unchanged image costs no drawing.
    """
    brief = editions.find_listed(slug, timezone.now())
    byline = gettext("Digest of %(what)s") % {"what": format_authors_and_source(brief, language)}
    byline = byline.replace("，《", "《")  # two full-width marks leave a gap in a picture
    words = CardText(brief.headline(language), byline, settings.DIGEST_SITE_NAME[language])
    etag = make_etag(repr((VERSION, words, language, find_face("zh"), find_face("en"))).encode())
    headers = {"ETag": etag, "Content-Type": "image/png"}
    unchanged = get_conditional_response(request, etag, None, HttpResponse(headers=headers))
    if unchanged is not None and unchanged.status_code == 304:
        return unchanged
    key = f"card-{etag[1:-1]}"
    picture = cache.get(key)
    if picture is None:
        picture = draw(words, language)
        cache.set(key, picture, CARD_CACHE_SECONDS)
    return HttpResponse(picture, headers=headers)
