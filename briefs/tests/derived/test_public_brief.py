"""Names of contents as readers see them: current, merged, in order, in few queries."""

import pytest

from briefs.content import Byline, Content, Facts
from briefs.derived.public_brief import load_names
from briefs.models.vocabulary import Author, Keyword, Source

pytestmark = pytest.mark.django_db


def make_keywords(*labels: str) -> list[Keyword]:
    return [Keyword.make(label_en=label, label_zh=f"中{label}") for label in labels]


def test_names_follow_the_order_of_the_content_and_merged_rows_are_one() -> None:
    old, middle, new = make_keywords("Old", "Middle", "New")
    Keyword.objects.filter(pk=old.pk).update(merged_into=middle)
    Keyword.objects.filter(pk=middle.pk).update(merged_into=new)
    other = make_keywords("Other")[0]
    (names,) = load_names([Content(facts=Facts(keywords=(other.pk, old.pk, new.pk, 999_999)))])
    assert [(name.pk, name.label("en")) for name in names.keywords] == [(other.pk, "Other"), (new.pk, "New")]
    assert (names.source, names.authors) == (None, ())


def test_transliterated_name_is_shown_and_not_cited() -> None:
    own = Author.make(name="Liu He", name_zh="劉鶴", name_zh_kind=Author.ChineseName.OWN)
    other = Author.make(name="Ada Lin", name_zh="艾達", name_zh_kind=Author.ChineseName.TRANSLITERATION)
    source = Source.make(name="Review", kind="magazine")
    lines = (Byline(own.pk, "甲", "A"), Byline(other.pk))
    (names,) = load_names([Content(facts=Facts(source=source.pk, authors=lines))])
    assert [(name.zh, name.own, name.affiliation("en")) for name in names.authors] == [
        ("劉鶴", "劉鶴", "A"),
        ("艾達", "", ""),
    ]
    assert names.source is not None
    assert (names.source.zh, names.source.kind) == ("Review", "magazine")
