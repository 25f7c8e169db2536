"""Generate published briefs for load and scale tests, with distinct and reproducible bilingual text.

A sentence is a number in a mixed radix whose digits choose phrases, so no two are alike. Rows are inserted
in bulk, bypassing the workflow functions, but each brief has all rows that they would create: revision,
sign-offs, event, edition and derived rows.
"""

import datetime as dt
import itertools
import math
from collections.abc import Callable
from functools import cache
from typing import Final

from django.db import transaction
from django.utils import timezone

from briefs.bilingual.text.person_names import build_author_columns
from briefs.bilingual.text.slugs import build_slug
from briefs.content import SIDES, Bullet, Byline, Content, Facts
from briefs.derived import PageNames
from briefs.derived.build import rebuild_derived_rows
from briefs.derived.translation_memory import rebuild_memory
from briefs.models import (
    Author,
    Brief,
    Edition,
    Event,
    Keyword,
    Person,
    Revision,
    SignOff,
    Source,
    State,
)
from briefs.models.bulk_writes import let_other_writers_in
from briefs.workflow.rules import build_revision, hash_leaves, working_copy

CORPUS_URL: Final = "https://example.org/corpus/"
BATCH_SIZE: Final = 100
"""Briefs per transaction. A save waits for SQLite's lock for 3.5 s at most."""
SENTENCES_PER_BRIEF: Final = 10
NEWEST_AGE, DAYS_COVERED = 12, 719
"""Days since the newest article, and over how many days the articles are spread: two years."""

_SUBJECTS = [
    ("美國政府", "the U.S. government"), ("歐盟執委會", "the European Commission"), ("日本內閣", "the Japanese cabinet"),
    ("印度外交部", "India’s foreign ministry"), ("南韓國會", "South Korea’s parliament"), ("澳洲國防部", "Australia’s defense department"),
    ("東協各國", "ASEAN members"), ("北約盟國", "NATO allies"), ("臺灣產業界", "Taiwanese industry"), ("中國地方政府", "Chinese local governments"),
    ("波灣國家", "Gulf states"), ("世界銀行", "the World Bank"), ("國會兩黨議員", "lawmakers of both parties"), ("主要央行", "major central banks"),
    ("民間智庫", "independent think tanks"), ("太平洋島國", "Pacific island states"), ("非洲聯盟", "the African Union"), ("科技業者", "technology firms"),
]  # fmt: skip
_TIMES = [
    ("今年內", "within the year"), ("下一任期", "in the next term"), ("未來十年", "over the next decade"), ("選舉之後", "after the election"),
    ("危機爆發前", "before a crisis breaks out"), ("預算通過後", "once the budget passes"), ("短期內", "in the short run"), ("戰事平息後", "when the fighting ends"),
    ("峰會召開時", "at the coming summit"), ("五年之內", "within five years"), ("過渡時期", "during the transition"), ("長期而言", "in the long run"),
]  # fmt: skip
_VERBS = [
    ("應擴大", "should expand"), ("必須調整", "must adjust"), ("可能放棄", "may abandon"), ("正在檢討", "may review"), ("難以維持", "can hardly sustain"),
    ("已經推遲", "recently delayed"), ("不應低估", "should not underestimate"), ("持續資助", "went on to fund"), ("打算限制", "vowed to limit"),
    ("公開支持", "openly backed"), ("重新定義", "set out to redefine"), ("正在加速", "moved to accelerate"), ("拒絕共享", "refused to share"), ("需要協調", "will need to coordinate"),
]  # fmt: skip
_OBJECTS = [
    ("半導體出口管制", "semiconductor export controls"), ("海底電纜的維修能力", "the capacity to repair subsea cables"), ("關鍵礦物儲備", "stockpiles of critical minerals"),
    ("核嚇阻的承諾", "nuclear deterrence commitments"), ("人工智慧治理規範", "rules for governing artificial intelligence"), ("糧食安全援助", "food security aid"),
    ("難民安置計畫", "refugee resettlement programs"), ("軍購付款時程", "the payment schedule for arms purchases"), ("氣候調適基金", "climate adaptation funds"),
    ("網路防禦演習", "cyber defense exercises"), ("造船產能", "shipbuilding capacity"), ("貿易協定談判", "trade agreement talks"), ("開發銀行貸款", "development bank lending"),
    ("無人機採購", "drone procurement"), ("資料跨境流通", "cross-border data flows"), ("邊境巡邏任務", "border patrol missions"), ("疫苗供應鏈", "vaccine supply chains"),
    ("稀土精煉投資", "investment in rare-earth refining"), ("港口營運權", "port operating rights"), ("低軌衛星頻譜", "spectrum for low-Earth orbit satellites"),
]  # fmt: skip
_PURPOSES = [
    ("以降低對單一供應國的依賴", "to reduce dependence on a single supplier"), ("以回應國內選民的壓力", "to answer pressure from voters at home"),
    ("避免衝突升高", "to keep the conflict from escalating"), ("爭取談判籌碼", "to gain leverage in the talks"), ("維持同盟信譽", "to preserve the credibility of the alliance"),
    ("彌補財政缺口", "to close the fiscal gap"), ("防止技術外流", "to prevent technology from leaking"), ("穩定能源價格", "to steady energy prices"),
    ("保障航行自由", "to protect freedom of navigation"), ("因應人口老化", "to cope with an aging population"), ("提升社會韌性", "to build societal resilience"),
    ("落實停火安排", "to carry out the ceasefire"), ("吸引民間資金", "to attract private capital"), ("重建戰略互信", "to rebuild strategic trust"),
]  # fmt: skip
_QUALIFIERS = [
    ("並公開執行進度", "and publish the progress"), ("但盟國意見分歧", "though allies disagree"), ("同時保留退場機制", "while keeping an exit open"),
    ("而成本由納稅人負擔", "at the taxpayers’ expense"), ("並邀請第三方查核", "and invite outside verification"), ("卻缺乏明確指標", "yet without clear benchmarks"),
    ("即使效果尚待觀察", "even though the effect remains to be seen"), ("並設立常設工作小組", "and set up a standing working group"), ("而法律依據仍有爭議", "on contested legal grounds"),
    ("且不排除單邊行動", "without ruling out unilateral action"), ("並分三個階段推動", "in three stages"), ("但進度落後於計畫", "though behind schedule"),
]  # fmt: skip
_ACTORS = [
    ("華府", "Washington"), ("北京", "Beijing"), ("歐洲", "Europe"), ("日本", "Japan"), ("印度", "India"), ("南韓", "South Korea"),
    ("澳洲", "Australia"), ("東協", "ASEAN"), ("北約", "NATO"), ("台灣", "Taiwan"), ("馬尼拉", "Manila"), ("巴西", "Brazil"),
    ("土耳其", "Turkey"), ("波蘭", "Poland"), ("烏克蘭", "Ukraine"), ("沙烏地阿拉伯", "Saudi Arabia"), ("越南", "Vietnam"),
    ("印尼", "Indonesia"), ("德國", "Germany"), ("法國", "France"), ("英國", "Britain"), ("加拿大", "Canada"), ("肯亞", "Kenya"),
]  # fmt: skip
_AIMS = [
    ("應擴大", "Should Expand"), ("必須重新思考", "Must Rethink"), ("不應低估", "Should Not Underrate"), ("不能忽視", "Cannot Ignore"),
    ("可能放棄", "May Abandon"), ("可以重建", "Can Rebuild"), ("應分擔", "Should Share"), ("不該推遲", "Should Not Delay"),
    ("必須保護", "Must Protect"), ("難以維持", "Can Barely Sustain"), ("應檢討", "Should Review"), ("必須資助", "Must Fund"),
    ("應加速推動", "Should Speed Up"), ("將重新定義", "Will Redefine"), ("必須協調", "Must Coordinate"), ("無力負擔", "Cannot Afford"),
]  # fmt: skip
_ISSUES = [
    ("晶片出口管制", "Chip Export Controls"), ("海底電纜修復", "Subsea Cable Repair"), ("關鍵礦物儲備", "Critical Mineral Stockpiles"),
    ("延伸嚇阻", "Extended Deterrence"), ("人工智慧規範", "AI Rules"), ("糧食援助", "Food Aid"), ("難民安置", "Refugee Resettlement"),
    ("軍購計畫", "Arms Purchases"), ("氣候調適資金", "Climate Adaptation Funds"), ("網路防禦演習", "Cyber Defense Drills"),
    ("造船產能", "Shipbuilding Capacity"), ("貿易談判", "Trade Talks"), ("開發銀行貸款", "Development Bank Lending"),
    ("無人機採購", "Drone Procurement"), ("資料跨境流通", "Cross-Border Data Flows"), ("邊境巡邏", "Border Patrols"),
    ("疫苗供應鏈", "Vaccine Supply Chains"), ("稀土精煉", "Rare-Earth Refining"), ("港口營運權", "Port Concessions"),
    ("低軌衛星頻譜", "Low-Orbit Spectrum"), ("天然氣儲備", "Gas Reserves"), ("飛彈防禦", "Missile Defense"),
    ("投資審查", "Investment Screening"), ("核電重啟", "Nuclear Restarts"), ("選舉監督", "Election Monitoring"),
    ("制裁執行", "Sanctions Enforcement"), ("海上執法", "Maritime Policing"), ("電網投資", "Grid Investment"),
    ("移工協議", "Labor Migration Deals"), ("債務重整", "Debt Restructuring"), ("社會韌性", "Societal Resilience"),
]  # fmt: skip
_OPENINGS = [("", ""), ("為何", "Why ")]
_GIVEN_NAMES = ["Mara", "Rohan", "Hélène", "Tomás", "Ingrid", "Samuel", "Aiko", "Nadia", "Peter", "Lucía"]
_FAMILY_NAMES = [
    "Lindqvist",
    "Iyer",
    "Aubry",
    "Rey",
    "Okafor",
    "Brandt",
    "Tanaka",
    "Haddad",
    "Novak",
    "Silva",
]
_PHRASE_LISTS = (_SUBJECTS, _TIMES, _VERBS, _OBJECTS, _PURPOSES, _QUALIFIERS)
_HEADLINE_LISTS = (_ACTORS, _ISSUES, _AIMS, _OPENINGS)
SENTENCE_COUNT: Final = math.prod(map(len, _PHRASE_LISTS))


def build_sentence(n: int) -> tuple[str, str]:
    """Return the n-th sentence in Chinese and English. Sentences repeat after SENTENCE_COUNT."""
    zh, en = _choose_phrases(n, _PHRASE_LISTS)
    who = en[0][0].upper() + en[0][1:]
    return (
        f"{zh[0]}{zh[1]}{zh[2]}{zh[3]}，{zh[4]}，{zh[5]}。",
        f"{who} {en[2]} {en[3]} {en[1]} {en[4]}, {en[5]}.",
    )


def build_headline(n: int) -> tuple[str, str]:
    """Return the n-th headline in Chinese and English, at most 24 and 70 characters. There are some 20,000."""
    zh, en = _choose_phrases(n, _HEADLINE_LISTS)
    return f"{zh[0]}{zh[3]}{zh[2]}{zh[1]}", f"{en[3]}{en[0]} {en[2]} {en[1]}"


def _choose_phrases(n: int, lists: tuple[list[tuple[str, str]], ...]) -> tuple[list[str], list[str]]:
    """Return the Chinese and English phrases that the digits of n choose. Neighbouring n differ in every phrase."""
    count = math.prod(map(len, lists))
    n = n * _find_stride(count) % count
    chosen = []
    for phrases in lists:
        n, digit = divmod(n, len(phrases))
        chosen.append(phrases[digit])
    return [phrase[0] for phrase in chosen], [phrase[1] for phrase in chosen]


@cache
def _find_stride(count: int) -> int:
    return next(k for k in itertools.count(1_000_003) if math.gcd(k, count) == 1)


def build_content(
    i: int, *, today: dt.date, sources: list[int], authors: list[int], keywords: list[int]
) -> Content:
    """Return the i-th brief, with a three-sentence summary and seven bullets.

    Two of the bullets are nested in Chinese.
    """
    first = i * SENTENCES_PER_BRIEF
    texts = [build_sentence(first + k) for k in range(SENTENCES_PER_BRIEF)]
    headline_zh, headline_en = build_headline(i)
    bullets = tuple(
        Bullet(
            number=k + 1,
            text_zh=texts[3 + k][0],
            text_en=texts[3 + k][1],
            level_zh=1 if k in (5, 6) else 0,
            marker_zh="number" if k in (5, 6) else "bullet",
        )
        for k in range(7)
    )
    chosen = dict.fromkeys(keywords[(i * step + step) % len(keywords)] for step in (1, 7, 11))
    return Content(
        headline_zh=headline_zh,
        headline_en=headline_en,
        summary_zh="".join(text[0] for text in texts[:3]),
        summary_en=" ".join(text[1] for text in texts[:3]),
        bullets=bullets,
        facts=Facts(
            source=sources[i % len(sources)],
            authors=(Byline(authors[i % len(authors)]),),
            keywords=tuple(chosen),
            date=(today - dt.timedelta(days=_age(i))).isoformat(),
            title=headline_en,
            url=f"{CORPUS_URL}{i}",
        ),
    )


def _age(i: int) -> int:
    """Return how many days ago the article of the i-th brief appeared."""
    return NEWEST_AGE + i * 324 % DAYS_COVERED


def _find_moment(i: int, now: dt.datetime) -> dt.datetime:
    """Return when the i-th brief was published: within ten days of its article."""
    return now - dt.timedelta(days=_age(i) - 4 - i % 7, minutes=i * 7 % 1_440, seconds=i % 60)


def load_corpus(n: int, *, report_progress: Callable[[int], None] = lambda done: None) -> None:
    """Add n briefs after the existing ones, in short transactions, so that editors can save meanwhile."""
    people = [_get_or_create_person(f"corpus-{role}") for role in ("writer", "reviewer", "publisher")]
    rows, now = _ensure_vocabulary(), timezone.now()
    first = Brief.objects.filter(article_url__startswith=CORPUS_URL).count()
    for start in range(first, first + n, BATCH_SIZE):
        numbers = range(start, min(start + BATCH_SIZE, first + n))
        with transaction.atomic():
            batch = [(i, build_content(i, today=now.date(), **rows)) for i in numbers]
            _insert_batch(batch, *people, now=now)
        report_progress(numbers.stop - first)
        if numbers.stop < first + n:
            let_other_writers_in()


def _get_or_create_person(username: str) -> Person:
    return Person.objects.get_or_create(username=username, defaults={"name": username, "is_active": False})[0]


def _ensure_vocabulary() -> dict[str, list[int]]:
    sources = [s.pk for s in Source.objects.filter(merged_into=None).order_by("slug")]
    labelled = Keyword.objects.filter(merged_into=None).exclude(label_zh="").exclude(label_en="")
    keywords = [k.pk for k in labelled.order_by("slug")]
    names = [f"{given} {family}" for given, family in itertools.product(_GIVEN_NAMES, _FAMILY_NAMES)]
    known = dict(Author.objects.filter(name__in=names).values_list("name", "pk"))
    authors = [known.get(name) or Author.make(name=name, **build_author_columns(name)).pk for name in names]
    sources = sources or [Source.make(name="Corpus Review").pk]
    keywords = keywords or [Keyword.make(label_zh="樣本", label_en="Sample").pk]
    return {"sources": sources, "authors": authors, "keywords": keywords}


def _insert_batch(
    batch: list[tuple[int, Content]], writer: Person, reviewer: Person, publisher: Person, *, now: dt.datetime
) -> None:
    moments = {i: _find_moment(i, now) for i, _ in batch}
    briefs = Brief.objects.bulk_create(
        Brief(
            **working_copy.build_columns(text),
            state=State.APPROVED,
            version=4,
            next_number=len(text.bullets) + 1,
            slug=f"{build_slug(text.headline_en, 70)}-{i}",
            article_date_confirmed=True,
            created_at=moments[i],
            updated_at=moments[i],
            updated_by=publisher,
        )
        for i, text in batch
    )
    pairs = [(brief, text, moments[i]) for brief, (i, text) in zip(briefs, batch, strict=True)]
    working_copy.add_content_rows([(b, c) for b, c, _ in pairs])
    names = PageNames.load_many([c for _, c, _ in pairs])
    hashes = [
        {f"hash_{leaf}": value for leaf, value in hash_leaves(c, printed).items()}
        for (_, c, _), printed in zip(pairs, names, strict=True)
    ]
    revisions = Revision.objects.bulk_create(
        build_revision(b, c, None, printed, by=writer, now=at, kind=Revision.Kind.SAVE)
        for (b, c, at), printed in zip(pairs, names, strict=True)
    )
    SignOff.objects.bulk_create(
        SignOff(
            page=b.page, leaf=side, hash=h[f"hash_{side}"], hash_common=h["hash_common"], revision=r.number, answer="yes",
            by=reviewer, at=at,
        )
        for (b, _, at), r, h in zip(pairs, revisions, hashes, strict=True)
        for side in SIDES
    )  # fmt: skip
    editions = Edition.objects.bulk_create(
        Edition(
            brief=b, number=1, slug=b.slug or "", revision=r, content=c.as_json(), published_at=at, live_from=at,
            approved_at=at, approved_by=publisher, edited_by=writer, four_eyes=True, **h,
        )
        for (b, c, at), r, h in zip(pairs, revisions, hashes, strict=True)
    )  # fmt: skip
    Event.objects.bulk_create(
        Event(
            brief=e.brief, verb="approve", by=publisher, at=e.live_from, from_state=State.IN_REVIEW, to_state=State.APPROVED, edition=e
        )
        for e in editions
    )  # fmt: skip
    rebuild_derived_rows(editions)
    rebuild_memory(brief.pk for brief in briefs)
