"""The review screen: one place after another, each act posted, nothing typed lost."""

from typing import Any

import pytest
from django.test import Client

from briefs import workflow
from briefs.content import hash_json
from briefs.models import Brief, Event, Look, Note, SignOff, Suggestion
from briefs.workflow.review_comments import TextAnchor
from briefs.workflow.rules.transitions import PAST_TENSE_LABELS, VERB_NAMES

from ...support.factories import Team, approve, edit, sign_off, submitted_brief
from ...support.form_client import Form, sign_in, brief_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team()


@pytest.fixture
def brief(team: Team) -> Brief:
    return submitted_brief(team)


def page(client: Client, brief: Brief, query: str = "") -> str:
    response = client.get(brief_url(brief, "review") + query)
    assert response.status_code == 200
    return response.content.decode()


def do(client: Client, brief: Brief, order: str, **changes: Any) -> Any:
    form = Form(page(client, brief), id="review")
    return client.post(brief_url(brief, "review"), {**form.data_with(**changes), "do": order})


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_everybody_with_a_role_can_read_it(client: Client, team: Team, brief: Brief, language: str) -> None:
    html = page(sign_in(client, team.reviewer, language), brief)
    assert 'id="b1"' in html
    assert "Point 0." in html
    assert 'id="cell-b1-zh"' in html
    assert "no-store" in client.get(brief_url(brief, "review")).headers["Cache-Control"]


def test_without_a_role_it_is_closed(client: Client, team: Team, brief: Brief) -> None:
    assert sign_in(client, team.outsider).get(brief_url(brief, "review")).status_code == 403
    assert client.post(brief_url(brief, "review"), {"do": "fine:b1:zh"}).status_code == 403


def test_fine_is_kept_and_taken_back(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.reviewer)
    response = do(client, brief, "fine:b1:zh")
    assert response.status_code == 302
    assert response["Location"].endswith("#b1")
    assert Look.objects.filter(person=team.reviewer, place="b1", side="zh").exists()
    assert "unfine:b1:zh" in page(client, brief)
    do(client, brief, "unfine:b1:zh")
    assert not Look.objects.exists()


def test_a_note_hangs_on_its_bullet_and_side(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.reviewer)
    do(client, brief, "note:b2:en", **{"note-b2-en": "Too long."})
    note = Note.objects.get()
    assert (note.bullet, note.side, note.text) == (2, "en", "Too long.")
    do(client, brief, f"reply:{note.pk}", **{f"reply-{note.pk}": "Shorter now."})
    html = page(client, brief)
    assert (
        html.index('id="b2"') < html.index("Too long.") < html.index("Shorter now.") < html.index('id="b3"')
    )
    do(client, brief, f"resolve:{note.pk}")
    do(client, brief, f"reopen:{note.pk}")
    note.refresh_from_db()
    assert note.resolved_at is None


def test_an_empty_note_is_refused_and_what_else_was_typed_stays(
    client: Client, team: Team, brief: Brief
) -> None:
    sign_in(client, team.reviewer)
    response = do(client, brief, "note:b2:en", **{"note-b1-zh": "還沒送出", "suggest-b1-zh": "另一種說法"})
    assert response.status_code == 409
    form = Form(response.content.decode(), id="review")
    assert form.data["note-b1-zh"] == ["還沒送出"]
    assert form.data["suggest-b1-zh"] == ["另一種說法"]
    assert not Note.objects.exists()


def test_a_suggestion_is_taken_with_one_click(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.reviewer)
    do(client, brief, "suggest:b1:en", **{"suggest-b1-en": "A better point.", "why-b1-en": "Plainer."})
    asked = Suggestion.objects.get()
    assert (asked.was, asked.text, asked.why, asked.bullet) == ("Point 0.", "A better point.", "Plainer.", 1)
    html = page(sign_in(client, team.writer), brief)
    assert "Plainer." in html
    assert "<ins>A better point</ins>" in html  # what it would put in
    assert f"accept:{asked.pk}" in html
    assert do(client, brief, f"accept:{asked.pk}")["Location"].endswith("#b1")
    assert workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).bullets[0].text_en == "A better point."


def test_a_suggestion_for_a_text_not_seen_is_refused(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.reviewer)
    form = Form(page(client, brief), id="review").data_with(**{"suggest-b1-en": "A better point."})
    content = workflow.load_working_copy(Brief.objects.get(pk=brief.pk))
    edit(
        brief,
        team.writer,
        bullets=TextAnchor("bullet", 1).replace_text(content, "en", "Other words.").bullets,
    )
    response = client.post(brief_url(brief, "review"), {**form, "do": "suggest:b1:en"})
    assert response.status_code == 409
    assert "A better point." in response.content.decode()
    assert not Suggestion.objects.exists()


def test_what_changed_since_my_answer_is_marked_by_character(
    client: Client, team: Team, brief: Brief
) -> None:
    sign_off(brief, team.reviewer, "zh")
    edit(brief, team.writer, summary_zh="摘述。")
    html = page(sign_in(client, team.reviewer), brief)
    assert "摘<del>要</del><ins>述</ins>。" in html
    assert "<del>" not in page(client, brief, "?since=nothing").partition('id="summary"')[2]


def test_what_changed_since_the_edition_is_marked(client: Client, team: Team, brief: Brief) -> None:
    sign_off(brief, team.reviewer)
    approve(brief, team.publisher)
    workflow.revise(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    edit(brief, team.writer, summary_zh="摘述。")
    html = page(sign_in(client, team.other_publisher), brief)
    assert "摘<del>要</del><ins>述</ins>。" in html


def test_the_answer_at_the_end_is_bound_to_what_was_shown(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.reviewer)
    form = Form(page(client, brief), id="review").data_with()
    edit(brief, team.writer, summary_zh="摘述。")
    response = client.post(brief_url(brief, "sign_off_zh"), form)
    assert response.status_code == 409
    assert (
        "摘<del>要</del><ins>述</ins>。" in response.content.decode()
    )  # what changed since the page was shown
    assert not SignOff.objects.exists()
    response = client.post(brief_url(brief, "sign_off_en"), form)
    assert response.status_code == 302
    assert SignOff.objects.get().hash == workflow.load_working_copy(brief).hash_side("en")


def test_what_is_not_of_this_brief_is_not_found(client: Client, team: Team, brief: Brief) -> None:
    other = submitted_brief(team)
    note = workflow.add_note(other, "Elsewhere.", by=team.reviewer)
    asked = workflow.suggest(
        other, TextAnchor("headline"), "en", "Else", by=team.reviewer, seen=hash_json("A Headline")
    )
    sign_in(client, team.reviewer)
    for order in (f"reply:{note.pk}", f"resolve:{note.pk}", f"accept:{asked.pk}", "fine:b99:zh", "note:x:zh"):
        assert do(client, brief, order).status_code == 404, order
    for order in ("", "approve", "delete:b1", "fine:b1:fr"):
        assert do(client, brief, order).status_code in (400, 409), order


def test_a_long_brief_costs_no_more_queries(
    client: Client, team: Team, django_assert_max_num_queries: Any
) -> None:
    from ...support.factories import content

    long = content(bullets=tuple(content().bullets) * 20)
    brief = submitted_brief(team, long)
    sign_in(client, team.reviewer)
    page(client, brief)
    with django_assert_max_num_queries(30):
        page(client, brief)


def test_progress_counts_pairs_of_the_languages_that_one_is_asked_for(
    client: Client, team: Team, brief: Brief
) -> None:
    workflow.assign_reviewer(brief, "zh", team.reviewer, by=team.writer)
    sign_in(client, team.reviewer)
    assert "0 of 5 pairs seen" in page(client, brief)
    do(client, brief, "fine:b1:zh")
    assert "1 of 5 pairs seen" in page(client, brief)
    sign_in(client, team.reviewer_en)  # the Chinese is another's, so the English is left
    assert "You review: English" in page(client, brief)


def test_notes_hang_on_the_summary_and_on_the_whole_brief(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.reviewer)
    do(client, brief, "note:summary:zh", **{"note-summary-zh": "太長。"})
    do(client, brief, "note:brief:", **{"note-brief-": "Check the source."})
    summary, whole = Note.objects.order_by("id")
    assert (summary.field, summary.side, whole.field, whole.side) == ("summary", "zh", "", "")
    html = page(client, brief)
    assert html.index('id="summary"') < html.index("太長。") < html.index('id="b1"')
    assert html.index('id="notes"') < html.index("Check the source.")
    assert do(client, brief, "note:b1:zh", **{"note-b1-zh": "a\x00b"}).status_code == 409
    assert do(client, brief, f"reply:{whole.pk}", **{f"reply-{whole.pk}": "a\x00b"}).status_code == 409


def test_a_bullet_that_was_removed_or_moved_is_told(client: Client, team: Team, brief: Brief) -> None:
    sign_off(brief, team.reviewer, "zh")
    one, two, three = workflow.load_working_copy(brief).bullets
    edit(brief, team.writer, bullets=(three, one))
    html = page(sign_in(client, team.reviewer), brief)
    assert f">{two.text_en}</del>" in html.partition('id="notes"')[2]
    assert "was 3" in html


def test_the_card_is_written_by_publishers_and_leaves_an_event(
    client: Client, team: Team, brief: Brief
) -> None:
    assert "Edit the card" not in page(sign_in(client, team.reviewer), brief)
    assert "Edit the card" in page(sign_in(client, team.publisher), brief)
    address = "/admin/briefs/sitetext/add/?key=review-card"
    form = Form(client.get(address).content.decode(), id="sitetext_form")
    assert "Negation" in form.data["text_en"][0]
    assert "否定" in form.data["text_zh"][0]
    assert client.post(address, form.data_with(text_en="Only this.", text_zh="只看這個。")).status_code == 302
    assert Event.objects.get(verb="edit_site").about == "sitetext/review-card"
    html = page(sign_in(client, team.reviewer, "zh-hant"), brief)
    assert "只看這個。" in html
    assert "否定：" not in html


def test_the_timeline_says_what_each_did_and_in_which_language(
    client: Client, team: Team, brief: Brief
) -> None:
    note = workflow.add_note(brief, "Which?", by=team.reviewer, bullet=1, side="zh")
    for text in ("Better", "Best"):
        asked = workflow.suggest(
            brief, TextAnchor("headline"), "en", text, by=team.reviewer, seen=hash_json("A Headline")
        )
    workflow.decline(asked, by=team.writer)
    sign_off(brief, team.reviewer, "zh")

    def told(language: str) -> list[tuple[str, str]]:
        days = sign_in(client, team.writer, language).get(brief_url(brief, "timeline")).context["days"]
        return [(entry.what, entry.link_text) for day in days for entry in day.entries]

    english = told("en")
    assert [line for line in english if line[1]] == [
        ("declined the suggestion", "Headline · English"),
        ("suggested a wording", "Headline · English"),
        ("suggested a wording", "Headline · English"),
        ("added a note", f"#b{note.bullet} · Chinese"),
        ("saved once", "r1"),
    ]
    plain = [what for what, place in english if not place]
    assert plain[:2] == ["signed off the Chinese", "submitted for review"]
    assert ("新增審稿意見", "#b1 · 中文") in told("zh-hant")


def test_whatever_happens_has_its_words() -> None:
    assert PAST_TENSE_LABELS.keys() == VERB_NAMES.keys()
