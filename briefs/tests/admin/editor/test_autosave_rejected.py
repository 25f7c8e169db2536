"""Test autosave with invalid input: rejected fields are reported and returned as typed, the rest is stored."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from briefs.content import Byline
from briefs.models import Author, Brief, Source
from briefs.tests.support import factories
from briefs.tests.support.factories import Team, load_content
from briefs.tests.support.form_client import get_brief_form

from .test_autosave import NEW_KEY, after_answer, autosave, brief, revision_count, with_bullet

__all__ = ["brief"]

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_autosave_reports_unknown_names_and_stores_the_rest(writer_client: Client, brief: Brief) -> None:
    Author.make(name="Vivek Chilukuri")
    typed = {"name-w1": "Vive", "source_new": "Foreign Aff", "headline_en": "Typed"}
    data = get_brief_form(writer_client, brief).data_with(**typed)
    answer = autosave(writer_client, brief, data)
    assert [reason["about"] for reason in answer["reasons"]] == ["source", "name-w1"]
    assert "“Vive” is not in the vocabulary yet." in answer["reasons"][1]["text"]
    assert load_content(brief).headline_en == "Typed"
    assert (Author.objects.count(), Source.objects.count()) == (1, 1)
    whole = {**after_answer(data, answer), "name-w1": ["Vivek Chilukuri"], "source_new": [""]}
    assert autosave(writer_client, brief, whole)["reasons"] == []
    assert load_content(brief).facts.authors == (Byline(Author.objects.get().pk),)


def test_autosave_of_half_typed_name_keeps_stored_author_and_keyword(
    writer_client: Client, team: Team
) -> None:
    author = Author.make(name="Vivek Chilukuri")
    facts = factories.facts(authors=(Byline(author.pk, "研究員"),))
    brief = factories.draft_brief(team, factories.content(facts=facts))
    typed = {f"name-a{author.pk}": "Vivek C", f"name-k{facts.keywords[0]}": "科"}
    answer = autosave(writer_client, brief, **typed)
    assert (answer["changed"], len(answer["reasons"])) == (False, 2)
    assert load_content(brief).facts == facts


INVALID_VALUES = {
    "headline_zh": "字" * 301, "summary_en": "a\x00b", "source": "999", "date": "2025-0", "title": "x" * 501, "url": "https:/",
    "access": "nonsense", "accessed_on": "June", "embargo_until": "soon",
}  # fmt: skip


def test_autosave_of_invalid_fields_keeps_stored_values(writer_client: Client, brief: Brief) -> None:
    before = load_content(brief)
    answer = autosave(writer_client, brief, **INVALID_VALUES, text_en__b1="Typed")
    assert {reason["about"]: bool(reason["text"]) for reason in answer["reasons"]} == dict.fromkeys(
        INVALID_VALUES, True
    )
    after = load_content(brief)
    assert after.bullets[0].text_en == "Typed"
    assert replace(after, bullets=before.bullets) == before


def test_autosave_rejects_cell_with_control_character(writer_client: Client, brief: Brief) -> None:
    data = get_brief_form(writer_client, brief).data_with(
        text_en__b1="typed \x07 words", text_zh__b1="好", headline_en="Typed"
    )
    data = with_bullet(data, NEW_KEY, text_zh="新\x07", text_en="New")
    answer = autosave(writer_client, brief, data)
    assert [reason["about"] for reason in answer["reasons"]] == ["b1", NEW_KEY]
    assert "U+0007" in answer["reasons"][0]["text"]
    content = load_content(brief)
    assert (content.bullets[0].text_zh, content.bullets[0].text_en) == ("好", "Point 0.")
    assert (content.bullets[-1].text_zh, content.bullets[-1].text_en) == ("", "New")
    assert content.headline_en == "Typed"


def test_merged_form_returns_rejected_values_as_typed(
    writer_client: Client, brief: Brief, team: Team
) -> None:
    form = get_brief_form(writer_client, brief)
    factories.edit(brief, team.other_writer, headline_zh="他們")
    data = form.data_with(name__w1="Half a na", date="2025-0", text_en__b1="typed \x07 words")
    state = autosave(writer_client, brief, with_bullet(data, NEW_KEY, text_zh="\x07新"))["content"]
    assert state["fields"]["headline_zh"] == "他們"
    assert state["fields"]["date"] == "2025-0"
    assert "Half a na" in [row["name"] for row in state["authors"]]
    rows = {row["key"]: row for row in state["bullets"]}
    assert rows["b1"]["text_en"] == "typed \x07 words"
    assert rows[NEW_KEY]["text_zh"] == "\x07新"


def test_rejected_field_changed_by_other_writer_is_a_conflict(
    writer_client: Client, brief: Brief, team: Team
) -> None:
    form = get_brief_form(writer_client, brief)
    factories.edit(brief, team.other_writer, facts=factories.facts(date="2025-06-10"))
    answer = autosave(writer_client, brief, form.data_with(date="2025-0"), 409)
    assert answer["clash"] is True
    assert revision_count(brief) == 2


@pytest.mark.parametrize(
    "data", [{"structure_zh__b1": "7-bullet"}, {"bullet": ["b1", "b77"], "text_zh__b77": "外"}]
)
def test_autosave_with_error_outside_a_field_is_refused(
    writer_client: Client, brief: Brief, data: dict[str, Any]
) -> None:
    answer = autosave(writer_client, brief, status=409, headline_en="Typed", **data)
    assert answer["clash"] is False
    assert answer["reasons"][0]["text"]
    assert revision_count(brief) == 1
