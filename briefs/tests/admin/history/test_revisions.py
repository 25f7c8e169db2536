"""Revisions of a brief: edit sessions on the timeline, and the comparison of any two."""

import datetime as dt
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from briefs import workflow
from briefs.admin.common.diff_html import describe_difference
from briefs.admin.history.timeline import group_edit_sessions
from briefs.bilingual.text.content_diff import diff_contents
from briefs.content import Bullet, Byline, Content, Facts
from briefs.models import Author, Brief, Person, Revision
from briefs.tests.admin.uploads.test_document_imports import SAMPLE
from briefs.tests.support import factories, limit_cpu_time
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, reload_brief

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

MINUTE = dt.timedelta(minutes=1)


fresh, stored_content = reload_brief, factories.load_content


def save(brief: Brief, by: Person, *, after: int = 0, kind: str = "save", **changes: object) -> Revision:
    """Save the brief `after` minutes after its last revision."""
    saved_at = brief.revisions.latest("number").at + after * MINUTE
    content = replace(stored_content(brief), **changes)
    revision = workflow.editing.save(
        brief.pk, content, by=by, version=fresh(brief).version, now=saved_at, kind=Revision.Kind(kind)
    )
    assert revision is not None
    return revision


def get_page(client: Client, brief: Brief, verb: str, **query: object) -> str:
    response = client.get(brief_url(brief, verb), {name.rstrip("_"): value for name, value in query.items()})
    assert response.status_code == 200
    return response.text


def visible_text(html: str) -> str:
    """Return the visible text in one line, with `<del>` and `<ins>` as [-…-] and {+…+}."""
    html = re.sub(r"<(script|style|head)\b.*?</\1>", "", html, flags=re.DOTALL)
    for tag, (opening, closing) in {"del": ("[-", "-]"), "ins": ("{+", "+}")}.items():
        html = re.sub(rf"<{tag}\s*>", opening, html).replace(f"</{tag}>", closing)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def comparison_text(client: Client, brief: Brief, old: object, new: object) -> str:
    return visible_text(get_page(client, brief, "compare", from_=old, to=new))


# Edit sessions


def test_saves_of_one_edit_session_are_grouped(team: Team) -> None:
    brief = factories.draft_brief(team)
    mine, theirs = team.writer, team.other_writer
    saves = [(mine, 3), (mine, 10), (mine, 11), (theirs, 1), (mine, 1), (mine, 1), (mine, 1)]
    for n, (who, after) in enumerate(saves):
        save(brief, who, after=after, kind="import" if n == 5 else "save", summary_en=f"Save {n}.")
    rows = brief.revisions.order_by("-number")

    def numbers(**values: Any) -> list[list[int]]:
        return [[r.number for r in session.revisions] for session in group_edit_sessions(rows, **values)]

    assert numbers() == [[8], [7], [6], [5], [4], [3, 2, 1]]
    assert numbers(ending_ids={rows.get(number=2).pk})[-2:] == [[3], [2, 1]]


def test_timeline_leads_to_what_each_edit_session_changed(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    bullets = stored_content(brief).bullets
    save(brief, team.other_writer, after=60, headline_en="Another")
    save(brief, team.writer, after=60, summary_en="A change.")
    save(brief, team.writer, after=1, bullets=(bullets[2], *bullets[:2]))
    html = get_page(writer_client, brief, "timeline")
    compare = brief_url(brief, "compare")
    assert re.findall(rf'href="{compare}(\?[^"]*)"\s*>(r\d+)<', html) == [
        ("?to=4", "r4"),
        ("?from=3", "r3"),
        ("?to=2", "r2"),
        ("?from=1", "r1"),
    ]
    assert "1 earlier save at this sitting r3" in visible_text(html)
    session = visible_text(get_page(writer_client, brief, "compare", to=4))
    assert "[-summary-]{+change+}." in session
    assert "Headline: unchanged" in session, "changed in the session before"


def test_timeline_has_the_note_on_the_change_and_the_imported_file(writer_client: Client, team: Team) -> None:
    writer_client.post("/admin/briefs/brief/upload/", {"files": SimpleUploadedFile("a.txt", SAMPLE.encode())})
    html = get_page(writer_client, Brief.objects.get(), "timeline")
    assert re.search(r'href="/admin/briefs/brief/\d+/file/\d+/"\s*>a\.txt<', html)
    brief = factories.live_brief(team)
    workflow.revise(brief, by=team.writer, version=fresh(brief).version)
    note = {"change_kind": "correction", "change_note_zh": "改一字。", "change_note_en": "One word."}
    save(brief, team.writer, after=1, summary_en="Revised.", **note)
    workflow.submit(brief, by=team.writer, version=fresh(brief).version)
    for side in ("zh", "en"):
        factories.sign_off(brief, team.reviewer, side)
    factories.approve(brief, team.publisher)
    assert "Correction 改一字。 One word." in visible_text(get_page(writer_client, brief, "timeline"))


def test_edition_can_be_compared_with_later_revision(writer_client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    workflow.revise(brief, by=team.writer, version=fresh(brief).version)
    bullets = stored_content(brief).bullets
    save(brief, team.writer, bullets=(replace(bullets[0], passage="p. 3"), *bullets[1:]))
    assert "No difference" in comparison_text(writer_client, brief, "edition-1", 2)
    assert "Source passage: {+p. 3+}" in comparison_text(writer_client, brief, 1, 2)
    save(brief, team.writer, after=60, summary_en="Revised.", headline_en="<b>Bold")
    html = get_page(writer_client, brief, "timeline")
    assert f'{brief_url(brief, "compare")}?from=edition-1"' in html
    html = get_page(writer_client, brief, "compare", from_="edition-1", to=3)
    assert 'href="?from=3&amp;to=edition-1"' in html
    assert "<b>Bold" not in html
    changed = "[-A summary-]{+Revised+}."
    assert changed in visible_text(html)
    assert changed in visible_text(get_page(writer_client, brief, "compare")), "the default comparison"
    assert "[-Revised-]{+A summary+}." in comparison_text(writer_client, brief, 3, "edition-1")


def test_change_summary_names_every_kind_of_difference() -> None:
    bullets = tuple(Bullet(n, f"第{n}點", f"Point {n}") for n in range(1, 7))
    old = Content("題", "Head", "要", "Sum", bullets, Facts(date="2025-06-09"))
    reordered = (bullets[5], *(replace(b, text_en="x") for b in bullets[:3]), replace(bullets[4], level_zh=1))
    facts = Facts(date="2025-06", title="T", doi="10.1/x", url="https://example.org/", kind="report")
    new = replace(
        old,
        bullets=(*reordered, Bullet(7, "新")),
        headline_zh="a",
        summary_zh="b",
        summary_en="c",
        facts=facts,
    )
    with translation.override("en"):
        summary = describe_difference(diff_contents(old, new))
        assert summary == (
            "3 bullets reworded, 1 bullet moved, 1 bullet added, 1 bullet removed, structure of 1 bullet, "
            "Chinese headline, summary, article facts (Article date, Article title, Article address, 2 more)"
        )
        assert describe_difference(diff_contents(old, old)) == "No difference"
        with_passage = replace(old, bullets=(replace(bullets[0], passage="p. 1"), *bullets[1:]))
        assert describe_difference(diff_contents(old, with_passage)) == "source passage of 1 bullet"


def test_query_count_does_not_grow_with_revisions(writer_client: Client, team: Team) -> None:
    counts = []
    for n in (2, 200):
        brief = factories.draft_brief(team)
        text = stored_content(brief)
        first, *more = [brief.revisions.get() for _ in range(n + 1)]
        for number, row in enumerate(more, 2):
            content = replace(text, summary_en=f"Save {number}.")
            row.pk, row.number, row.content = None, number, content.as_json()
            row.hash_en, row.at = content.hash_side("en"), first.at + number * MINUTE
            row.by = team.writer if number % 3 else team.reviewer
        Revision.objects.bulk_create(more)
        page_counts = []
        for verb in ("timeline", "compare", "change"):
            with CaptureQueriesContext(connection) as queries:
                get_page(writer_client, brief, verb)
            page_counts.append(len(queries))
        counts.append(page_counts)
    assert counts[0] == counts[1]
    assert max(counts[1][:2]) <= 15


# Comparison


def test_comparison_shows_bullet_changes_row_by_row(writer_client: Client, team: Team) -> None:
    repair = Bullet(0, "維修能力是最脆弱的一環。", "Repair is the weakest link.")
    others = [
        Bullet(0, f"{zh}。", f"{en}.")
        for zh, en in zip("二三四五", ("Two", "Three", "Four", "Five"), strict=True)
    ]
    brief = factories.draft_brief(team, factories.content(bullets=(repair, *others[:3])))
    first, second, _, fourth = stored_content(brief).bullets
    reworded = replace(
        first, text_zh="維修產能是最薄弱的一環。", text_en="Repair capacity is the weakest link."
    )
    bullets = (fourth, reworded, replace(second, level_en=1, marker_en="number"), others[3])
    save(brief, team.writer, bullets=bullets)
    html = get_page(writer_client, brief, "compare", from_=1, to=2)
    text = visible_text(html)
    assert "維修{+產+}能[-力-]是最[-脆-]{+薄+}弱的一環。" in text
    assert "Repair {+capacity +}is the weakest link." in text
    assert re.search(r"1 ↕ was 4 • 四。 • Four\.", text)
    assert re.search(r"3 • 二。 1\. Two\. Level or marker was: •", text)
    assert re.search(r"4 \{\+new\+\} • \{\+五。\+\} • \{\+Five\.\+\}", text)
    assert re.search(r"3 \[-gone-\] \[-三。-\] \[-Three\.-\]", text)
    assert re.search(r'<details class="same" >\s*<summary>\s*Headline–Summary: unchanged', html)
    assert re.search(r'class="words"\s+lang="zh-Hant-TW"', html)


def test_comparison_shows_facts_with_labels_and_names(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    author = Author.make(name="Ana Lee", name_zh="李安娜")
    authors = (Byline(author.pk, "教授", "Professor"),)
    save(brief, team.writer, facts=factories.facts(date="2025-06", title="An Article", authors=authors))
    text = comparison_text(writer_client, brief, 1, 2)
    assert "Article date [-2025-06-09-] {+2025-06+}" in text
    assert "Article title {+An Article+}" in text
    assert re.search(r"Authors \{\+Ana Lee\W*李安娜\W*教授\W*Professor\W*\+\}", text)


def test_unknown_revision_or_edition_is_not_found(writer_client: Client, team: Team) -> None:
    brief, other_brief = factories.live_brief(team), factories.draft_brief(team)
    for n in range(3):
        save(other_brief, team.writer, summary_en=f"Foreign {n}.")
    compare, restore = brief_url(brief, "compare"), brief_url(brief, "restore")
    for value in (
        "99",
        "3",
        "-1",
        "x",
        "edition-2",
        "edition-",
        "1" * 30,
        "１",
        "1 ",
        "edition-1x",
    ):  # 3 is another brief's
        assert writer_client.get(compare, {"from": value, "to": "1"}).status_code == 404, value
        data = {"restore": value, "version": fresh(brief).version}
        assert writer_client.post(restore, data).status_code == 404, value
    assert writer_client.get(compare, {"from": "1", "to": "99"}).status_code == 404
    assert writer_client.get("/admin/briefs/brief/999/timeline/").status_code == 404


@pytest.mark.heavy
def test_comparison_of_longest_texts_ends(writer_client: Client, team: Team) -> None:
    """Compare sixty bullets and both summaries, all of maximum length and changed throughout."""
    brief = factories.draft_brief(team)
    first = brief.revisions.get()
    for number in (2, 3):
        mark = "甲乙丙丁" if number == 2 else "戊己丙庚"
        rows = tuple(Bullet(n, mark * 1_000, f"{mark[0]}x " * 1_500) for n in range(1, 61))
        content = Content("題", "Head", mark * 5_000, "ab " * 5_000, rows)
        hashes = {"hash_zh": content.hash_side("zh"), "hash_en": content.hash_side("en"), "hash_common": ""}
        Revision.objects.create(
            brief=brief, number=number, content=content.as_json(), by=first.by, at=first.at, changed_zh=True,
            changed_en=True, changed_facts=False, **hashes,
        )  # fmt: skip
    with limit_cpu_time(30):
        comparison_text(writer_client, brief, 2, 3)
