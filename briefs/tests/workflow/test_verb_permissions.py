"""Every role tries every verb in every state: only those listed succeed; a refusal changes no row."""

from collections.abc import Callable

import pytest
from django.db import transaction

from briefs import workflow
from briefs.derived.page_names import PageNames
from briefs.models import Brief, Person, Revision
from briefs.tests.exchange.intake.test_importer import checksum
from briefs.tests.support import brief_states, factories
from briefs.tests.support.factories import Team
from briefs.workflow.editing import prepare
from briefs.workflow.rules.revisions import hash_leaves

pytestmark = pytest.mark.django_db


def revised(team: Team) -> Brief:
    brief = factories.live_brief(team)
    workflow.revise(brief, by=team.writer, version=brief.version)
    note = factories.change_note("small_repair", "", "")
    return factories.edit(brief, team.writer, summary_zh="新的。", **note)


def removed(team: Team) -> Brief:
    brief = factories.live_brief(team)
    workflow.remove(brief, by=team.publisher, reason="a")
    return brief


STATES: dict[str, Callable[[Team], Brief]] = {
    "draft": factories.draft_brief,
    "unsigned": factories.submitted_brief,
    "signed": factories.signed_brief,
    "scheduled": brief_states.scheduled,
    "live": factories.live_brief,
    "revised": revised,
    "withdrawn": brief_states.withdrawn,
    "removed": removed,
    "discarded": brief_states.discarded,
}


def _reload(brief: Brief) -> Brief:
    return Brief.objects.get(pk=brief.pk)


def insert_older_revision(brief: Brief) -> int:
    """Insert an earlier revision with other text, in any state, and return its number."""
    first = brief.revisions.earliest("number")
    facts = factories.facts(date="2025-06-08")
    text = factories.content(summary_zh="從前。", summary_en="As it was once.", facts=facts)
    columns = dict.fromkeys(("changed_zh", "changed_en", "changed_facts"), False)
    hashes = {f"hash_{leaf}": value for leaf, value in hash_leaves(text, PageNames.load(text)).items()}
    Revision.objects.create(
        brief=brief, number=0, content=prepare(text).content.as_json(), by=first.by, at=first.at, **columns, **hashes
    )  # fmt: skip
    return 0


VERBS: dict[str, Callable[[Brief, Person], object]] = {
    "edit": lambda b, p: factories.edit(b, p, summary_en=f"By {p}."),
    "restore": lambda b, p: workflow.versions.restore(
        b, insert_older_revision(b), by=p, version=_reload(b).version
    ),
    "submit": lambda b, p: workflow.submit(b, by=p, version=_reload(b).version),
    "take_back": lambda b, p: workflow.take_back(b, by=p, version=_reload(b).version),
    "sign_off": lambda b, p: factories.sign_off(b, p, "en"),
    "take_back_sign_off": lambda b, p: workflow.take_back_sign_off(b, "en", by=p),
    "send_back": lambda b, p: workflow.send_back(b, by=p, note="再看"),
    "approve": lambda b, p: factories.approve(b, p),
    "cancel": lambda b, p: workflow.cancel(b, by=p),
    "reschedule": lambda b, p: workflow.reschedule(b, by=p, at=factories.tomorrow()),
    "withdraw": lambda b, p: workflow.withdraw(b, by=p, kind="other"),
    "remove": lambda b, p: workflow.remove(b, by=p, reason="a"),
    "reinstate": lambda b, p: workflow.reinstate(b, by=p),
    "revise": lambda b, p: workflow.revise(b, by=p, version=_reload(b).version),
    "source_withdrew": lambda b, p: workflow.source_withdrew(b, by=p, version=_reload(b).version),
    "discard": lambda b, p: workflow.discard(b, by=p, version=_reload(b).version),
    "recover": lambda b, p: workflow.recover(b, by=p, version=_reload(b).version),
    "note": lambda b, p: workflow.reviewing.add_note(b, "看", by=p),
    "share": lambda b, p: workflow.sharing.share(b, by=p),
    "unshare": lambda b, p: workflow.sharing.unshare(factories.preview_link(b), by=p),
    "handle": lambda b, p: workflow.letters.handle_letter(factories.guest_letter(b), by=p),
}

# w wrote and submitted, v is another writer, r a reviewer, p a publisher, x without a role, i deactivated
MATRIX = """
                  draft    unsigned signed   scheduled live     revised  withdrawn removed  discarded
edit              wvp      wvrp     wvrp     -        -        wvp      -        -        -
restore           wvp      wvrp     wvrp     -        -        wvp      -        -        -
submit            wvp      -        -        -        -        wvp      -        -        -
take_back         -        w        -        -        -        -        -        -        -
sign_off          -        rp       rp       -        -        -        -        -        -
take_back_sign_off -        -        -        -        -        -        -        -        -
send_back         -        rp       rp       -        -        -        -        -        -
approve           -        -        p        -        -        -        -        -        -
cancel            -        -        -        p        -        -        -        -        -
reschedule        -        -        -        p        -        -        -        -        -
withdraw          -        -        -        -        p        p        -        -        -
remove            -        -        -        -        p        p        p        -        -
reinstate         -        -        -        -        -        -        p        p        -
revise            -        -        -        wvp      wvp      -        wvp      wvp      -
source_withdrew   -        -        -        wvp      wvp      -        wvp      wvp      -
discard           wvp      -        -        -        -        wvp      -        -        -
recover           -        -        -        -        -        -        -        -        wvp
note              wvrp     wvrp     wvrp     wvrp     wvrp     wvrp     wvrp     wvrp     -
share             wvrp     wvrp     wvrp     -        -        wvrp     -        -        -
unshare           wvrp     wvrp     wvrp     wvrp     wvrp     wvrp     wvrp     wvrp     wvrp
handle            wvrp     wvrp     wvrp     wvrp     wvrp     wvrp     wvrp     wvrp     wvrp
"""


def list_cells() -> list[tuple[str, str, str]]:
    head, *rows = MATRIX.strip().splitlines()
    columns = head.split()
    cases = []
    for row in rows:
        verb, *allowed = row.split()
        cases += [(verb, column, who) for column, who in zip(columns, allowed, strict=True)]
    return cases


def test_matrix_covers_every_verb_and_state() -> None:
    assert {verb for verb, _, _ in list_cells()} == set(VERBS)
    assert {column for _, column, _ in list_cells()} == set(STATES)


DEFAULT_STATES = ("draft", "signed", "revised", "withdrawn")
"""States tried in the default run. The others are marked heavy only because they take too long."""


@pytest.mark.parametrize(
    "column", [c if c in DEFAULT_STATES else pytest.param(c, marks=pytest.mark.heavy) for c in STATES]
)
def test_only_listed_people_can_use_each_verb_in_state(column: str) -> None:
    team = Team()
    brief = STATES[column](team)
    leaver = factories.person("leaver", "Writers", "Reviewers", "Publishers")
    leaver.is_active = False
    leaver.save()
    people = {
        "w": team.writer, "v": team.other_writer, "r": team.reviewer_en, "p": team.publisher, "x": team.outsider, "i": leaver,
    }  # fmt: skip
    before = checksum()
    for verb, where, allowed in list_cells():
        if where != column:
            continue
        for key, who in people.items():
            succeeded = attempt(VERBS[verb], brief, who)
            assert succeeded == (key in allowed), (verb, column, key)
        assert checksum() == before, (verb, "attempts are rolled back and a refusal must change nothing")


class Undo(Exception):
    pass


def attempt(verb: Callable[[Brief, Person], object], brief: Brief, who: Person) -> bool:
    try:
        with transaction.atomic():
            verb(brief, Person.objects.get(pk=who.pk))
            raise Undo
    except Undo:
        return True
    except workflow.Refused:
        return False


INVALID_FACTS = [
    ("access", "stolen", "unknown-choice"),
    ("kind", "poem", "unknown-choice"),
    ("date", "2025-13-01", "bad-date"),
    ("date", "yesterday", "bad-date"),
    ("accessed_on", "2025-02-30", "bad-date"),
    ("embargo_until", "soon", "bad-date"),
    ("url", "javascript:alert(1)", "not-a-link"),
    ("url", "https://a:b@example.org/", "not-a-link"),
    ("archive_url", "//example.org", "not-a-link"),
    ("source", 999_999, "unknown-row"),
    ("keywords", (999_999,), "unknown-row"),
    ("title", "長" * 600, "too-long"),
    ("title", "a\x00b", "control-character"),
]


def test_invalid_fact_is_refused_and_nothing_is_saved(team: Team) -> None:
    brief = factories.draft_brief(team)
    before = checksum()
    for fact, value, code in INVALID_FACTS:
        with pytest.raises(workflow.Refused) as refusal:
            factories.edit(brief, team.writer, facts=factories.facts(**{fact: value}))
        assert code in refusal.value.codes, (fact, value)
    assert checksum() == before


def test_article_is_claimed_once_although_its_brief_has_another_address_since(team: Team) -> None:
    brief = workflow.claim("https://example.org/a", by=team.writer)
    factories.edit(brief, team.writer, facts=factories.facts(url="https://example.org/b"))
    with pytest.raises(workflow.Refused) as refusal:
        workflow.claim("https://example.org/a", by=team.other_writer)
    assert refusal.value.codes == ["already-digested"]
