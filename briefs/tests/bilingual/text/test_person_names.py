"""The order of a person's name, and its family and given name."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from briefs.bilingual.text.person_names import divide_person_name
from briefs.content import Byline
from briefs.derived.page_names import PageNames
from briefs.models import Author
from briefs.tests.bilingual.checks.finding_messages import read_rows
from briefs.tests.support import factories

NAMES = read_rows(Path(__file__).with_name("person_names.tsv"))


def test_names_are_divided_or_asked_about() -> None:
    divided = [[name, own, "|".join(divide_person_name(name, own))] for name, own, _ in NAMES]
    assert divided == NAMES


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"name_order": "family-first"}, ("Kim", "Song", "")),
        ({"name_order": "given-first"}, ("Song", "Kim", "")),
        ({"name_order": "undivided"}, ("", "", "")),
        ({"name_order": "unknown"}, ("", "", "unknown")),
        ({"name_order": "unknown", "family": "Kim", "given": "Song"}, ("Kim", "Song", "")),
        ({"name_order": "unknown", "name_zh": "金松", "name_zh_kind": "own"}, ("Kim", "Song", "")),
    ],
)
def test_editor_answers_the_question_of_the_order(
    client: Client, team: factories.Team, typed: dict[str, str], expected: tuple[str, str, str]
) -> None:
    row = Author.make(name="Kim Song", name_order="unknown")
    client.force_login(team.writer)
    address = reverse("admin:briefs_author_change", args=[row.pk])
    seen = client.get(address).context["adminform"].form.initial["seen"]
    values = {"name": row.name, "family": "", "given": "", "name_zh": "", "name_zh_kind": "", "seen": seen}
    assert client.post(address, values | typed).status_code == 302
    row.refresh_from_db()
    assert (row.family, row.given, row.name_order) == expected


@pytest.mark.django_db
def test_unknown_order_is_part_of_what_an_approver_saw() -> None:
    row = Author.make(name="Kim Song", name_order="unknown")
    content = factories.content(facts=factories.facts(authors=(Byline(row.pk),)))
    before = PageNames.load(content)
    Author.objects.update(name_order="")
    after = PageNames.load(content)
    assert before.hash_with(content) != after.hash_with(content)
    (change,) = after.find_changes_since(before)
    assert change.before != change.after == "Kim Song"


@pytest.mark.django_db
def test_desk_asks_until_the_order_is_known(client: Client, team: factories.Team) -> None:
    row = Author.make(name="Kim Song", name_order="unknown")
    content = factories.content(facts=factories.facts(authors=(Byline(row.pk),)))
    brief = factories.draft_brief(team, content)
    client.force_login(team.writer)
    address = f"/admin/briefs/brief/{brief.pk}/change/?findings=1"
    page = client.get(address).content.decode()
    assert "Kim Song：姓氏在前還是在後？" in page
    assert f"/admin/briefs/author/{row.pk}/change/" in page
    Author.objects.update(family="Kim", given="Song")
    assert "Kim Song：姓氏" not in client.get(address).content.decode()
