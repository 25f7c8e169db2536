"""Chinese checks: names (Z5), final stops (Z7), figures (Z8), Simplified (Z9), mainland wording (Z10), variants (Z11)."""

import pytest

from briefs.bilingual.checks.chinese import load_default_wordings
from briefs.bilingual.checks.registry import run_checks
from briefs.bilingual.checks.texts import CheckContext, TermData
from briefs.content import Bullet, Content
from briefs.tests.bilingual.checks.finding_messages import apply_repairs, format_finding_message

ALGORITHM = TermData(zh="演算法", en="algorithm", avoid_zh=("算法",))
SHIPPED = CheckContext(terms=(ALGORITHM,), mainland_wordings=load_default_wordings())


def run_check(check: str, text: str, context: CheckContext = SHIPPED):
    return run_checks(Content(bullets=(Bullet(1, text),)), context, only=(check,))


def list_messages(check: str, text: str, context: CheckContext = SHIPPED) -> list[str]:
    return [format_finding_message(finding) for finding in run_check(check, text, context)]


def apply_all_repairs(check: str, text: str, context: CheckContext = SHIPPED) -> str:
    """Apply every repair of one check. Fails if the check still finds something."""
    repaired = apply_repairs(Content(bullets=(Bullet(1, text),)), run_check(check, text, context))
    assert list_messages(check, repaired.bullets[0].text_zh, context) == []
    return repaired.bullets[0].text_zh


CORRECT_TEXTS = [
    # Z5
    ("persons", "川普"), ("persons", "唐納‧川普"), ("persons", "雷根"), ("persons", "A·B"), ("persons", "川普 Trump"),
    ("persons", "他說 好的"), ("persons", "唐納‧川普與伊凡卡‧川普，唐納‧川普"),
    # Z8
    ("numerals", "12億美元"), ("numerals", "40%"), ("numerals", "三項建議"), ("numerals", "1億2,000萬美元"),
    ("numerals", "共1,200人"), ("numerals", "於2025年6月9日"), ("numerals", "至少4艘"), ("numerals", "三成"),
    ("numerals", "一萬名操作員"), ("numerals", "12項建議"), ("numerals", "3至5項"), ("numerals", "第3項"), ("numerals", "3個月"),
    ("numerals", "3個百分點"), ("numerals", "二元對立"), ("numerals", "數十億美元"), ("numerals", "「四十%」"), ("numerals", "百歲"),
    ("numerals", "第12345號"), ("numerals", "見https://a.example/1200000"), ("numerals", "A12345"), ("numerals", "12,000萬"),
    ("numerals", "一億五百美元"), ("numerals", "六月十二三日"),
    # Z9
    ("simplified", "皇后"), ("simplified", "朴槿惠"), ("simplified", "茶几"), ("simplified", "窗明几淨"), ("simplified", "拮据"),
    ("simplified", "台后里云干系面余松斗范朴姜丑占布只吃秘群峰床"),
    # Z10
    ("mainland", "相信息息相關"), ("mainland", "宣布什麼"), ("mainland", "「人工智能」"), ("mainland", "《人工智能》"),
    ("mainland", "增加納稅"), ("mainland", "國內存糧"), ("mainland", "海軍的士氣"), ("mainland", "納米比亞的用戶與布局"),
    ("mainland", "演算法"), ("mainland", "引導彈藥"), ("mainland", "提高質量"), ("mainland", "供應鏈接連中斷"),
    ("mainland", "質量 水平 項目 數據 程序 文件 用戶數 登錄 默認 航母 朝鮮半島 朝鮮王朝 支持 通過 窗口 土豆 人均"),
    ("mainland", "力度 優化 落實 算力 無人機 戰略 公安 領導人"),
    # Z11
    ("variants", "台灣、台灣、台灣、台灣與台灣"), ("variants", "國立臺灣大學在台灣"), ("variants", "臺灣大學與台灣"),
    ("variants", "占"), ("variants", "臺灣"), ("variants", "布局與瀑布"), ("variants", "周恩來於週三，四周"), ("variants", "秘魯的祕密"),
    ("variants", "占卜與佔有"), ("variants", "平台與臺灣"), ("variants", "臺北市政府與台北"),
    # Z12
    ("typos", "部署、關係、制裁、恢復、已經"), ("typos", "自己經歷"), ("typos", "有關系列與相關系統"), ("typos", "整體製造"),
    ("typos", "大批準備"), ("typos", "骨幹預算"), ("typos", "重複興建"), ("typos", "備註意見"), ("typos", "簡報複製"),
]  # fmt: skip

INCORRECT_TEXTS = [
    ("persons", "唐納·川普", "“·” in a foreign name. Change to ‧", "唐納‧川普"),
    ("persons", "唐納•川普", "“•” in a foreign name. Change to ‧", "唐納‧川普"),
    ("persons", "總統唐納 川普表示", "Space in a foreign name. Change to ‧", "總統唐納‧川普表示"),
    ("numerals", "1200001000元", "1200001000 is not how this house writes figures. Change to 12億1,000", "12億1,000元"),
    ("numerals", "10000人", "10000 is not how this house writes figures. Change to 1萬", "1萬人"),
    ("numerals", "四十%", "四十 is not how this house writes figures. Change to 40", "40%"),
    ("numerals", "3項原則性的一點", "3 is not how this house writes figures. Change to 三", "三項原則性的一點"),
    ("typos", "疫情一促即發", "“一促即發” has a wrong character. Change to 一觸即發", "疫情一觸即發"),
    ("typos", "談判以后", "“后” has a wrong character. Change to 後", "談判以後"),
    ("numerals", "２０２４年", "２０２４ is not how this house writes figures. Change to 2024", "2024年"),
    ("numerals", "三十5座", "三十5 is not how this house writes figures. Change to 35", "35座"),
    ("numerals", "百分之45", "百分之45 is not how this house writes figures. Change to 45%", "45%"),
    ("numerals", "五月14日", "五月14日 is not how this house writes figures. Change to 5月14日", "5月14日"),
    ("numerals", "2種", "2 is not how this house writes figures. Change to 兩", "兩種"),
    ("numerals", "十二億美元", "十二億 is not how this house writes figures. Change to 12億", "12億美元"),
    ("numerals", "一億一千元", "一億一千 is not how this house writes figures. Change to 1億1,000", "1億1,000元"),
    ("numerals", "五十歲", "五十 is not how this house writes figures. Change to 50", "50歲"),
    ("numerals", "六月九日", "六月九日 is not how this house writes figures. Change to 6月9日", "6月9日"),
    ("simplified", "产业", "Simplified character 产. Change to 產", "產業"),
    ("simplified", "头发", "Simplified character 头. Change to 頭", "頭髮"),
    ("mainland", "信息安全", "“信息” is mainland usage. In Taiwan: 資訊／訊息", "資訊安全"),
    ("mainland", "布什", "“布什” is mainland usage. In Taiwan: 布希", "布希"),
    ("mainland", "芯片", "“芯片” is mainland usage. In Taiwan: 晶片", "晶片"),
    ("typos", "布署飛彈", "“布署” has a wrong character. Change to 部署", "部署飛彈"),
    ("typos", "對俄製裁", "“製裁” has a wrong character. Change to 制裁", "對俄制裁"),
    ("variants", "臺灣與台灣", "臺灣 and 台灣 are both used in this brief. Change to 台灣", "台灣與台灣"),
    ("variants", "週三與周四", "周 and 週 are both used in this brief. Change to 週", "週三與週四"),
    ("variants", "佔據與占據", "佔 and 占 are both used in this brief. Change to 占", "占據與占據"),
    ("variants", "佈局與布局", "佈局 and 布局 are both used in this brief. Change to 布局", "布局與布局"),
    ("variants", "祕密與秘書", "祕 and 秘 are both used in this brief. Change to 秘", "秘密與秘書"),
    ("variants", "烏俄戰爭即俄烏戰爭", "烏俄戰爭 and 俄烏戰爭 are both used in this brief. Change to 俄烏戰爭", "俄烏戰爭即俄烏戰爭"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "text"), CORRECT_TEXTS)
def test_correct_chinese_has_no_finding(check, text):
    assert list_messages(check, text) == []


@pytest.mark.parametrize(("check", "text", "expected", "corrected"), INCORRECT_TEXTS)
def test_incorrect_chinese_is_reported_and_repaired(check, text, expected, corrected):
    assert list_messages(check, text)[0] == expected
    assert apply_all_repairs(check, text) == corrected


@pytest.mark.parametrize(
    ("zh", "en", "expected"),
    [
        ("政府通過談判取得讓步。", "The government won concessions through talks.", "透過"),
        ("國會通過這項新的規定。", "Congress passed the rule through a vote.", ""),
        ("國會通過法案。", "The bill was adopted by using a shortcut.", ""),
        ("爲了安全而粘貼文字到客戶端。", "Paste the text into the client for safety.", "為貼上用戶端"),
        ("艦隊有十五艘潛艦與八艘驅逐艦。", "The fleet has 15 submarines and eight destroyers.", "15"),
        ("數十艘船隻集結。", "Dozens of ships gathered.", ""),
    ],
)
def test_wording_of_taiwan_is_offered(zh, en, expected):
    content = Content(bullets=(Bullet(1, zh, en),))
    findings = run_checks(content, SHIPPED, only=("mainland", "typos", "numerals"))
    edits = sorted((e for f in findings for e in f.repair.edits), key=lambda edit: edit.start)
    assert "".join(edit.replacement for edit in edits) == expected


def test_simplified_characters_in_big5_are_reported():
    characters = "冲万与么体价优党听坏圣宁岭异怀惊愿扑扰据机构极洁确离种网胜触赶适荐蚕虫儿气几"
    reported = [finding.values["a"] for finding in run_check("simplified", "，".join(characters))]
    assert reported == list(characters)
    assert "構極潔確" in apply_all_repairs("simplified", "构极洁确")


def test_names_may_contain_simplified_and_mainland_wording():
    context = CheckContext(
        terms=(TermData(zh="中芯国际", en="SMIC"),),
        mainland_wordings=load_default_wordings(),
        names=("张三", "芯片社", "国立臺灣"),
    )
    assert list_messages("simplified", "张三與中芯国际", context) == []
    assert list_messages("mainland", "芯片社", context) == []
    assert list_messages("mainland", "芯片社的芯片", context) == ["“芯片” is mainland usage. In Taiwan: 晶片"]


def test_full_name_after_first_use_is_reported():
    content = Content("唐納‧川普", "", "總統唐納‧川普說", "", (Bullet(1, "唐納‧川普又說"),))
    expected = "唐納‧川普 has been named in full before. From then on: 川普"
    [finding] = run_checks(content, CheckContext(), only=("persons",))
    assert (format_finding_message(finding), finding.bullet, finding.repair) == (expected, 1, None)
    findings = run_checks(content, CheckContext(names=("唐納‧川普",)), only=("persons",))
    assert apply_repairs(content, findings).bullets[0].text_zh == "川普又說"


def make_bullets(*texts: str, levels: str = "") -> Content:
    levels = levels or "0" * len(texts)
    return Content(
        bullets=tuple(
            Bullet(n, t, level_zh=int(level))
            for n, (t, level) in enumerate(zip(texts, levels, strict=True), 1)
        )
    )


FINAL_STOPS = [
    (make_bullets("一。", "二。", "三。"), []),
    (make_bullets("一", "二", "三"), []),
    (make_bullets("「一。」", "（二。）", "三！"), []),
    (make_bullets("一。", "二：", "三；", "四？", "五……"), []),
    (make_bullets(), []),
    # a lead-in may end with ：; each level is its own list
    (make_bullets("一：", "二", "三", levels="011"), []),
    (make_bullets("一。", "二", "三", "四。", levels="0110"), []),
    (make_bullets("一。", "二。", "三。", "四", levels="0101"), []),
    # mixed
    (make_bullets("一。", "二", "三。", "四", "五", "六。", "七。", "八"), [(2, "4 of 8 bullets in this list have no final stop. Add 。")]),
    (make_bullets("一。", "二", "三", levels="001"), [(2, "1 of 2 bullets in this list has no final stop. Add 。")]),
    (make_bullets("一；", "二", "三。"), [(2, "1 of 3 bullets in this list has no final stop. Add 。")]),
    (make_bullets("一；", "二", "三；", "四。"), [(2, "1 of 4 bullets in this list has no final stop. Add ；")]),
    # most have no stop: none is missing, but a comma may not end a bullet
    (make_bullets("一。", "二", "三"), []),
    (make_bullets("一，"), [(1, "“，” at the end of a bullet. Remove")]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), FINAL_STOPS)
def test_inconsistent_final_stops_are_reported(content, expected):
    findings = run_checks(content, CheckContext(), only=("stops",))
    assert [(finding.bullet, format_finding_message(finding)) for finding in findings] == expected


@pytest.mark.parametrize(
    ("content", "corrected"),
    [
        (make_bullets("一。", "二，", "「三」", "四。"), {2: "二。", 3: "「三」。"}),
        (make_bullets("一；", "二；", "三；", "四"), {4: "四。"}),
        (make_bullets("一；", "二", "三；"), {2: "二；"}),
        (make_bullets("一，"), {1: "一"}),
    ],
)
def test_final_stop_repair_corrects_the_bullets(content, corrected):
    repaired = apply_repairs(content, run_checks(content, CheckContext(), only=("stops",)))
    assert {b.number: b.text_zh for b in repaired.bullets if b.number in corrected} == corrected
