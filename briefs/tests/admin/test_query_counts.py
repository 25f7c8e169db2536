"""No list of the desk runs more queries with more rows. Forms and pages of one brief have counts of their own."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs import workflow
from briefs.content import Byline
from briefs.models import Author, Keyword, Presence, Term
from briefs.tests.support import brief_states, factories, issue_factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import sign_in

from .people.people_pages import add_factors, create_root

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

MOST_QUERIES = {
    "": 18,
    "inbox/": 6,
    "find/": 9,
    "find/?q=headline": 11,
    "briefs/brief/": 13,
    "briefs/brief/names/?kind=author&q=vivek": 10,
    "briefs/issue/": 11,
    "briefs/keyword/": 8,
    "briefs/author/": 7,
    "briefs/source/": 9,
    "briefs/term/": 6,
    "briefs/person/?second_factor=no": 7,
}
"""As measured, by address below `/admin/`."""


def add_rows(team: Team, tag: str) -> None:
    """Add a row of every kind that a list shows, with what the lists show beside it."""
    author = Author.make(name=f"Vivek {tag}")
    facts = factories.facts(authors=(Byline(author.pk, "甲", "A"),))
    draft = factories.draft_brief(team, factories.content(facts=facts))
    factories.guest_letter(draft)
    Presence.objects.create(brief=draft, person=team.writer, seen_at=timezone.now())
    workflow.editing.create(factories.content(headline_en=""), by=team.publisher)
    workflow.claim(f"https://example.org/{tag}", by=team.writer)
    workflow.reviewing.add_note(factories.submitted_brief(team), "Why?", by=team.reviewer)
    workflow.reviewing.add_note(
        workflow.editing.create(factories.content(), by=team.publisher), "Why?", by=team.reviewer
    )
    workflow.send_back(factories.submitted_brief(team), by=team.reviewer, note="No.", sides=("en",))
    factories.signed_brief(team)
    brief_states.scheduled(team)
    issue_factories.submitted_issue(team, factories.live_brief(team))
    Keyword.make(label_zh=f"標題{tag}", label_en=f"Headline {tag}")
    Term.make(zh=f"詞{tag}", en=f"term {tag}")
    factories.person(f"person-{tag}", "Writers")
    add_factors(factories.person(f"other-{tag}", "Writers"))


def test_query_counts_of_lists_do_not_grow_with_rows(team: Team) -> None:
    root, publisher = sign_in(Client(), create_root()), sign_in(Client(), team.publisher)
    counts: list[dict[str, int]] = []
    for tags in ("甲乙", "丙丁戊己"):
        for tag in tags:
            add_rows(team, tag)
        counts.append({})
        for address in MOST_QUERIES:
            client = root if "person" in address else publisher
            client.get(f"/admin/{address}")  # fills the caches of the process
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"/admin/{address}").status_code == 200, address
            counts[-1][address] = len(queries)
    assert counts[0] == counts[1]
    assert not {address: n for address, n in counts[0].items() if n > MOST_QUERIES[address]}
