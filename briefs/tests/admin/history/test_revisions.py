"""Revisions of a brief: edit sessions on the timeline, and the comparison of any two."""

import datetime as dt
import re
from dataclasses import replace
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from briefs import workflow
from briefs.admin.common.diff_html import describe_difference
from briefs.admin.history.timeline import group_edit_sessions
from briefs.bilingual.text.text_diff import diff_contents
from briefs.content import Bullet, Byline, Content, Facts
from briefs.models import Author, Brief, Person, Revision
from briefs.tests.admin.uploads.test_document_imports import SAMPLE
from briefs.tests.support import factories, limit_cpu_time
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

MINUTE = dt.timedelta(minutes=1)


def fresh(brief: Brief) -> Brief:
    return Brief.objects.get(pk=brief.pk)


def stored_content(brief: Brief) -> Content:
    return workflow.load_working_copy(fresh(brief))


def save(brief: Brief, by: Person, *, after: int = 0, kind: str = "save", **changes: object) -> Revision:
    """Save the brief `after` minutes after its last revision."""
    saved_at = brief.revisions.latest("number").at + after * MINUTE
    content = replace(stored_content(brief), **changes)
    revision = workflow.save(
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
    for n, (who, after, kind) in enumerate(
        [
            (team.writer, 3, "save"),
            (team.writer, 10, "save"),
            (team.writer, 11, "save"),
            (team.other_writer, 1, "save"),
            (team.writer, 1, "save"),
            (team.writer, 1, "import"),
            (team.writer, 1, "save"),
        ]
    ):
        save(brief, who, after=after, kind=kind, summary_en=f"Save {n}.")
    rows = brief.revisions.order_by("-number")
    assert [[r.number for r in s.revisions] for s in group_edit_sessions(rows)] == [
        [8],
        [7],
        [6],
        [5],
        [4],
        [3, 2, 1],
    ]
    signed = {rows.get(number=2).pk}
    assert [[r.number for r in s.revisions] for s in group_edit_sessions(rows, ending_ids=signed)][-2:] == [
        [3],
        [2, 1],
    ]


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
    save(brief, team.writer, after=1, summary_en="Revised.")
    html = get_page(writer_client, brief, "timeline")
    assert f'{brief_url(brief, "compare")}?from=edition-1"' in html
    assert "[-A summary-]{+Revised+}." in comparison_text(writer_client, brief, "edition-1", 2)
    assert "[-A summary-]{+Revised+}." in visible_text(get_page(writer_client, brief, "compare")), (
        "the default comparison"
    )


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


def test_history_pages_use_language_of_person(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, after=60, summary_zh="改了。")
    for language in ("zh-hant", "en"):
        sign_in(client, team.writer, language)
        for verb in ("timeline", "compare"):
            html = get_page(client, brief, verb)
            assert f'<html lang="{language}"' in html
        assert 'lang="zh-Hant-TW"' in html
        assert 'lang="en"' in html


def test_query_count_does_not_grow_with_revisions(writer_client: Client, team: Team) -> None:
    counts = []
    for n in (2, 200):
        brief = factories.draft_brief(team)
        first = brief.revisions.get()
        text = stored_content(brief)
        rows = []
        for number in range(2, n + 2):
            content = replace(text, summary_en=f"Save {number}.")
            rows.append(
                Revision(
                    brief=brief,
                    number=number,
                    content=content.as_json(),
                    by=team.writer if number % 3 else team.reviewer,
                    at=first.at + number * MINUTE,
                    changed_zh=False,
                    changed_en=True,
                    changed_facts=False,
                    hash_zh=content.hash_side("zh"),
                    hash_en=content.hash_side("en"),
                    hash_common=content.hash_facts(),
                )
            )
        Revision.objects.bulk_create(rows)
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
    texts = [
        ("維修能力是最脆弱的一環。", "Repair is the weakest link."),
        ("二。", "Two."),
        ("三。", "Three."),
        ("四。", "Four."),
    ]
    brief = factories.draft_brief(team, factories.content(bullets=tuple(Bullet(0, *t) for t in texts)))
    first, second, _, fourth = stored_content(brief).bullets
    reworded = replace(
        first, text_zh="維修產能是最薄弱的一環。", text_en="Repair capacity is the weakest link."
    )
    save(
        brief,
        team.writer,
        bullets=(
            fourth,
            reworded,
            replace(second, level_en=1, marker_en="number"),
            Bullet(0, "五。", "Five."),
        ),
    )
    text = comparison_text(writer_client, brief, 1, 2)
    assert "維修{+產+}能[-力-]是最[-脆-]{+薄+}弱的一環。" in text
    assert "Repair {+capacity +}is the weakest link." in text
    assert re.search(r"1 ↕ was 4 • 四。 • Four\.", text)
    assert re.search(r"3 • 二。 1\. Two\. Level or marker was: •", text)
    assert re.search(r"4 \{\+new\+\} • \{\+五。\+\} • \{\+Five\.\+\}", text)
    assert re.search(r"3 \[-gone-\] \[-三。-\] \[-Three\.-\]", text)
    html = get_page(writer_client, brief, "compare", from_=1, to=2)
    assert re.search(r'<details class="same" >\s*<summary>\s*Headline–Summary: unchanged', html)
    assert re.search(r'class="words"\s+lang="zh-Hant-TW"', html)


def test_swapped_comparison_turns_insertions_into_deletions(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, summary_en="Another summary.")
    assert "{+Another+}" in comparison_text(writer_client, brief, 1, 2)
    html = get_page(writer_client, brief, "compare", from_=1, to=2)
    assert 'href="?from=2&amp;to=1"' in html
    assert "[-Another-]" in comparison_text(writer_client, brief, 2, 1)
    assert "No difference" in comparison_text(writer_client, brief, 2, 2)


def test_comparison_shows_facts_with_labels_and_names(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    author = Author.make(name="Ana Lee", name_zh="李安娜")
    facts = factories.facts(
        date="2025-06", title="An Article", authors=(Byline(author.pk, "教授", "Professor"),)
    )
    save(brief, team.writer, facts=facts)
    text = comparison_text(writer_client, brief, 1, 2)
    assert "Article date [-2025-06-09-] {+2025-06+}" in text
    assert "Article title {+An Article+}" in text
    assert "Authors {+Ana Lee 李安娜 / 教授 / Professor+}" in text.replace("（", " ").replace(
        "）", ""
    ).replace("(", "").replace(")", "").replace(", ", " ")


def test_source_passage_is_ignored_when_comparing_with_edition(writer_client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    workflow.revise(brief, by=team.writer, version=fresh(brief).version)
    bullets = stored_content(brief).bullets
    save(brief, team.writer, bullets=(replace(bullets[0], passage="p. 3"), *bullets[1:]))
    assert "No difference" in comparison_text(writer_client, brief, "edition-1", 2)
    assert "Source passage: {+p. 3+}" in comparison_text(writer_client, brief, 1, 2)


def test_unknown_revision_or_edition_is_not_found(writer_client: Client, team: Team) -> None:
    brief, other_brief = factories.live_brief(team), factories.draft_brief(team)
    for n in range(3):
        save(other_brief, team.writer, summary_en=f"Foreign {n}.")
    compare, restore = brief_url(brief, "compare"), brief_url(brief, "restore")
    for value in ("99", "0", "-1", "x", "edition-2", "edition-", "r1", "1" * 30, "１", "1 ", "edition-1x"):
        for query in ({"from": value, "to": "1"}, {"from": "1", "to": value}):
            assert writer_client.get(compare, query).status_code == 404, query
        assert writer_client.post(restore, {"restore": value, "version": 9}).status_code == 404, value
    assert writer_client.get(compare, {"from": "3", "to": "1"}).status_code == 404, "another brief's"
    data = {"restore": "3", "version": fresh(brief).version}
    assert writer_client.post(restore, data).status_code == 404, "another brief's"
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


def test_comparison_escapes_markup_in_texts(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team, factories.content(headline_en="<script>alert(1)</script> & more"))
    save(brief, team.writer, headline_en="<script>alert(2)</script> & <b>more</b>")
    html = get_page(writer_client, brief, "compare", from_=1, to=2)
    assert "<script>alert" not in html
    assert "<b>more" not in html
