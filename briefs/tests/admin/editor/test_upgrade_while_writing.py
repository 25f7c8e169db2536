"""Test a deploy while a brief is open: forms from the old page must not empty fields that they lack."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client

from briefs.admin.editor.draft_form import CHECKBOX_FIELDS, FORM_FIELDS, ROW_TYPES
from briefs.content import Byline, Content
from briefs.facts import SCALAR_FACTS
from briefs.models import Author, Brief, Keyword, Revision, Source
from briefs.tests.support import corpus_fixtures, factories
from briefs.tests.support.factories import Team, load_content
from briefs.tests.support.form_client import Form, brief_url, get_brief_form, get_verb_form, sign_in
from briefs.tests.workflow.test_cover import upload_picture, with_picture

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

ACTIONS = ("change", "autosave", "submit", "share")
"""Every kind of request that reads the whole form: save, autosave, verb, linked page."""


def brief_with_every_field(team: Team) -> Brief:
    """Return a brief with a value in every field of the form."""
    content = with_picture(upload_picture(team), focus="20,30")
    author = Author.make(name="Jane Doe", family="Doe", given="Jane")
    scalars = {name: factories.valid_fact(name) for name in SCALAR_FACTS}
    facts = replace(content.facts, authors=(Byline(author.pk, "新美國安全中心", "CNAS"),), **scalars)
    levels = {"level_zh": 1, "marker_zh": "number", "level_en": 1, "marker_en": "number"}
    first = replace(content.bullets[0], passage="A passage", **levels)
    one_sided = replace(content.bullets[1], text_en="", one_sided="Only for readers here")
    bullets = (first, one_sided, *content.bullets[2:])
    text = replace(content, **factories.change_note(), facts=facts, bullets=bullets)
    return factories.edit(factories.draft_brief(team, text), team.writer, key_point=1)


CELLS = [
    (group, name)
    for group, kind in ROW_TYPES.items()
    for name in kind.__dataclass_fields__
    if name not in ("key", "deleted")
]


def without_fields(data: dict[str, list[str]], *missing: str) -> dict[str, list[str]]:
    """Return the form data without these fields, in the form and in every row."""
    return {name: value for name, value in data.items() if name.partition("-")[0] not in missing}


def differs_from(brief: Brief, before: Content, **typed: Any) -> bool:
    return load_content(brief) != replace(before, **typed)


def test_sample_brief_fills_every_field_of_the_form(writer_client: Client, team: Team) -> None:
    """The other tests prove nothing about a field that is empty from the start."""
    data = get_brief_form(writer_client, brief_with_every_field(team)).data
    blank = [name for name in FORM_FIELDS if not data.get(name, [""])[0]]
    assert blank == ["source_new"]
    for group, name in CELLS:
        assert data[group]
        assert any(data[f"{name}-{key}"][0] for key in data[group]), name


def test_old_page_keeps_values_of_missing_fields(writer_client: Client, team: Team) -> None:
    """Leave out every fifth field in turn, by save and autosave; other changes are stored."""
    brief = brief_with_every_field(team)
    row_counts = [kind.objects.count() for kind in (Source, Author, Keyword)]
    fields = [name for name in FORM_FIELDS if name not in CHECKBOX_FIELDS]
    fields = [*fields, *{name for _, name in CELLS}][::5]
    failures = []
    for n, field in enumerate(fields):
        before = load_content(brief)
        typed = f"summary_{'zh' if field == 'summary_en' else 'en'}"
        data = without_fields(get_brief_form(writer_client, brief).data_with(**{typed: f"Typed {n}"}), field)
        answer = writer_client.post(brief_url(brief, ACTIONS[n % 2]), data)
        if answer.status_code not in (200, 302) or differs_from(brief, before, **{typed: f"Typed {n}"}):
            failures.append((field, answer.status_code))
    assert failures == []
    assert Revision.objects.filter(brief=brief).count() == 2 + len(fields)
    assert [kind.objects.count() for kind in (Source, Author, Keyword)] == row_counts, (
        "a name was added to the vocabulary"
    )


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_accepts_old_page_and_keeps_missing_fields(
    writer_client: Client, team: Team, action: str
) -> None:
    brief = brief_with_every_field(team)
    before = load_content(brief)
    typed = get_brief_form(writer_client, brief).data_with(headline_en="Typed before the deploy")
    missing = (
        "picture",
        "picture_x",
        "picture_alt_en",
        "archive_url",
        "passage",
        "affiliation_en",
        "one_sided",
    )
    answer = writer_client.post(brief_url(brief, action), without_fields(typed, *missing))
    assert answer.status_code in (200, 302, 409), answer.text[:300]
    assert not differs_from(brief, before, headline_en="Typed before the deploy")


def test_refused_old_page_is_returned_with_all_stored_values(writer_client: Client, team: Team) -> None:
    """The error page has the new fields and must fill them from the stored brief, or its next save would empty them."""
    brief = brief_with_every_field(team)
    before = load_content(brief)
    typed = get_brief_form(writer_client, brief).data_with(headline_en="Typed", summary_en="Ctrl \x01 in it")
    answer = writer_client.post(
        brief_url(brief), without_fields(typed, "archive_url", "passage", "picture_alt_zh")
    )
    assert answer.status_code == 409
    form = Form(answer.text)
    assert form.data["headline_en"] == ["Typed"]
    assert writer_client.post(brief_url(brief), form.data_with(summary_en="Mended")).status_code == 302
    assert not differs_from(brief, before, headline_en="Typed", summary_en="Mended")


def test_old_page_keeps_other_writers_change_in_missing_field(writer_client: Client, team: Team) -> None:
    brief = brief_with_every_field(team)
    form = get_brief_form(writer_client, brief)
    facts = replace(load_content(brief).facts, archive_url="https://archive.example.org/theirs")
    factories.edit(brief, team.other_writer, facts=facts, picture_alt_en="Theirs")
    between = load_content(brief)
    data = without_fields(
        form.data_with(headline_en="Typed before the deploy"), "archive_url", "picture_alt_en"
    )
    assert writer_client.post(brief_url(brief), data).status_code == 302
    assert not differs_from(brief, between, headline_en="Typed before the deploy")


def test_field_sent_empty_is_emptied(writer_client: Client, team: Team) -> None:
    """A field sent empty was emptied by the writer; a field not sent keeps its value."""
    brief = brief_with_every_field(team)
    data = get_brief_form(writer_client, brief).data_with(archive_url="", picture_alt_en="", passage__b1="")
    assert writer_client.post(brief_url(brief), data).status_code == 302
    content = load_content(brief)
    assert (content.facts.archive_url, content.picture_alt_en, content.bullets[0].passage) == ("", "", "")


@pytest.mark.parametrize("missing", ["seen", "version"])
def test_old_approval_page_is_refused_only_without_seen_hash(
    client: Client, team: Team, missing: str
) -> None:
    """The hash of the seen text is required; other fields may be missing."""
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    data = without_fields(get_verb_form(client, brief, "approve").data, missing)
    answer = client.post(brief_url(brief, "approve"), data)
    state = Brief.objects.get(pk=brief.pk).state
    assert (answer.status_code, state) == ((302, "in_review") if missing == "seen" else (302, "approved"))


def test_collectstatic_keeps_the_hashed_scripts_of_old_pages(tmp_path: Path, settings: Any) -> None:
    """A file name contains the hash of its content and imports; a deploy adds files and deletes none."""
    source, root = tmp_path / "source", tmp_path / "root"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [source], root
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "digest.static.HashedStaticFilesStorage"}
    }
    pages = []
    for text in ("before", "after"):
        source.mkdir(exist_ok=True)
        (source / "editor.js").write_text('import { say } from "./words.js";\nsay();\n')
        (source / "words.js").write_text(f'export const say = () => "{text}";\n')
        call_command("collectstatic", interactive=False, verbosity=0)
        pages.append([staticfiles_storage.stored_name(name) for name in ("editor.js", "words.js")])
    assert not {*pages[0]} & {*pages[1]}
    for (editor_name, words_name), text in zip(pages, ("before", "after"), strict=True):
        assert words_name in (root / editor_name).read_text()
        assert text in (root / words_name).read_text()
