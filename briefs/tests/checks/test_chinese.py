"""The rules of Chinese: names (Z5), final stops (Z7), figures (Z8), Simplified (Z9), mainland wording (Z10), variants (Z11)."""

import pytest

from briefs.checks.check_registry import run_checks
from briefs.checks.chinese.mainland import load_default_wordings
from briefs.checks.context import CheckContext, MainlandWording, TermData
from briefs.checks.messages import format_finding_message
from briefs.content import Bullet, Content
from briefs.tests.checks.test_punctuation_and_length import repaired

ALGORITHM = TermData(zh="演算法", en="algorithm", avoid_zh=("算法",))
SHIPPED = CheckContext(terms=(ALGORITHM,), mainland_wordings=load_default_wordings())


def found(check: str, text: str, context: CheckContext = SHIPPED):
    return run_checks(Content(bullets=(Bullet(1, text),)), context, only=(check,))


def said(check: str, text: str, context: CheckContext = SHIPPED) -> list[str]:
    return [format_finding_message(finding) for finding in found(check, text, context)]


def mended(check: str, text: str, context: CheckContext = SHIPPED) -> str:
    """With every repair of one check applied; then the check is content."""
    findings = found(check, text, context)
    edits = sorted((e for f in findings for e in f.repair.edits), key=lambda edit: -edit.start)
    for edit in edits:
        assert text[edit.start : edit.end] == edit.expected
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    assert said(check, text, context) == []
    return text


GOOD = [
    # Z5
    ("persons", "川普"), ("persons", "唐納‧川普"), ("persons", "雷根"), ("persons", "A·B"), ("persons", "川普 Trump"),
    ("persons", "他說 好的"), ("persons", "唐納‧川普與伊凡卡‧川普，唐納‧川普"),
    # Z8
    ("numerals", "12億美元"), ("numerals", "40%"), ("numerals", "三項建議"), ("numerals", "1億2,000萬美元"),
    ("numerals", "共1,200人"), ("numerals", "於2025年6月9日"), ("numerals", "至少4艘"), ("numerals", "三成"),
    ("numerals", "一萬名操作員"), ("numerals", "12項建議"), ("numerals", "3至5項"), ("numerals", "第3項"), ("numerals", "3個月"),
    ("numerals", "3個百分點"), ("numerals", "二元對立"), ("numerals", "數十億美元"), ("numerals", "「四十%」"), ("numerals", "百歲"),
    ("numerals", "第12345號"), ("numerals", "見https://a.example/1200000"), ("numerals", "A12345"), ("numerals", "12,000萬"),
    # Z9
    ("simplified", "皇后"), ("simplified", "朴槿惠"), ("simplified", "茶几"), ("simplified", "窗明几淨"), ("simplified", "拮据"),
    ("simplified", "台后里云干系面余松斗范朴姜丑占布只吃秘群峰床"),
    # Z10
    ("mainland", "相信息息相關"), ("mainland", "宣布什麼"), ("mainland", "「人工智能」"), ("mainland", "《人工智能》"),
    ("mainland", "演算法"), ("mainland", "引導彈藥"), ("mainland", "提高質量"), ("mainland", "供應鏈接連中斷"),
    ("mainland", "質量 水平 項目 數據 程序 文件 用戶數 登錄 默認 航母 朝鮮半島 朝鮮王朝 支持 通過 窗口 土豆 人均"),
    ("mainland", "力度 優化 落實 算力 無人機 戰略 公安 領導人"),
    # Z11
    ("variants", "台灣、台灣、台灣、台灣與台灣"), ("variants", "國立臺灣大學在台灣"), ("variants", "臺灣大學與台灣"),
    ("variants", "占"), ("variants", "臺灣"), ("variants", "布局與瀑布"), ("variants", "周恩來於週三，四周"), ("variants", "秘魯的祕密"),
    ("variants", "占卜與佔有"), ("variants", "平台與臺灣"), ("variants", "臺北市政府與台北"),
]  # fmt: skip

BAD = [
    ("persons", "唐納·川普", "“·” in a foreign name. Change to ‧", "唐納‧川普"),
    ("persons", "唐納・川普", "“・” in a foreign name. Change to ‧", "唐納‧川普"),
    ("persons", "唐納．川普", "“．” in a foreign name. Change to ‧", "唐納‧川普"),
    ("persons", "唐納•川普", "“•” in a foreign name. Change to ‧", "唐納‧川普"),
    ("persons", "總統唐納 川普表示", "Space in a foreign name. Change to ‧", "總統唐納‧川普表示"),
    ("numerals", "1200000000美元", "1200000000 is not how this house writes figures. Change to 12億", "12億美元"),
    ("numerals", "12,345人", "12,345 is not how this house writes figures. Change to 1萬2,345", "1萬2,345人"),
    ("numerals", "四十%", "四十 is not how this house writes figures. Change to 40", "40%"),
    ("numerals", "3項原則性的一點", "3 is not how this house writes figures. Change to 三", "三項原則性的一點"),
    ("numerals", "2種", "2 is not how this house writes figures. Change to 兩", "兩種"),
    ("numerals", "十二億美元", "十二億 is not how this house writes figures. Change to 12億", "12億美元"),
    ("numerals", "一億兩千萬元", "一億兩千萬 is not how this house writes figures. Change to 1億2,000萬", "1億2,000萬元"),
    ("numerals", "五十歲", "五十 is not how this house writes figures. Change to 50", "50歲"),
    ("numerals", "二〇二五年", "二〇二五 is not how this house writes figures. Change to 2025", "2025年"),
    ("numerals", "六月九日", "六月九 is not how this house writes figures. Change to 6月9", "6月9日"),
    ("simplified", "产业", "Simplified character 产. Change to 產", "產業"),
    ("simplified", "体制", "Simplified character 体. Change to 體", "體制"),
    ("simplified", "内部", "Simplified character 内. Change to 內", "內部"),
    ("simplified", "什么", "Simplified character 么. Change to 麼", "什麼"),
    ("simplified", "头发", "Simplified character 头. Change to 頭", "頭髮"),
    ("mainland", "信息安全", "“信息” is mainland usage. In Taiwan: 資訊／訊息", "資訊安全"),
    ("mainland", "布什", "“布什” is mainland usage. In Taiwan: 布希", "布希"),
    ("mainland", "芯片", "“芯片” is mainland usage. In Taiwan: 晶片", "晶片"),
    ("mainland", "俄烏衝突", "“俄烏衝突” is mainland usage. In Taiwan: 俄烏戰爭", "俄烏戰爭"),
    ("variants", "臺灣與台灣", "臺灣 and 台灣 are both used in this brief. Change to 台灣", "台灣與台灣"),
    ("variants", "對臺灣與台灣", "臺灣 and 台灣 are both used in this brief. Change to 台灣", "對台灣與台灣"),
    ("variants", "週三與周四", "周 and 週 are both used in this brief. Change to 週", "週三與週四"),
    ("variants", "佔據與占據", "佔 and 占 are both used in this brief. Change to 占", "占據與占據"),
    ("variants", "佈局與布局", "佈局 and 布局 are both used in this brief. Change to 布局", "布局與布局"),
    ("variants", "發佈，發布", "發佈 and 發布 are both used in this brief. Change to 發布", "發布，發布"),
    ("variants", "祕密與秘書", "祕 and 秘 are both used in this brief. Change to 秘", "秘密與秘書"),
    ("variants", "鑒於與鑑定", "鑒 and 鑑 are both used in this brief. Change to 鑑", "鑑於與鑑定"),
    (
        "variants", "烏俄戰爭即俄烏戰爭",
        "烏俄戰爭 and 俄烏戰爭 are both used in this brief. Change to 俄烏戰爭", "俄烏戰爭即俄烏戰爭",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("check", "text"), GOOD)
def test_good_chinese(check, text):
    assert said(check, text) == []


@pytest.mark.parametrize(("check", "text", "expected", "to"), BAD)
def test_bad_chinese_and_its_repair(check, text, expected, to):
    assert said(check, text)[0] == expected
    assert mended(check, text) == to


def test_every_simplified_character_of_big5_is_told():
    listed = "冲万与么体价优党听坏圣宁岭异怀惊愿扑扰据机构极洁确离种网胜触赶适荐蚕虫儿气几"
    told = [finding.values["a"] for finding in found("simplified", "，".join(listed))]
    assert told == list(listed)
    assert "構極潔確" in mended("simplified", "构极洁确")


def test_figure_that_would_be_misread_is_left_to_a_person():
    [finding] = found("numerals", "共100,005人")
    assert (format_finding_message(finding), finding.repair) == (
        "100,005 is not how this house writes figures. Use 萬 and 億",
        None,
    )


def test_names_may_hold_simplified_characters_and_mainland_wording():
    context = CheckContext(
        terms=(TermData(zh="中芯国际", en="SMIC"),),
        mainland_wordings=load_default_wordings(),
        names=("张三", "芯片社", "国立臺灣"),
    )
    assert said("simplified", "张三與中芯国际", context) == []
    assert said("mainland", "芯片社", context) == []
    assert said("mainland", "芯片社的芯片", context) == ["“芯片” is mainland usage. In Taiwan: 晶片"]


def test_longest_mainland_wording_first():
    context = CheckContext(
        mainland_wordings=(MainlandWording("信息", ("資訊",)), MainlandWording("信息戰", ("資訊戰",)))
    )
    assert [(f.values["a"], f.span) for f in found("mainland", "信息戰", context)] == [("信息戰", (0, 3))]


def test_one_finding_for_all_places_of_a_word_in_a_bullet():
    [finding] = found("mainland", "芯片與芯片")
    assert repaired("芯片與芯片", finding) == "晶片與晶片"


def test_house_may_prefer_the_other_variant():
    context = CheckContext(preferred_variants="臺占週布秘鑑")
    assert mended("variants", "臺灣與台灣", context) == "臺灣與臺灣"


def test_full_name_once_then_the_surname():
    content = Content("唐納‧川普", "", "總統唐納‧川普說", "", (Bullet(1, "唐納‧川普又說"),))
    expected = "唐納‧川普 has been named in full before. From then on: 川普"
    [finding] = run_checks(content, CheckContext(), only=("persons",))
    assert (format_finding_message(finding), finding.bullet, finding.repair) == (expected, 1, None)
    [finding] = run_checks(content, CheckContext(names=("唐納‧川普",)), only=("persons",))
    assert repaired("唐納‧川普又說", finding) == "川普又說"


def bullets(*texts: str, levels: str = "") -> Content:
    levels = levels or "0" * len(texts)
    return Content(
        bullets=tuple(
            Bullet(n, t, level_zh=int(level))
            for n, (t, level) in enumerate(zip(texts, levels, strict=True), 1)
        )
    )


STOPS = [
    (bullets("一。", "二。", "三。"), []),
    (bullets("一", "二", "三"), []),
    (bullets("「一。」", "（二。）", "三！"), []),
    (bullets("一。", "二：", "三；", "四？", "五……"), []),
    (bullets("一。", "", "三。"), []),
    (bullets(""), []),
    (bullets(), []),
    # a lead-in may end ：, and each level is a list of its own
    (bullets("一：", "二", "三", levels="011"), []),
    (bullets("一。", "二", "三", "四。", levels="0110"), []),
    (bullets("一。", "二", levels="01"), []),
    (bullets("一。", "二。", "三。", "四", levels="0101"), []),
    (bullets("一：", "二", "三", levels="010"), []),
    # mixed
    (bullets("一。", "二", "三。", "四", "五", "六。", "七。", "八"), [(2, "4 of 8 bullets in this list have no final stop. Add 。")]),
    (bullets("一。", "二"), [(2, "1 of 2 bullets in this list has no final stop. Add 。")]),
    (bullets("一。", "「二」", "三。"), [(2, "1 of 3 bullets in this list has no final stop. Add 。")]),
    (bullets("一。", "二，", "三。"), [(2, "1 of 3 bullets in this list has no final stop. Add 。")]),
    (bullets("一；", "二", "三；", "四。"), [(2, "1 of 4 bullets in this list has no final stop. Add ；")]),
    (bullets("一。", "二。", "三", "四。", levels="0110"), [(3, "1 of 2 bullets in this list has no final stop. Add 。")]),
    # most have none: nothing is missing, but a comma ends nothing
    (bullets("一。", "二", "三"), []),
    (bullets("一，", "二", "三"), [(1, "“，” at the end of a bullet. Remove")]),
    (bullets("一，"), [(1, "“，” at the end of a bullet. Remove")]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), STOPS)
def test_final_stops(content, expected):
    findings = run_checks(content, CheckContext(), only=("stops",))
    assert [(finding.bullet, format_finding_message(finding)) for finding in findings] == expected


@pytest.mark.parametrize(
    ("content", "to"),
    [
        (bullets("一。", "二，", "「三」", "四。"), {2: "二。", 3: "「三」。"}),
        (bullets("一；", "二；", "三；", "四"), {4: "四。"}),
        (bullets("一；", "二", "三；"), {2: "二；"}),
        (bullets("一，"), {1: "一"}),
    ],
)
def test_final_stops_are_added(content, to):
    [finding] = run_checks(content, CheckContext(), only=("stops",))
    texts = {bullet.number: bullet.text_zh for bullet in content.bullets}
    for edit in finding.repair.edits:
        text = texts[edit.bullet]
        assert text[edit.start : edit.end] == edit.expected
        texts[edit.bullet] = text[: edit.start] + edit.replacement + text[edit.end :]
    assert {n: text for n, text in texts.items() if n in to} == to
