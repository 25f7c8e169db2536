"""The card with a headline: where lines end, what fits, and what is drawn without a font for Chinese."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image, ImageChops, ImageFont

from briefs.bilingual.rendering import title_card
from briefs.bilingual.rendering.title_card import HEADLINE_HEIGHT, HEADLINE_TOP, draw_title_card


def open_card(headline: str) -> Image.Image:
    return Image.open(io.BytesIO(draw_title_card(headline, ""))).convert("RGB")


@pytest.mark.parametrize(
    "headline",
    [
        *("一" * 200, "W" * 300, "A Word " * 60, "「" * 30, "短", "x", "，。" * 20, "5G電信與AI" * 9),
        *("Gesellschaftskapitän", "Semiconductor-Manufacturing-Equipment Controls", " ", ""),
    ],
)
def test_headline_stays_in_its_place(headline: str) -> None:
    box = ImageChops.difference(open_card(headline), open_card("")).getbbox()
    assert box is None or (box[1] >= HEADLINE_TOP and box[3] <= HEADLINE_TOP + HEADLINE_HEIGHT)


@pytest.mark.parametrize(
    ("headline", "unbroken"),
    [
        ("中國可能封鎖台灣海峽，美國必須延長嚇阻的時間", ["台灣海峽，", "美國", "延長"]),
        ("華府對2026年AI晶片出口管制的延長", ["2026年", "AI", "出口", "管制", "延長"]),
        ("美國如何贏得下一場科技競賽", ["美國", "下一場", "科技"]),
        ("兵役延長為一年，兩岸下一輪談判", ["延長", "一年，", "下一輪"]),
        ("「豪豬」戰略：能否奏效？", ["「豪豬」", "戰略：", "奏效？"]),
        ("Why the U.S. “Tech-First” Policy Works", ["U.S.", "“Tech-", "Works"]),
    ],
)
def test_no_line_ends_within_a_word(headline: str, unbroken: list[str]) -> None:
    font = ImageFont.load_default(40)
    assert isinstance(font, ImageFont.FreeTypeFont)
    for width in range(200, 900, 20):
        lines = title_card.break_lines(title_card.split_units(headline), font, width)
        assert "".join(lines).replace(" ", "") == headline.replace(" ", "")
        for word in unbroken:
            assert any(word in line for line in lines), (width, lines)


@pytest.fixture
def _without_fontconfig(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PATH", "")
    title_card.find_font.cache_clear()
    yield
    title_card.find_font.cache_clear()


@pytest.mark.usefixtures("_without_fontconfig")
def test_without_a_font_for_chinese_only_english_is_drawn() -> None:
    chinese, english, empty = map(open_card, ("標題", "A Headline", ""))
    assert chinese == empty
    assert english != empty
