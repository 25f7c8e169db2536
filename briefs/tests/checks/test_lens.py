"""The lens: which words of a pair are lit, and which of them have a counterpart."""

import pytest

from briefs.checks import light_pair
from briefs.checks.lens import light_pairs
from briefs.content import SIDES
from briefs.tests.checks.test_all_checks import read_fixture
from briefs.tests.checks.test_glossary import SHIPPED
from briefs.tests.checks.test_meaning import BRIEFS

CLEAN_PAIRS = [pair for lines in BRIEFS.values() for pair in zip(lines[::2], lines[1::2], strict=True)]


def read(zh: str, en: str) -> tuple[list[str], list[str]]:
    """Return the lit words of each side: `=` before a matched word, `!` before one without a counterpart."""
    spans = light_pair(zh, en, SHIPPED)
    texts = {"zh": zh, "en": en}
    zh_words, en_words = (
        [("=" if s.is_matched else "!") + texts[side][s.start : s.end] for s in spans[side]] for side in SIDES
    )
    return zh_words, en_words


@pytest.mark.parametrize(
    ("zh", "en", "expected"),
    [
        # Negations are matched one to one, first those of the same modal.
        ("政府不應退出。", "Governments should withdraw.", (["!不應"], [])),
        ("政府不應退出。", "Governments should not withdraw.", (["=不應"], ["=not"])),
        ("不能退出，也不應談判。", "They should not negotiate and cannot leave.",
         (["=不能", "=不應"], ["=not", "=cannot"])),
        ("他不能退出，也不能談判。", "He cannot leave.", (["=不能"], ["=cannot"])),
        ("沒有人退出，也不談判。", "They do not leave.", (["=沒有人"], ["=not"])),
        ("他不採取行動。", "He acts.", (["!不"], [])),
        ("他前往會談，不帶隨員。", "He went to the talks without aides.", (["=不帶"], ["=without"])),
        ("寧可停產，也不願讓步。", "It would rather stop production than yield.", ([], [])),
        ("不僅如此，未來更便宜。", "Moreover, the future is cheaper.", ([], [])),
        # A count in words alone, which the other language may say otherwise
        ("創下二十年來新高。", "It was the highest in two decades.", (["=二十"], [])),
        ("有九家企業。", "There are six firms.", (["!九"], ["!six"])),
        # A contrast that is turned round
        ("不應增加預算，而應改革制度。", "Governments should reform the system rather than increase the budget.",
         (["=不應", "=增加", "=應"], ["=should", "=rather", "=increase"])),
        # Directions and modals
        ("關稅提高成本。", "Tariffs lower costs.", (["!提高"], ["!lower"])),
        ("政府必須說明。", "Governments may explain.", (["!必須"], ["!may"])),
        # Numbers, amounts and dates
        ("耗資3.5億美元。", "It cost US$350 million.", (["=3.5億美元"], ["=US$350 million"])),
        ("耗資3.5億美元。", "It cost US$3.5 billion.", (["!3.5億美元"], ["!US$3.5 billion"])),
        ("航程約800公里。", "A range of 500 miles.", (["=800公里"], ["=500 miles"])),
        ("航程約500公里。", "A range of 500 miles.", (["!500公里"], ["!500 miles"])),
        ("三項建議。", "Three proposals.", (["=三"], ["=Three"])),
        ("九家企業。", "Six companies.", (["!九"], ["!Six"])),
        ("一項建議。", "A proposal.", ([], [])),
        ("派出8艘船。", "It sent eight ships.", (["=8"], ["=eight"])),
        ("上半年公布。", "Published in the first half of the year.", (["=半"], ["=half"])),
        ("6月公布。", "Published in July.", (["!6月"], ["!July"])),
        # Names and terms
        ("美日同盟。", "The United States and Japan.", (["=美", "=日"], ["=United States", "=Japan"])),
        ("北非發生政變。", "There were coups in North Africa.", (["=北非"], ["=Africa"])),
        ("越南拒絕。", "Thailand refused.", (["!越南"], ["!Thailand"])),
        ("中興的設備。", "Equipment of ZTE.", ([], ["!ZTE"])),
        ("國防部的報告。", "A report of the MND.", (["=國防部"], ["=MND"])),
        ("灰色地帶的騷擾。", "Gray-zone harassment.", (["=灰色地帶"], ["=Gray-zone"])),
        # Nothing to compare with
        ("不應退出。", "", ([], [])),
    ],
)  # fmt: skip
def test_lens_lights_words_and_tells_which_have_a_counterpart(zh, en, expected):
    assert read(zh, en) == expected


def test_lens_shows_turned_contrast_of_the_faulty_sample() -> None:
    bullet = next(b for b in read_fixture("03-faulty").bullets if "大型平台" in b.text_zh)
    zh, en = read(bullet.text_zh, bullet.text_en)
    assert [word for word in zh if word[0] == "!"] == ["!不應"]
    assert [word for word in en if word[0] == "!"] == ["!rather than"]
    assert {"=應", "=全部"} < {*zh}
    assert {"=should", "=entire"} < {*en}


def test_lens_spans_are_ordered_apart_and_partners_agree() -> None:
    for (zh, en), spans in zip(CLEAN_PAIRS, light_pairs(CLEAN_PAIRS, SHIPPED), strict=True):
        for side, other, text in (("zh", "en", zh), ("en", "zh", en)):
            ends = [0, *(span.end for span in spans[side])]
            assert all(
                end <= span.start < span.end <= len(text)
                for end, span in zip(ends, spans[side], strict=False)
            )
            for span in spans[side]:
                if span.partner is not None:
                    assert span.is_matched
                    assert spans[other][span.partner].is_matched


def test_lens_is_quiet_on_correct_briefs() -> None:
    """Of 700 lit words of ten correct briefs, few lack a counterpart."""
    spans = [span for pair in light_pairs(CLEAN_PAIRS, SHIPPED) for side in SIDES for span in pair[side]]
    assert len(spans) > 600
    assert sum(not span.is_matched for span in spans) <= len(spans) // 200


@pytest.mark.parametrize(("zh", "en"), CLEAN_PAIRS)
def test_figure_of_correct_pair_is_matched_in_lens(zh, en):
    texts = {"zh": zh, "en": en}
    lone = [
        texts[side][span.start : span.end]
        for side, spans in light_pair(zh, en, SHIPPED).items()
        for span in spans
        if span.kind in ("number", "name") and not span.is_matched
    ]
    assert [word for word in lone if any(c.isdigit() for c in word)] == []
