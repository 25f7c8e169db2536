"""A published issue and its readers, stored without the desk."""

from typing import Any

from django.utils import timezone

from briefs.content import IssueContent, IssueText
from briefs.models import Brief, Copy, Edition, Issue, IssueEdition, Mailing, Person, Subscriber
from briefs.models.mailings import MailSide
from briefs.publications import mailings

from . import published_issues
from .factories import Team

TEXTS = (
    IssueText(
        title="韌性的價格",
        preface="這一期的文章問的是同一個問題：韌性要花多少錢，由誰付？\n\n作者都認為錢要在出事之前花。",
        subject="第12期：韌性的價格",
        preheader="韌性要花多少錢，由誰付？",
    ),
    IssueText(
        title="The Price of Resilience",
        preface="The articles in this issue ask one question: what does resilience cost, and who pays?",
        subject="Issue 12: The Price of Resilience",
        preheader="What does resilience cost?",
    ),
)


def publish_issue(team: Team, *briefs: Brief, number: int = 12, **values: Any) -> IssueEdition:
    """Store the first edition of an issue with these briefs."""
    people = {"by": team.writer, "approved_by": team.publisher, "four_eyes": True}
    content = IssueContent(*TEXTS, tuple(brief.pk for brief in briefs))
    return published_issues.publish_issue(number, briefs, content=content, **people | values)


def subscribe(count: int, *, first: int = 1) -> list[Subscriber]:
    """Store confirmed subscribers, who read 中文, English and both in turn."""
    now = timezone.now()
    return Subscriber.objects.bulk_create(
        Subscriber(
            address=f"reader{n}@example.org", side=MailSide.values[n % 3], created_at=now, confirmed_at=now
        )
        for n in range(first, first + count)
    )


def current_edition(brief: Brief) -> Edition:
    return Edition.objects.public(timezone.now()).get(brief=brief)


def hold_by_mail(brief: Brief, by: Person, readers: int) -> None:
    """Let new readers of Chinese have the public edition of the brief by mail, in an issue of its own."""
    now = timezone.now()
    for _number in range(readers):
        address = f"holder{Subscriber.objects.count()}@example.org"
        Subscriber.objects.create(address=address, side=MailSide.ZH, created_at=now, confirmed_at=now)
    number = 1 + max(Issue.objects.values_list("number", flat=True), default=0)
    mailing = mailings.store_mailing(
        Mailing.Kind.ISSUE,
        {},
        Subscriber.objects.filter(address__startswith="holder"),
        editions=[current_edition(brief).pk],
        by=by,
        due_at=now,
        now=now,
        issue_edition=published_issues.publish_issue(number, [brief], by=by),
    )
    Copy.objects.filter(mailing=mailing).update(stage=Copy.Stage.SENT)
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.Status.DONE)
