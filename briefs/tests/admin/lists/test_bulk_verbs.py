"""Bulk verbs on the brief list: each row is checked by its own version and rules, and answered separately."""

import datetime as dt
import io
import zipfile
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from briefs import workflow
from briefs.bilingual.documents.parser import read_document
from briefs.exchange.returned_table import read_table_file
from briefs.models import Brief, Event, State
from briefs.tests.support import factories
from briefs.tests.support.form_client import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
LIST_URL = "/admin/briefs/brief/"


def run_action(client: Client, action: str, *briefs: Brief, query: str = "", **more: Any) -> Any:
    data = {"action": action, "index": "0", "_selected_action": [brief.pk for brief in briefs]}
    data |= {f"version-{brief.pk}": brief.version for brief in briefs}
    return client.post(LIST_URL + query, data | more)


def states(*briefs: Brief) -> list[str]:
    return [Brief.objects.get(pk=brief.pk).state for brief in briefs]


def answers(response: Any) -> tuple[set[int], dict[int, str]]:
    done = {answer.brief.pk for answer in response.context["done"]}
    return done, {answer.brief.pk: " ".join(answer.reasons) for answer in response.context["refused"]}


def test_refused_row_does_not_stop_other_rows(writer_client: Client, team: factories.Team) -> None:
    ready, empty, live = (
        factories.draft_brief(team),
        factories.draft_brief(team, factories.content(headline_en="")),
        factories.live_brief(team),
    )
    changed = factories.draft_brief(team)
    factories.edit(changed, team.other_writer, summary_en="Newer.")  # edited since the list was shown
    response = run_action(writer_client, "submit_briefs", empty, changed, ready, live)
    done, refused = answers(response)
    assert done == {ready.pk}
    assert "English headline is empty" in refused[empty.pk]
    assert "other-writer saved a newer version" in refused[changed.pk]
    assert "now" in refused[live.pk]
    assert states(ready, empty, changed, live) == ["in_review", "draft", "draft", "approved"]
    page = response.content.decode()
    assert "1 of 4 briefs done." in page
    assert refused[changed.pk] in page.replace("&#x27;", "'")
    assert Event.objects.filter(verb="submit", brief=ready).count() == 1


def test_row_with_missing_or_forged_version_is_refused(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    for forged in ("", "x", "-1", "99999999999"):
        response = run_action(writer_client, "submit_briefs", brief, **{f"version-{brief.pk}": forged})
        assert brief.pk in answers(response)[1]
    assert states(brief) == ["draft"]


def test_action_sent_twice_is_done_once_and_answered_twice(
    writer_client: Client, team: factories.Team
) -> None:
    """The second time the row no longer matches the filter."""
    brief = factories.draft_brief(team)
    first, second = (
        answers(run_action(writer_client, "submit_briefs", brief, query="?state=draft")) for _ in range(2)
    )
    assert first[0] == {brief.pk}
    assert brief.pk in second[1]
    assert Event.objects.filter(verb="submit").count() == 1


def test_select_across_affects_only_selected_rows(
    writer_client: Client, team: factories.Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`select_across` would include all rows of the filter, also those that nobody has seen."""
    shown, unseen = factories.draft_brief(team), factories.draft_brief(team)
    run_action(writer_client, "submit_briefs", shown, select_across="1")
    assert states(shown, unseen) == ["in_review", "draft"]
    monkeypatch.setattr(admin.site._registry[Brief], "list_per_page", 1)
    assert 'class="question' not in writer_client.get(LIST_URL).content.decode()


def test_only_submitter_takes_back_brief(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    done, refused = answers(run_action(sign_in(client, team.other_writer), "take_back_briefs", brief))
    assert not done
    assert "Only the person who submitted it" in refused[brief.pk]
    assert answers(run_action(sign_in(client, team.writer), "take_back_briefs", brief))[0] == {brief.pk}
    assert states(brief) == [State.DRAFT]


def test_assign_to_me_keeps_due_date_and_refuses_stale_row(client: Client, team: factories.Team) -> None:
    due = dt.date(2030, 1, 2)
    planned = workflow.claim("https://example.org/a", by=team.writer, due_on=due)
    changed = factories.draft_brief(team)
    factories.edit(changed, team.writer, summary_en="Newer.")
    response = run_action(sign_in(client, team.other_writer), "assign_to_me", planned, changed)
    done, refused = answers(response)
    planned.refresh_from_db()
    assert done == {planned.pk}
    assert changed.pk in refused
    assert (planned.assigned_to, planned.due_on) == (team.other_writer, due)


def test_text_export_is_file_for_one_and_archive_for_several(client: Client, team: factories.Team) -> None:
    first, second = (
        factories.draft_brief(team),
        factories.draft_brief(team, factories.content(headline_zh="另一篇")),
    )
    sign_in(client, team.reviewer)
    response = run_action(client, "export_text", first)
    assert response.headers["Content-Type"].startswith("text/plain")
    assert "attachment" in response.headers["Content-Disposition"]
    assert "摘要。" in response.content.decode()
    archive = zipfile.ZipFile(io.BytesIO(run_action(client, "export_text", first, second).content))
    texts = [archive.read(name).decode() for name in archive.namelist()]
    assert len(texts) == 2
    assert any("另一篇" in text for text in texts)
    word = run_action(client, "export_word", first, second).content
    readings = read_document(word, "briefs.docx")
    assert [reading.parsed.title["zh"] for reading in readings] == ["標題", "另一篇"]
    archive = zipfile.ZipFile(io.BytesIO(run_action(client, "export_tables", first, second).content))
    assert [read_table_file(archive.read(name)).brief for name in archive.namelist()] == [first.pk, second.pk]


@pytest.mark.parametrize("forged", ["x", "1 OR 1=1", "９"])
def test_selection_that_is_not_an_id_is_refused(
    writer_client: Client, team: factories.Team, forged: str
) -> None:
    factories.draft_brief(team)
    response = writer_client.post(
        LIST_URL, {"action": "submit_briefs", "index": "0", "_selected_action": [forged]}
    )
    assert response.status_code == 400


def test_nonexistent_row_is_ignored(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    missing = Brief(pk=999_999, version=1)
    response = run_action(writer_client, "submit_briefs", missing, brief)
    assert answers(response) == ({brief.pk}, {})
