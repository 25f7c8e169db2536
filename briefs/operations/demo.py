"""Load demo data: documents in different states, reached by verbs of demo accounts over nine days.

The real document is published as imported and corrected in a second edition. The digests of five speeches, whose
originals are free to read, are live, sample 01 is in review, and sample 03 a draft with its faults. An issue has the
live briefs. The articles of the samples are invented, so they stay on the desk.
"""

import datetime as dt
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from briefs import workflow
from briefs.bilingual import checks
from briefs.content import SIDES, Content, IssueContent, IssueText, Side
from briefs.exchange.intake import create_import_job, import_files
from briefs.models import (
    Brief,
    Edition,
    Issue,
    IssueEdition,
    Mailing,
    MailSide,
    Person,
    SiteText,
    State,
    Subscriber,
)
from briefs.operations.installation import FIXTURES
from briefs.publications import mailings, sending
from briefs.workflow import issues, originals
from briefs.workflow.rules.four_eyes import format_seen

SEED: Final = FIXTURES / "seeds" / "000_a01fbe574e0e12f3.txt"
SAMPLES_FOLDER: Final = FIXTURES / "samples"
SPEECHES_FOLDER: Final = FIXTURES / "demo"
ORIGINAL: Final = FIXTURES / "originals" / "cut-cables.txt"
TEXTS: Final = FIXTURES / "demo_texts.json"
"""Site texts by key, as paragraphs: the about page, and the introduction of a topic as `keyword/SLUG`."""

HEADLINES: Final = {
    "seed": ("美國如何贏得下一場科技競賽", "How the U.S. Can Win the Next Technology Race"),
    "01": ("海底電纜的韌性在於快速修復", "Subsea Cable Resilience Rests on Rapid Repair"),
}
ARTICLE: Final = {
    "title": "How the United States Can Win the Global Tech Race",
    "url": "https://www.cnas.org/publications/commentary/how-the-united-states-can-win-the-global-tech-race",
    "access": "subscription",
}
"""Facts of the real article, which its document lacks. The address is that of the author's institute, which links to
*Foreign Policy*."""
WRONG: Final = "技術迅大多數新興市場快速普及"
RIGHT: Final = "的技術得以在幾乎所有新興市場迅速普及"
CORRECTION: Final[dict[str, Any]] = {
    "change_kind": "correction",
    "change_note_zh": "第1點的中文漏字，並誤作「大多數新興市場」，應為「幾乎所有新興市場」；中文標點一併改正。",
    "change_note_en": "Bullet 1 in Chinese lacked words and had “most emerging markets” for “nearly all emerging "
    "markets.” Punctuation is corrected as well.",
}
ISSUE: Final = IssueContent(
    IssueText(
        "從產業政策到軍備管制",
        "本期兩篇談科技競賽，四篇是冷戰時期的演說。五篇演說的原文都可以免費閱讀。\n\n"
        "讀的時候不妨留意：哪些主張靠實力，哪些靠約定。",
    ),
    IssueText(
        "From Industrial Policy to Arms Control",
        "Two briefs are about the technology race; four are speeches of the Cold War. All five speeches are free to "
        "read in full.\n\nAs you read, ask which arguments rest on strength and which on agreements.",
    ),
)
_HUMAN_VERBS: Final = ("send_back", "take_back", "discard")


@dataclass(frozen=True, slots=True)
class Account:
    username: str
    name: str
    group: str
    language: str
    reviews: Side | Literal[""] = ""


ACCOUNTS: Final = (
    Account("writer", "林書瑋", "Writers", "zh-hant"),
    Account("reviewer-zh", "陳雅筑", "Reviewers", "zh-hant", reviews="zh"),
    Account("reviewer-en", "Claire Wu", "Reviewers", "en", reviews="en"),
    Account("publisher", "周以恆", "Publishers", "zh-hant"),
)


def create_accounts(*, reset_passwords: bool = False) -> Iterator[tuple[Account, Person, str]]:
    """Create the demo accounts. Yield account, person and password (empty if an earlier run set it)."""
    for account in ACCOUNTS:
        person, made = Person.objects.get_or_create(
            username=account.username,
            defaults={
                "name": account.name,
                "language": account.language,
                "reviews": account.reviews,
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
    """Import the demo documents and bring each brief to its demo state. Skip what others have changed."""
    now, day = now or timezone.now(), dt.timedelta(days=1)
    files = {path.name[:2]: path for path in sorted(SAMPLES_FOLDER.glob("*.txt"))}
    seed = _import_document(SEED, people, now - 9 * day)
    if _is_untouched(seed, people, State.DRAFT):
        _publish_draft(seed, people, now - 5 * day, headlines=HEADLINES["seed"], facts=ARTICLE)
    if _is_untouched(seed, people, State.APPROVED, editions=1):
        _publish_correction(seed, people, now - 2 * day)
    in_review = _import_document(files["01"], people, now - 2 * day)
    if _is_untouched(in_review, people, State.DRAFT):
        originals.paste_original(
            in_review, ORIGINAL.read_text(encoding="utf-8"), by=people["writer"], now=now
        )
        _submit_draft(in_review, people, now - day, headlines=HEADLINES["01"])
    _import_document(files["03"], people, now - day)
    for n, path in enumerate(sorted(SPEECHES_FOLDER.glob("*.txt"))):
        speech = _import_document(path, people, now - 9 * day)
        if _is_untouched(speech, people, State.DRAFT):
            _publish_draft(speech, people, now - (8 - n / 2) * day, facts={"access": "free"})
    if not Issue.objects.exists():
        with suppress(workflow.Refused):  # others have moved the briefs
            _publish_issue(people, now - 3 * day)
    for key, paragraphs in json.loads(TEXTS.read_text(encoding="utf-8")).items():
        if not SiteText.objects.filter(key=key).exists():
            zh, en = ("\n\n".join(paragraphs[side]) for side in SIDES)
            draft = workflow.vocabulary.revise_site_text(key, zh, en, by=people["publisher"], now=now - day)
            if draft:
                for side in SIDES:
                    workflow.drafts.sign_draft(draft, [side], by=people[f"reviewer-{side}"], now=now - day)


def _import_document(path: Path, people: dict[str, Person], now: dt.datetime) -> Brief:
    outcome = next(import_files([(str(path), path)], create_import_job(actor=people["writer"], now=now)))
    if outcome.brief is None:
        raise RuntimeError(f"{path.name}: {outcome.refusal}")
    return Brief.objects.get(pk=outcome.brief)


def _is_untouched(brief: Brief, people: dict[str, Person], state: State, *, editions: int = 0) -> bool:
    """Return whether the brief is in this state and only the demo has moved it there."""
    row = Brief.objects.get(pk=brief.pk)
    moved = row.events.exclude(by__in=people.values()) | row.events.filter(verb__in=_HUMAN_VERBS)
    return row.state == state and Edition.objects.filter(brief=row).count() == editions and not moved.exists()


@transaction.atomic
def _submit_draft(
    brief: Brief,
    people: dict[str, Person],
    now: dt.datetime,
    *,
    headlines: tuple[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    content = stored = _load_content(brief)
    if headlines and not content.headline_zh:
        content = replace(content, headline_zh=headlines[0], headline_en=headlines[1])
    if facts:
        content = replace(content, facts=replace(content.facts, **facts))
    if content != stored:
        workflow.editing.save(brief, content, by=people["writer"], version=_version(brief), now=now)
    row = Brief.objects.get(pk=brief.pk)
    if not row.article_date_confirmed:
        workflow.editing.confirm_date(
            brief, content.facts.date, by=people["writer"], version=row.version, now=now
        )
    workflow.submit(brief, by=people["writer"], version=_version(brief), now=now)


@transaction.atomic
def _publish_draft(
    brief: Brief,
    people: dict[str, Person],
    now: dt.datetime,
    *,
    headlines: tuple[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    _submit_draft(brief, people, now, headlines=headlines, facts=facts)
    _review_and_approve(brief, people, now)


@transaction.atomic
def _publish_correction(brief: Brief, people: dict[str, Person], now: dt.datetime) -> None:
    """Publish a second edition with all repairs of punctuation and full stops, and the missing words of one sentence."""
    content = _load_content(brief)
    if not any(WRONG in bullet.text_zh for bullet in content.bullets):
        return
    findings = checks.run_checks(content, checks.CheckContext(), only=("punctuation", "quotes"))
    repaired = checks.apply_edits(content, [edit for f in findings if f.repair for edit in f.repair.edits])
    bullets = (
        replace(bullet, text_zh=bullet.text_zh.removesuffix("。").replace(WRONG, RIGHT) + "。")
        for bullet in (repaired or content).bullets
    )
    writer = people["writer"]
    workflow.revise(brief, by=writer, version=_version(brief), now=now)
    corrected = replace(repaired or content, bullets=tuple(bullets), **CORRECTION)
    workflow.editing.save(brief, corrected, by=writer, version=_version(brief), now=now)
    workflow.submit(brief, by=writer, version=_version(brief), now=now)
    _review_and_approve(brief, people, now)


@transaction.atomic
def _publish_issue(people: dict[str, Person], now: dt.datetime) -> None:
    """Publish an issue with the briefs of the days before. One of them is corrected later."""
    hour, writer = dt.timedelta(hours=1), people["writer"]
    issue = issues.create_issue(by=writer, now=now)
    content = replace(ISSUE, items=IssueContent.from_json(issue.content).items)
    issues.save_issue(issue, content, by=writer, version=issue.version, now=now)
    workflow.submit(issue, by=writer, now=now)
    for hours, side in enumerate(SIDES, 1):
        reviewer = people[f"reviewer-{side}"]
        seen = format_seen(side, content.hashes())
        workflow.sign_off(issue, side, by=reviewer, seen=seen, now=now + hours * hour)
    issues.publish_issue(issue, by=people["publisher"], seen=content.hash(), now=now + 3 * hour)


def _review_and_approve(brief: Brief, people: dict[str, Person], now: dt.datetime) -> None:
    row, hour = Brief.objects.get(pk=brief.pk), dt.timedelta(hours=1)
    for hours, side in enumerate(SIDES, 1):
        reviewer, seen = people[f"reviewer-{side}"], workflow.reviewing.hash_for_sign_off(row, side)
        workflow.sign_off(brief, side, by=reviewer, seen=seen, now=now + hours * hour)
    seen = workflow.publishing.hash_for_approval(Brief.objects.get(pk=brief.pk))
    workflow.approve(brief, by=people["publisher"], seen=seen, now=now + 3 * hour)


def _load_content(brief: Brief) -> Content:
    return workflow.load_working_copy(Brief.objects.get(pk=brief.pk))


def _version(brief: Brief) -> int:
    return Brief.objects.values_list("version", flat=True).get(pk=brief.pk)


def send_demo_issue(publisher: Person, folder: Path) -> None:
    """Send the issue to three made-up readers, as files in the folder. Once, and not on a site with readers of its own."""
    edition = IssueEdition.objects.listed(timezone.now()).order_by("issue_number").first()
    if edition is None or Subscriber.objects.exists() or Mailing.objects.exists():
        return
    now = timezone.now()
    Subscriber.objects.bulk_create(
        Subscriber(address=f"reader-{side}@example.org", side=side, created_at=now, confirmed_at=now)
        for side in MailSide.values
    )
    mailings.queue_issue(edition, by=publisher)
    sending.send_due(transport=sending.FileTransport(folder))
