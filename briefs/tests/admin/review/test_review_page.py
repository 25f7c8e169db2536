"""Review page: notes, suggestions, marks and sign-offs, each posted for one text, without losing typed text."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from briefs import workflow
from briefs.admin.common.brief_rows import BriefRow
from briefs.content import Bullet, hash_json
from briefs.models import Brief, Event, Note, SignOff, Suggestion
from briefs.tests.support import factories
from briefs.tests.support.factories import Team, approve, edit, sign_off, submitted_brief
from briefs.tests.support.form_client import Form, brief_url, sign_in
from briefs.workflow.review_comments import TextAnchor

pytestmark = pytest.mark.django_db


@pytest.fixture
def brief(team: Team) -> Brief:
    return submitted_brief(team)


def get_page(client: Client, brief: Brief, query: str = "") -> str:
    """Open the old address of the review page, which leads to the brief's page."""
    response = client.get(brief_url(brief, "review") + query, follow=True)
    assert response.status_code == 200
    assert [url.partition("?")[0] for url, _ in response.redirect_chain] == [brief_url(brief)]
    return response.text


def post_action(client: Client, brief: Brief, order: str, **changes: Any) -> Any:
    form = Form(get_page(client, brief))
    return client.post(brief_url(brief, "review"), {**form.data_with(**changes), "do": order})


def test_note_and_reply_are_shown_at_their_bullet(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.reviewer)
    post_action(client, brief, "note:b2:en", **{"note-b2-en": "Too long."})
    note = Note.objects.get()
    assert (note.bullet, note.side, note.text) == (2, "en", "Too long.")
    post_action(client, brief, f"reply:{note.pk}", **{f"reply-{note.pk}": "Shorter now."})
    html = get_page(client, brief)
    assert (
        html.index('id="b2"') < html.index("Too long.") < html.index("Shorter now.") < html.index('id="b3"')
    )
    post_action(client, brief, f"resolve:{note.pk}")
    post_action(client, brief, f"reopen:{note.pk}")
    note.refresh_from_db()
    assert note.resolved_at is None


def test_empty_note_is_refused_and_other_typed_text_is_kept(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.reviewer)
    typed = {"note-b1-zh": "還沒送出", "suggest-b1-zh": "另一種說法"}
    response = post_action(client, brief, "note:b2:en", **typed)
    assert response.status_code == 409
    kept = Form(response.text).data
    assert kept == kept | {name: [text] for name, text in typed.items()}
    for order in ("", "approve", "delete:b1", "suggest:b1:fr"):
        assert post_action(client, brief, order).status_code in (400, 409), order
    assert post_action(client, brief, "note:b1:zh", **{"note-b1-zh": "a\x00b"}).status_code == 409
    assert not Note.objects.exists()


def test_writer_accepts_suggestion_with_one_click(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.reviewer)
    typed = {"suggest-b1-en": "A better point.", "why-b1-en": "Plainer."}
    post_action(client, brief, "suggest:b1:en", **typed)
    suggestion = Suggestion.objects.get()
    assert (suggestion.was, suggestion.text, suggestion.bullet) == ("Point 0.", "A better point.", 1)
    html = get_page(sign_in(client, team.writer), brief)
    assert "Plainer." in html
    assert "<ins>A better point</ins>" in html
    assert f"accept:{suggestion.pk}" in html
    assert post_action(client, brief, f"accept:{suggestion.pk}")["Location"].endswith("#b1")
    assert factories.load_content(brief).bullets[0].text_en == "A better point."


def test_suggestion_for_text_changed_since_page_is_refused(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.reviewer)
    form = Form(get_page(client, brief)).data_with(**{"suggest-headline-en": "A better one."})
    edit(brief, team.writer, headline_en="Other words.")
    response = client.post(brief_url(brief, "review"), {**form, "do": "suggest:headline:en"})
    assert response.status_code == 409
    assert "A better one." in response.text
    assert not Suggestion.objects.exists()


def test_reviewer_can_compare_with_own_answer_or_with_edition(
    client: Client, team: Team, brief: Brief
) -> None:
    def list_marked(query: str) -> list[bool]:
        html = get_page(client, brief, query)
        return ["摘<del>要</del><ins>述</ins>。" in html, "<ins>Another</ins>" in html]

    sign_off(brief, team.reviewer)
    approve(brief, team.publisher)
    workflow.revise(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    edit(brief, team.writer, summary_zh="摘述。", **factories.change_note())
    sign_in(client, team.other_publisher)
    assert list_marked("") == [True, False]
    workflow.submit(brief.pk, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    sign_off(brief, team.reviewer, "zh")
    edit(brief, team.writer, summary_en="Another.")
    sign_in(client, team.reviewer)
    assert list_marked("?since=mine") == [False, True]
    assert list_marked("?since=edition") == [True, True]
    assert list_marked("?since=nothing") == [False, False]


def test_sign_off_of_side_changed_since_page_is_refused(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.reviewer)
    form = Form(get_page(client, brief)).data_with()
    edit(brief, team.writer, summary_zh="摘述。")
    response = client.post(brief_url(brief, "sign_off_zh"), form)
    assert response.status_code == 409
    # what changed since the page was shown
    assert "摘<del>要</del><ins>述</ins>。" in response.text
    assert not SignOff.objects.exists()
    response = client.post(brief_url(brief, "sign_off_en"), form)
    assert response.status_code == 302
    assert SignOff.objects.get().hash == workflow.load_working_copy(brief).hash_side("en")


def test_review_page_of_long_brief_needs_at_most_27_queries(
    client: Client, team: Team, django_assert_max_num_queries: Any
) -> None:
    brief = submitted_brief(team, factories.content(bullets=factories.content().bullets * 20))
    sign_in(client, team.reviewer)
    get_page(client, brief)
    with django_assert_max_num_queries(27):
        assert client.get(brief_url(brief), {"view": "review"}).status_code == 200


def test_note_can_be_on_summary_or_whole_brief(client: Client, team: Team, brief: Brief) -> None:
    factories.assign_reviewer(brief, "zh", team.reviewer, by=team.writer)
    sign_in(client, team.reviewer_en)
    post_action(client, brief, "note:summary:zh", **{"note-summary-zh": "太長。"})
    post_action(client, brief, "note:brief:", **{"note-brief-": "Check the source."})
    summary, whole = Note.objects.order_by("id")
    assert (summary.field, summary.side, whole.field, whole.side) == ("summary", "zh", "", "")
    html = get_page(client, brief)
    assert html.index('id="summary"') < html.index("太長。") < html.index('id="b1"')
    assert html.index('id="notes"') < html.index("Check the source.")
    assert "You review: English" in html, "the Chinese is asked of another"


def test_removed_and_moved_bullets_are_shown(client: Client, team: Team, brief: Brief) -> None:
    sign_off(brief, team.reviewer, "zh")
    first, second, third = workflow.load_working_copy(brief).bullets
    edit(brief, team.writer, bullets=(third, first))
    html = get_page(sign_in(client, team.reviewer), brief)
    assert f"<del>{second.text_en}</del>" in html.partition('id="b2"')[2].partition('id="notes"')[0]
    assert "was 3" in html


def test_only_publisher_edits_review_card_and_event_is_stored(
    client: Client, team: Team, brief: Brief
) -> None:
    assert "Edit the card" not in get_page(sign_in(client, team.reviewer), brief)
    assert "Edit the card" in get_page(sign_in(client, team.publisher), brief)
    address = "/admin/briefs/sitetext/review-card/change/"
    form = Form(client.get(address).text, id="sitetext_form")
    assert "Negation" in form.data["text_en"][0]
    assert "否定" in form.data["text_zh"][0]
    assert client.post(address, form.data_with(text_en="Only this.", text_zh="只看這個。")).status_code == 302
    assert Event.objects.get(verb="edit_site").about == "sitetext/review-card"
    html = get_page(sign_in(client, team.reviewer, "zh-hant"), brief)
    assert "只看這個。" in html
    assert "否定：" not in html


def test_timeline_names_each_act_and_its_language(client: Client, team: Team, brief: Brief) -> None:
    note = workflow.reviewing.add_note(brief, "Which?", by=team.reviewer, bullet=1, side="zh")
    for text in ("Better", "Best"):
        suggestion = workflow.review_comments.suggest(
            brief, TextAnchor("headline"), "en", text, by=team.reviewer, seen=hash_json("A Headline")
        )
    workflow.review_comments.decline(suggestion, by=team.writer)
    sign_off(brief, team.reviewer, "zh")

    def timeline_entries(language: str) -> list[tuple[str, str]]:
        days = sign_in(client, team.writer, language).get(brief_url(brief, "timeline")).context["days"]
        return [(entry.text, entry.link_text) for _day, entries in days for entry in entries]

    english = timeline_entries("en")
    assert [line for line in english if line[1]] == [
        ("declined the suggestion", "Headline · English"),
        ("suggested a wording", "Headline · English"),
        ("suggested a wording", "Headline · English"),
        ("added a note", f"#b{note.bullet} · Chinese"),
        ("saved once", "r1"),
    ]
    without_place = [text for text, place in english if not place]
    assert without_place[:2] == ["signed off the Chinese", "submitted for review"]
    assert ("新增審稿意見", "#b1 · 中文") in timeline_entries("zh-hant")


def test_writer_who_revises_from_the_read_page_goes_on_to_write(client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    html = sign_in(client, team.writer).get(brief_url(brief)).text
    assert 'id="cell-b1-zh"' in html
    response = client.post(brief_url(brief, "revise"), Form(html).data_with(), follow=True)
    assert 'name="text_zh-b1"' in response.text


def test_page_of_brief_in_review_is_for_writing_or_reading_by_role(
    client: Client, team: Team, brief: Brief
) -> None:
    def shown(person: Any, query: str = "") -> str:
        html = sign_in(client, person).get(brief_url(brief) + query).text
        (view,) = (
            "write" if "name=" in tag else "read"
            for tag in re.findall('name="text_zh-b1"|id="cell-b1-zh"', html)
        )
        return view

    for person, opens in ((team.writer, "write"), (team.reviewer, "read"), (team.publisher, "read")):
        assert [shown(person), shown(person, "?view=write")] == [opens, "write"]
    assert shown(team.writer, "?view=review") == "read"
    factories.assign_writer(brief, team.publisher, by=team.writer)
    assert shown(team.publisher) == "write", "whoever writes the brief goes on to write"


def test_answer_in_the_form_saves_the_draft_first(client: Client, team: Team, brief: Brief) -> None:
    note = workflow.reviewing.add_note(brief, "Which?", by=team.reviewer, bullet=1)
    sign_in(client, team.writer)
    form = Form(client.get(brief_url(brief)).text)
    assert f"resolve:{note.pk}" in [button.get("value") for button in form.buttons]
    data = form.data_with(headline_en="Another", do=f"resolve:{note.pk}")
    response = client.post(brief_url(brief, "review"), data)
    assert response["Location"].endswith(f"?view=write#note-{note.pk}")
    note.refresh_from_db()
    assert note.resolved_by == team.writer
    assert Brief.objects.get(pk=brief.pk).headline_en == "Another"


def test_answer_for_an_open_page_is_json(client: Client, team: Team, brief: Brief) -> None:
    note = workflow.reviewing.add_note(brief, "Which?", by=team.reviewer, bullet=1)
    sign_in(client, team.writer)
    url, headers = brief_url(brief, "review"), {"Accept": "application/json"}
    answer = client.post(url, {"do": f"reply:{note.pk}", f"reply-{note.pk}": "This."}, headers=headers).json()
    assert "This." in answer["margin"]
    assert 'data-row="b1"' in answer["margin"]
    refused = client.post(url, {"do": f"reply:{note.pk}"}, headers=headers)
    assert (refused.status_code, list(refused.json())) == (409, ["reasons"])


def test_only_changes_are_shown_at_a_second_review(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.reviewer)
    assert '<details class="same"' not in get_page(client, brief)
    sign_off(brief, team.reviewer, "zh")
    edit(brief, team.writer, summary_zh="摘述。")
    folds = re.compile(r'<details class="same" (open)?>\s*<summary>\s*(\S+): unchanged')
    assert folds.findall(get_page(client, brief)) == [("", "Headline"), ("", "1–3")]
    everything = client.get(brief_url(brief), {"view": "review", "only": "0"}).text
    assert folds.findall(everything) == [("open", "Headline"), ("open", "1–3")]


def test_rows_filled_from_one_rendered_row_are_those_rendered_one_by_one(
    client: Client, team: Team, brief: Brief, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_rows() -> list[str]:
        pages = [get_page(client, brief, query) for query in ("", "?since=nothing")]
        return [row for page in pages for row in page.split('class="pair')[1:-1]]

    sign_off(brief, team.reviewer, "zh")
    bullets = factories.load_content(brief).bullets
    changed = [replace(bullet, text_zh=f"{bullet.text_zh}<新>") for bullet in bullets]
    added = [Bullet(0, f"第{n}點。", "", marker_zh="number", level_zh=n % 2) for n in range(4)]
    edit(brief, team.writer, bullets=(*added, *reversed(changed)))
    sign_in(client, team.reviewer)
    filled = read_rows()
    monkeypatch.setattr(BriefRow, "is_plain", lambda row: False)
    assert len(filled) == 2 * (len(bullets) + 5)
    assert filled == read_rows()
