"""Rows derived from editions: built in bulk, reported when stale, rebuilt when a name changes."""

import re
from html import escape

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from briefs.bilingual import rendering
from briefs.bilingual.rendering import views
from briefs.content import SIDES, Bullet, Byline, Content, Facts, Marker
from briefs.derived.build import find_stale_edition_ids, rebuild_derived_rows
from briefs.models.derived import EditionAuthor, EditionKeyword, EditionPlace, SearchEntry
from briefs.models.vocabulary import Author, Keyword
from briefs.tests.support.corpus_fixtures import DAY, get_or_make, load_sample, numbered_content, publish

pytestmark = pytest.mark.django_db


def test_rebuilding_many_editions_takes_as_many_queries_as_one() -> None:
    editions = [publish(numbered_content(n), f"s{n}", derived=False) for n in range(40)]
    with CaptureQueriesContext(connection) as queries_for_one:
        rebuild_derived_rows(editions[:1])
    with CaptureQueriesContext(connection) as queries_for_many:
        rebuild_derived_rows(editions[1:])
    assert len(queries_for_one) == len(queries_for_many)
    assert EditionPlace.objects.count() == 40
    assert list(find_stale_edition_ids()) == []


DAMAGE = {
    "no place": lambda pk: EditionPlace.objects.filter(edition=pk).delete(),
    "a place of another source": lambda pk: EditionPlace.objects.filter(edition=pk).update(source=None),
    "a place of another month": lambda pk: EditionPlace.objects.filter(edition=pk).update(article_month=202507),
    "no place in the search index": lambda pk: SearchEntry.objects.filter(edition=pk).delete(),
    "a place of another analyser": lambda pk: SearchEntry.objects.filter(edition=pk).update(version="0"),
    "another picture": lambda pk: EditionPlace.objects.filter(edition=pk).update(picture="b" * 64),
    "no author": lambda pk: EditionAuthor.objects.filter(edition=pk).delete(),
    "a keyword too many": lambda pk: EditionKeyword.objects.create(edition_id=pk, keyword=get_or_make(Keyword, label_zh="多"), position=9, published_at=DAY),
}  # fmt: skip


def test_damaged_derived_row_is_reported_and_rebuilt(capsys: pytest.CaptureFixture[str]) -> None:
    edition = publish(load_sample())
    publish(numbered_content(1), "other")
    call_command("rebuild_derived", check=True)
    for name, damage in DAMAGE.items():
        damage(edition.pk)
        assert list(find_stale_edition_ids()) == [edition.pk], name
        with pytest.raises(CommandError, match="1 of 2 editions") as error:
            call_command("rebuild_derived", check=True)
        assert error.value.returncode == 1
        assert list(find_stale_edition_ids()) == [edition.pk], "--check must not rebuild"
        call_command("rebuild_derived")
        assert "1 edition rebuilt" in capsys.readouterr().out
        assert list(find_stale_edition_ids()) == [], name


def test_circular_merge_does_not_hang_publication() -> None:
    a, b = Author.make(name="A"), Author.make(name="B")
    a.merged_into, b.merged_into = b, a
    a.save()
    b.save()
    publish(numbered_content(1, facts=Facts(authors=(Byline(a.pk),), date="2025")), "s")


@pytest.mark.parametrize("levels", [(0, 0, 0), (0, 2, 1), (2, 0, 1), (0, 1, 2, 1, 0, 2), (2, 1, 0)])
def test_any_sequence_of_levels_renders_well_nested_lists(levels: tuple[int, ...]) -> None:
    marks = [("bullet", "number")[n % 2] for n in range(len(levels))]
    bullets = tuple(
        Bullet(n, f"zh{n}", f"en{n}", level, level, mark, mark)  # type: ignore[arg-type]
        for n, (level, mark) in enumerate(zip(levels, marks, strict=True), start=1)
    )
    content = Content("h", "h", "s", "s", bullets)
    from briefs.tests.public.test_pages import Tree

    for view in rendering.READING_VIEWS:
        for language in SIDES:
            tree = Tree(rendering.render_fragment(content, view, language, "slug"))
            assert [i for i in tree.ids() if i.startswith("b")] == [f"b{b.number}" for b in bullets]
            for tag, _, path in tree.elements:
                assert tag != "li" or path.endswith(("ul", "ol"))
                assert tag not in ("ul", "ol") or not path.endswith(("ul", "ol"))


def test_numbers_of_the_text_continue_after_a_bullet_and_are_not_on_the_site() -> None:
    marks: list[tuple[int, Marker]] = [
        (0, "number"), (0, "bullet"), (0, "number"), (1, "number"), (0, "bullet"), (1, "number"),
    ]  # fmt: skip
    bullets = tuple(Bullet(n, f"z{n}", "", level, 0, mark) for n, (level, mark) in enumerate(marks, 1))
    content = Content("h", "h", "s", "s", bullets)
    positions, _ = views.nest_bullets(content, "zh")
    assert [position.ordinal for position in positions.values()] == [1, 0, 2, 1, 0, 1]
    assert "<ol" not in rendering.render_fragment(content, "zh", "zh", "slug")
    parallel = rendering.render_fragment(content, "parallel", "zh", "slug")
    assert re.findall(r'class="marker" aria-hidden="true">([^<]+)<', parallel) == [*"•••–•–"]


@pytest.mark.parametrize("view", rendering.READING_VIEWS)
def test_view_without_links_has_every_bullet_text(view: rendering.ReadingView) -> None:
    edition = publish(load_sample())
    html = rendering.render_fragment(edition.frozen_content, view, "zh", "slug")
    bare = rendering.render_fragment(edition.frozen_content, view, "zh", "slug", has_links=False)
    assert "href" in html
    assert "href" not in bare
    for bullet in edition.frozen_content.bullets:
        assert view == "en" or escape(bullet.text_zh) in bare
        assert view == "zh" or escape(bullet.text_en) in bare
