"""Load demo data.

The real document is submitted, reviewed and published by demo accounts. The samples show other states.
"""

import datetime as dt
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from django.contrib.auth.models import Group
from django.utils import timezone

from . import workflow
from .content import SIDES
from .installation import FIXTURES
from .intake import create_import_job, import_files
from .models import Brief, Edition, Person, State

SEED: Final = FIXTURES / "seeds" / "000_a01fbe574e0e12f3.txt"
SAMPLES_FOLDER: Final = FIXTURES / "samples"

HEADLINES: Final = {
    "seed": ("美國如何贏得下一場科技競賽", "How the U.S. Can Win the Next Technology Race"),
    "01": ("海底電纜的韌性在於快速修復", "Subsea Cable Resilience Rests on Rapid Repair"),
}


@dataclass(frozen=True, slots=True)
class Account:
    username: str
    name: str
    group: str
    language: str


ACCOUNTS: Final = (
    Account("writer", "林書瑋", "Writers", "zh-hant"),
    Account("reviewer-zh", "陳雅筑", "Reviewers", "zh-hant"),
    Account("reviewer-en", "Claire Wu", "Reviewers", "en"),
    Account("publisher", "周以恆", "Publishers", "zh-hant"),
)


def create_accounts(*, reset_passwords: bool = False) -> Iterator[tuple[Account, Person, str]]:
    """Create the demo accounts. Yield each with its password; empty if it was set by an earlier run."""
    for account in ACCOUNTS:
        person, made = Person.objects.get_or_create(
            username=account.username,
            defaults={
                "name": account.name,
                "language": account.language,
                "is_staff": True,
                "email": f"{account.username}@example.org",
            },
        )
        password = ""
        if made or reset_passwords:
            password = secrets.token_urlsafe(9)
            person.set_password(password)
            person.save(update_fields=["password"])
        if made:
            person.groups.add(Group.objects.get(name=account.group))
        yield account, person, password


def import_demo_briefs(people: dict[str, Person], *, now: dt.datetime | None = None) -> None:
    """Import the demo documents and advance each brief to its demo state.

    Skip briefs that others have changed.
    """
    now = now or timezone.now()
    seed = _import_document(SEED, people)
    _advance_brief(seed, people, State.APPROVED, headlines=HEADLINES["seed"])
    files = {path.name[:2]: path for path in sorted(SAMPLES_FOLDER.glob("*.txt"))}
    scheduled = _import_document(files["02"], people)
    _advance_brief(scheduled, people, State.APPROVED, publish_at=now + dt.timedelta(days=1))
    in_review = _import_document(files["01"], people)
    _advance_brief(in_review, people, State.IN_REVIEW, headlines=HEADLINES["01"])
    _import_document(files["03"], people)


def _import_document(path: Path, people: dict[str, Person]) -> Brief:
    outcome = next(import_files([(str(path), path)], create_import_job(actor=people["writer"])))
    if outcome.brief is None:
        raise RuntimeError(f"{path.name}: {outcome.refusal}")
    return Brief.objects.get(pk=outcome.brief)


def _advance_brief(
    brief: Brief,
    people: dict[str, Person],
    target_state: State,
    *,
    headlines: tuple[str, str] | None = None,
    publish_at: dt.datetime | None = None,
) -> None:
    """Advance the brief to the target state, continuing where an interrupted run stopped."""
    if Edition.objects.filter(brief=brief).exists() or _was_touched_by_others(brief, people):
        return
    writer = people["writer"]
    if brief.state == State.DRAFT:
        _complete_draft(brief, writer, headlines)
        workflow.submit(brief, by=writer, version=_version(brief))
    if target_state == State.IN_REVIEW:
        return
    content = workflow.load_working_copy(Brief.objects.get(pk=brief.pk))
    for side in SIDES:
        workflow.sign_off(brief, side, by=people[f"reviewer-{side}"], seen=content.hash_side(side))
    workflow.approve(brief, by=people["publisher"], seen=content.hash_all(), at=publish_at)


def _complete_draft(brief: Brief, writer: Person, headlines: tuple[str, str] | None) -> None:
    content = workflow.load_working_copy(brief)
    if headlines and not content.headline_zh:
        content = replace(content, headline_zh=headlines[0], headline_en=headlines[1])
        workflow.save(brief, content, by=writer, version=_version(brief))
    row = Brief.objects.get(pk=brief.pk)
    if not row.article_date_confirmed:
        workflow.confirm_date(brief, content.facts.date, by=writer, version=row.version)


def _version(brief: Brief) -> int:
    return Brief.objects.values_list("version", flat=True).get(pk=brief.pk)


def _was_touched_by_others(brief: Brief, people: dict[str, Person]) -> bool:
    """Return whether anyone but the demo accounts acted on the brief, or it was sent back, taken back or
    discarded.
    """
    ours = {person.pk for person in people.values()}
    others = brief.events.exclude(by__in=ours).exists()
    return others or brief.events.filter(verb__in=("send_back", "take_back", "discard")).exists()
