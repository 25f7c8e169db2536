"""Follow every link of a small site as a reader: none is broken, and every page is reached."""

import pytest

from briefs.models import Term
from briefs.tests.support import factories, issue_factories
from briefs.tests.support.corpus_fixtures import load_sample, publish
from briefs.tests.support.crawler import PublicResponse, fetch, links
from briefs.tests.support.route_registry import PUBLIC_ROUTES

pytestmark = pytest.mark.django_db

STARTS = ("/", "/sitemap.xml")
PAGES = {route for route in PUBLIC_ROUTES if route.startswith("<language:language>/") and route.endswith("/")}
WITHOUT_LINK = {"<language:language>/search/suggest/"}
"""What the script of the search field asks for."""


def crawl_links() -> list[PublicResponse]:
    """Return the answers of all addresses that links lead to. From a search, other searches are not followed."""
    pending, answers = list(STARTS), dict[str, PublicResponse]()
    while pending:
        address = pending.pop()
        if address not in answers and not address.startswith(("/admin/", "/static/")):
            answers[address] = answer = fetch(address)
            is_search = "/search/" in address
            pending += [link for link in links(answer) if not (is_search and "/search/" in link)]
    return list(answers.values())


def test_no_public_link_is_broken_and_every_page_has_one(team: factories.Team) -> None:
    Term.make(zh="新興市場", en="emerging markets")
    edition = publish(load_sample())
    corrected = factories.live_brief(team)
    factories.publish_revision(team, corrected, "corrected")
    issue_factories.published_issue(team, edition.brief, corrected)

    answers = crawl_links()

    assert [(answer.address, answer.status) for answer in answers if answer.status >= 400] == []
    assert PAGES - WITHOUT_LINK - {answer.route for answer in answers} == set()
