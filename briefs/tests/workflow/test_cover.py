"""The cover as content: hashes, revisions and editions, validation, completeness before submission."""

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest
from django.utils import translation

from briefs import images, workflow
from briefs.content import Bullet, Byline, Content, Facts, Picture, hash_json
from briefs.models import Brief, Revision
from briefs.models import Picture as PictureRow
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.picture_samples import photo

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


WITHOUT_COVER = Content(
    "標題", "A Headline", "摘要。", "A summary.",
    (Bullet(1, "甲", "A", 1, 0, "number", "bullet", "p. 3"), Bullet(4, "乙", "", one_sided="只有中文")),
    Facts(
        source=7, authors=(Byline(3, "研究員", "Fellow"),), keywords=(2, 1), date="2025-06", date_label="May/June 2025", title="T",
        url="https://example.org/a", embargo_until="2030-01-02T03:04:00+00:00", source_withdrew=True,
    ),
)  # fmt: skip


def upload_picture(team: Team, seed: int = 0, size: tuple[int, int] = (320, 200)) -> PictureRow:
    return workflow.editing.store_picture(photo(size, seed=seed), by=team.writer)


def with_picture(row: PictureRow, text: Content | None = None, **values: object) -> Content:
    text = text or factories.content()
    picture = replace(Picture(row.key, 0, 0, "Central News Agency", "CC BY 4.0"), **values)
    return replace(
        text, facts=replace(text.facts, picture=picture), picture_alt_zh="港口", picture_alt_en="A port"
    )


# Hashes


def test_content_without_picture_keeps_its_old_hashes() -> None:
    assert WITHOUT_COVER.hash_all() == "4bf51cd4b3571b23ea3da52ca9b6575f278b3271e0b55fe6495e835d77ee17a9"
    stored = hash_json(WITHOUT_COVER.as_json())
    assert stored == "0bc2491ce4f80713f8d8d952287c8f55060e737c3622c782ec70aa7650bb95bc"


# Saving, submitting and approving


def test_save_stores_picture_with_its_real_size_in_brief_and_revision() -> None:
    team = Team()
    row = upload_picture(team, size=(1000, 600))
    content = with_picture(row, focus="12,88", width=5, height=5)
    brief = Brief.objects.get(pk=factories.draft_brief(team, content).pk)
    stored = workflow.load_working_copy(brief)
    assert stored.facts.picture == Picture(row.key, 1000, 600, "Central News Agency", "CC BY 4.0", "12,88")
    assert (stored.picture_alt_zh, stored.picture_alt_en) == ("港口", "A port")
    assert Content.from_json(Revision.objects.get().content) == stored
    brief = factories.edit(brief, team.writer, facts=replace(stored.facts, picture=None))
    without_cover = workflow.load_working_copy(brief)
    assert (without_cover.facts.picture, without_cover.picture_alt_zh, brief.picture_credit) == (None, "", "")
    last = Revision.objects.latest("number")
    assert (last.changed_zh, last.changed_en, last.changed_facts) == (True, True, True)


def test_unknown_picture_and_invalid_values_are_refused_by_field() -> None:
    team = Team()
    row = upload_picture(team)
    invalid = replace(with_picture(row, credit="c" * 201, licence="l\x00"), picture_alt_en="a" * 1001)
    too_long = {("too-long", "picture_alt_en"), ("too-long", "picture"), ("control-character", "picture")}
    unknown = {("unknown-picture", "picture")}
    wrong_focus = [
        (with_picture(row, focus=focus), unknown) for focus in ("101,0", "1", "-1,5", "٣,٣", "05,5")
    ]
    for content, expected in ((with_picture(row, key="b" * 64), unknown), (invalid, too_long), *wrong_focus):
        with pytest.raises(workflow.Refused) as refusal:
            factories.draft_brief(team, content)
        assert {(r.code, r.about) for r in refusal.value.reasons} == expected, content.facts.picture


def test_incomplete_cover_can_be_saved_but_not_submitted() -> None:
    team = Team()
    cover = with_picture(upload_picture(team))
    for picture, values, expected in (
        ({}, {"picture_alt_zh": "", "picture_alt_en": "…"}, "Describe the picture in both languages."),
        ({"credit": ""}, {}, "Say whose picture it is."),
        ({"licence": " "}, {}, "Say under which licence the picture may be shown."),
    ):
        facts = replace(cover.facts, picture=replace(cover.facts.picture, **picture))  # type: ignore[type-var,arg-type]
        brief = factories.draft_brief(team, replace(cover, facts=facts, **values))  # type: ignore[arg-type]
        with pytest.raises(workflow.Refused) as refusal:
            workflow.submit(brief, by=team.writer, version=brief.version)
        assert [(str(r), r.about) for r in refusal.value.reasons] == [(expected, "picture")]


# Stored rows and files


def test_same_picture_uploaded_twice_is_stored_once_and_restores_lost_files() -> None:
    team = Team()
    data = photo((320, 200), seed=5)
    row = workflow.editing.store_picture(data, by=team.writer)
    with patch.object(images, "clean", side_effect=AssertionError):
        assert workflow.editing.store_picture(data, by=team.reviewer) == row
    assert PictureRow.objects.get().by == team.writer
    name = images.picture_file_name(row.key, 320, "jpg")
    original = images.read(name)
    images.default_storage.delete(f"pictures/{name}")
    workflow.editing.store_picture(data, by=team.writer)
    assert images.read(name) == original
    with pytest.raises(workflow.Refused):
        workflow.editing.store_picture(data, by=team.outsider)


def test_two_simultaneous_uploads_of_one_picture_make_one_row() -> None:
    team = Team()
    data = photo((320, 200), seed=8)
    original_write = images.write

    def write_during_another_upload(cleaned: images.CleanedPicture) -> None:
        original_write(cleaned)
        with patch.object(images, "write", original_write):
            workflow.editing.store_picture(data, by=team.reviewer)

    with patch.object(images, "write", write_during_another_upload):
        row = workflow.editing.store_picture(data, by=team.writer)
    assert PictureRow.objects.get() == row
    assert row.by == team.reviewer


def test_discarding_a_revision_restores_the_published_picture() -> None:
    team = Team()
    brief = factories.live_brief(team, with_picture(upload_picture(team)))
    published = factories.load_content(brief)
    workflow.revise(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    row = factories.edit(brief, team.writer, facts=replace(published.facts, picture=None))
    workflow.discard(row, by=team.writer, version=row.version)
    assert factories.load_content(brief) == published
