"""Bar, badge, home, list, palette, inbox and mail say the same about 14 states to four people, in both languages."""

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from briefs.models import Brief, Outbox, Person
from briefs.operations import notifications
from briefs.tests.support.desk_states import DESK_STATES, SmallTeam
from briefs.tests.support.form_client import brief_url, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

ACTS = """
                       lin          chen         claire       chou
incomplete             fill         next         next         next
complete               submit       next         next         next
planned                claim        next         next         claim
sent back              notes        next         next         next
unsigned               next         sign_off_zh  sign_off_en  next
Chinese signed         next         next         sign_off_en  next
nobody asked           next         next         sign_off_en  sign_off_en
reworded               next         next         next         approve
both signed            next         next         next         approve
notes open             notes        next         next         notes
publisher edited last  next         next         next         approve
scheduled              next         next         next         next
live                   revise       next         next         revise
"""
SENTENCES = {
    ("incomplete", "lin"): (
        "撰稿中。還缺 3 項：英文摘要、第 1 點英文、日期待確認。",
        "Draft. 3 things missing: English summary, English of point 1, date to confirm.",
    ),
    ("incomplete", "chen"): ("林書瑋撰稿中，還缺 3 項。", "林書瑋 is writing; 3 missing."),
    ("complete", "lin"): (
        "撰稿中，內容齊全。送審後請陳雅筑審中文、Claire Wu 審英文。",
        "Draft, complete. Submitting asks 陳雅筑 for the Chinese and Claire Wu for the English.",
    ),
    ("planned", "chen"): ("還沒有人撰稿。", "Nobody is writing this yet."),
    ("sent back", "chou"): (
        "Claire Wu 退回英文，有 2 則意見待處理。等林書瑋修改。",
        "Claire Wu sent the English back; 2 notes to answer. Waiting for 林書瑋.",
    ),
    ("Chinese signed", "claire"): (
        "審稿中：中文已由陳雅筑簽核；英文等您審。",
        "In review: Chinese signed by 陳雅筑; English waiting for you.",
    ),
    ("live", "chen"): ("刊登中。", "Live."),
}

LINES = {
    ("Chinese signed", "lin"): (
        "審稿中 · 中文 ✓ 陳雅筑 · 英文等 Claire Wu",
        "In review · Chinese ✓ 陳雅筑 · English waits for Claire Wu",
    ),
    ("both signed", "lin"): (
        "審稿中 · 中文 ✓ 陳雅筑 · 英文 ✓ Claire Wu · 等周以恆",
        "In review · Chinese ✓ 陳雅筑 · English ✓ Claire Wu · waits for 周以恆",
    ),
}
"""The short lines of lists and home."""


def read_table() -> dict[tuple[str, str], str]:
    head, *rows = ACTS.strip("\n").splitlines()
    people = head.split()
    cells = (re.split(r"\s{2,}", row.strip()) for row in rows)
    return {(state, who): act for state, *acts in cells for who, act in zip(people, acts, strict=True)}


def strip_tags(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).strip()


def find(pattern: str, page: str) -> str:
    match = re.search(pattern, page, re.S)
    assert match, pattern
    return strip_tags(match[1])


def read_bar(client: Client, brief: Brief) -> dict[str, str]:
    page = client.get(brief_url(brief)).text
    bar = page[page.index("act-bar") :]
    return {
        "act": find(r'data-next="(\w+)"', bar),
        "label": find(r'main-act.*?<span class="long">(.*?)</span>', bar),
        "sentence": find(r'<p class="step"[^>]*>\s*<span>(.*?)(?:<span|</span>)', bar),  # then come badges
    }


def read_home(client: Client) -> dict[int, Any]:
    return {task.brief.pk: (task.verb, task.why) for task in client.get("/admin/").context["tasks"]}


def read_list(client: Client) -> dict[int, tuple[str, str, str]]:
    """Return the badge, the sentence and the label of the main act, or no label."""
    found = {}
    page = client.get("/admin/briefs/brief/").text
    for row in page.split("<tr>")[1:]:
        pk = re.findall(r'name="version-(\d+)"', row)[0]
        step = re.search(r'class="step( mine)?".*?title="(.*?)">(.*?)</', row)
        badge = find(r'class="badge (?!warn">(?:Priority|優先))[^>]*>(.*?)</span>', row)
        label = html.unescape(step[3]) if step and step[1] else ""
        found[int(pk)] = (badge, html.unescape(step[2]) if step else "", label)
    return found


def read_palette(client: Client, brief: Brief) -> list[str]:
    groups = client.get(f"/admin/find/?part=1&brief={brief.pk}").context["groups"]
    return [entry.first for _title, entries in groups for entry in entries]


def read_mail(brief: Brief, person: Person) -> str:
    row = Outbox(key="k", kind="review", to=person, brief=brief, due_at=timezone.now())
    return notifications.compose(row).body


def test_every_surface_says_the_same_to_each_person_in_one_language(client: Client) -> None:
    assert_surfaces_agree(client, ("zh-hant", "en", "en", "zh-hant"))


@pytest.mark.heavy
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_every_surface_says_the_same(client: Client, language: str) -> None:
    assert_surfaces_agree(client, (language,) * 4)


def assert_surfaces_agree(client: Client, languages: tuple[str, ...]) -> None:
    """Compare what the surfaces tell each of the four people, in their language."""
    team = SmallTeam()
    briefs = {state: make(team) for state, make in DESK_STATES.items()}
    table, badges = {}, dict[tuple[str, str], str]()
    for person, language in zip(team.everybody, languages, strict=True):
        sign_in(client, person, language)
        home, listed = read_home(client), read_list(client)
        notices = {
            row.brief_id
            for row in notifications.find_inbox(person, timezone.now())
            if row.kind not in ("signed_zh", "signed_en")
        }
        for state, brief in briefs.items():
            bar = read_bar(client, brief)
            table[state, person.username] = bar["act"]
            is_mine = bar["act"] not in ("next", "revise")
            badge = badges.setdefault((state, language), listed[brief.pk][0])
            line = listed[brief.pk][1]
            assert line.startswith(("In review · ", "審稿中 · ")) or line == bar["sentence"], state
            assert listed[brief.pk] == (badge, line, bar["label"] if is_mine else ""), state
            assert home.get(brief.pk) == ((bar["label"], line) if is_mine else None), state
            if expected := LINES.get((state, person.username)):
                assert line == expected[language == "en"]
            if bar["act"] != "next":
                assert bar["label"] in read_palette(client, brief), state
            mail = read_mail(brief, person).splitlines()
            assert bar["sentence"] in mail, (state, mail)
            assert any(line.endswith(bar["label"]) for line in mail) == is_mine, (state, mail)
            assert not (is_mine and brief.pk in notices), "nothing stands in both"
            if expected := SENTENCES.get((state, person.username)):
                assert bar["sentence"] == expected[language == "en"]
    assert table == read_table()
