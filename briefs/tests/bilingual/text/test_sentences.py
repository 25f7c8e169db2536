"""Where sentences end in both languages."""

import pytest

from briefs.bilingual.text.scripts import cut_label, split_sentences
from briefs.content import Side

ZH = [
    "川普政府可能解除限制。|作者認為，關鍵在供應鏈。", "「值得嗎？」他問，答案是否定的。|這一點很清楚。",
    "他說：「不會。」|北京另有盤算。", "真的嗎？！|未必。", "「誰來付？」的問題沒有答案。|作者主張各國分攤。",
    "國會通過了（見附表。）|隨後生效。", "占GDP的2.5%。|U.S. Steel不在其中。", "沒有句號的一句",
    "……還有下文。|結束。",
]  # fmt: skip
EN = [
    "Trump may lift the curbs.|The author argues that supply chains matter.",
    "The U.S. Congress passed it.|Nothing followed.", "It was made in the U.S.|The authors argue for more.",
    "Dr. Lin and Sen. Warner agree.|J. D. Vance does not.",
    "Exports rose 3.5 percent vs. Japan.|“Who pays?” he asked.|Nobody did.",
    "He said: “No.”|Beijing disagreed.",
    "It buys from Acme Inc. and others.|It sells to Acme Co.|In 2025 it stopped.",
    "Officials met on Jan. 5 in Beijing.|3 of them left.", "See No. 7.|Élan helps.", "no stop at all",
    "Is it over?|“Not yet.”",
]  # fmt: skip


@pytest.mark.parametrize(("side", "marked"), [*(("zh", text) for text in ZH), *(("en", text) for text in EN)])
def test_sentences_end_where_a_reader_ends_them(side: Side, marked: str) -> None:
    sentences = marked.split("|")
    assert split_sentences((" " if side == "en" else "").join(sentences), side) == sentences


def test_blank_line_ends_a_sentence_and_a_line_end_does_not() -> None:
    assert split_sentences("One\nline\n\nAnother. Third.\n\n", "en") == ["One line", "Another.", "Third."]


def test_label_ends_at_punctuation_or_a_word() -> None:
    zh = "解放軍2025年4月的「海峽雷霆」演習，首次納入海警船查驗商船的項目。"
    en = "The PLA's “Strait Thunder” exercise of April 2025, for the first time, included coast guard inspections."

    assert cut_label(zh, "zh") == "解放軍2025年4月的「海峽雷霆」演習……"
    assert cut_label(en, "en") == "The PLA's “Strait Thunder” exercise of April 2025…"
    assert cut_label("短句。", "zh") == "短句。"
    assert cut_label("無" * 40, "zh") == "無" * 24 + "……"
