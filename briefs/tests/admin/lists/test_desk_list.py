"""The one list: no page of the desk is drawn by the stock admin, and a list of any length costs the same."""

import re
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group
from django.test import Client

from briefs.models import Keyword, Person, Term
from briefs.tests.support import factories
from briefs.tests.support.form_client import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
STOCK_CLASSES = {"module", "submit-row", "object-tools", "changelist-filter", "inline-group"}


def list_desk_lists() -> list[str]:
    """Return the addresses of all lists below `/admin/`."""
    return sorted(f"{model._meta.app_label}/{model._meta.model_name}/" for model in site._registry)


@pytest.fixture
def root(client: Client, team: factories.Team) -> Person:
    person: Any = Person.objects.create_superuser("root", password="pw", is_staff=True)
    person.language = "en"
    person.save()
    sign_in(client, person)
    return person


def test_no_desk_page_has_classes_of_the_stock_admin(
    client: Client, team: factories.Team, root: Person
) -> None:
    brief = factories.live_brief(team)
    rows = {
        "keyword": Keyword.make(label_zh="嚇阻"),
        "term": Term.make(zh="灰犀牛", en="gray rhino"),
        "person": root,
    }
    pages = ["", "briefs/", "password_change/", "inbox/", "status/", "find/", "mail/", *list_desk_lists()]
    pages += [f"briefs/{name}/add/" for name in ("keyword", "term", "author", "source", "person", "brief")]
    pages += [
        f"briefs/{name}/{row.pk}/{page}/" for name, row in rows.items() for page in ("change", "history")
    ]
    pages += [
        f"briefs/person/{root.pk}/password/",
        f"briefs/brief/{brief.pk}/change/",
        "briefs/sitetext/about/change/",
        f"auth/group/{Group.objects.order_by('pk')[0].pk}/change/",
    ]
    for page in pages:
        response = client.get(f"/admin/{page}")
        assert response.status_code == 200, page
        html = response.content.decode()
        names = {name for value in re.findall(r'\b(?:class|id)="([^"]*)"', html) for name in value.split()}
        assert not names & STOCK_CLASSES, page


def test_filter_takes_several_values_and_an_unknown_one_lists_nothing(
    client: Client, team: factories.Team, root: Person
) -> None:
    for kind in ("topic", "region", "security"):
        Keyword.make(label_zh=kind, label_en=kind, kind=kind)

    def listed(query: str) -> set[str]:
        return {
            row.label_en for row in client.get(f"/admin/briefs/keyword/?{query}").context["cl"].result_list
        }

    assert listed("kind=topic&kind=region") == {"topic", "region"}
    assert listed("kind=nothing") == set()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        *(
            ("keyword/?kind=topic", 200),
            ("keyword/?listed__exact=0", 200),
            ("person/?groups__id__exact=1", 200),
        ),
        *(("keyword/?kind__startswith=t", 400), ("keyword/?slug=x", 400), ("keyword/?listed__in=0,1", 400)),
        *(("person/?groups__permissions=1", 400), ("person/?password__startswith=p", 400)),
        *(("signinevent/?person__email=x", 400), ("issue/?state__contains=a", 400)),
        ("keyword/?listed__exact=maybe", 302),
    ],
)
def test_address_compares_only_the_columns_of_filters(
    client: Client, team: factories.Team, root: Person, query: str, status: int
) -> None:
    assert client.get(f"/admin/briefs/{query}").status_code == status


def test_button_of_filters_names_what_a_yes_or_no_is_about(
    client: Client, team: factories.Team, root: Person
) -> None:
    Keyword.make(label_zh="嚇阻", kind="topic")
    page = client.get("/admin/briefs/keyword/?listed__exact=0&kind=topic&missing=en").content.decode()
    assert "Filter: <b>No English label, Listed: No, topic</b>" in page


def test_term_is_found_by_a_rendering_to_avoid(client: Client, team: factories.Team, root: Person) -> None:
    Term.make(zh="灰色地帶", en="gray zone", avoid_zh=["灰色區域"])
    Term.make(zh="嚇阻", en="deterrence")
    response = client.get("/admin/briefs/term/?q=灰色區")
    assert [row.en for row in response.context["cl"].result_list] == ["gray zone"]


def test_searched_words_are_marked_in_passages_of_the_row(
    client: Client, team: factories.Team, root: Person
) -> None:
    factories.draft_brief(team, factories.content(summary_zh="電纜的修復能力是最脆弱的一環。"))
    page = client.get("/admin/briefs/brief/?q=修復").content.decode()
    assert "的<mark>修復</mark>能力" in page
