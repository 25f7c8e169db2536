"""Corrections follow the reader: exactly those who hold an earlier text by mail are told, once."""

import datetime as dt
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from briefs.content import Bullet
from briefs.models import Copy, Edition, Mailing, Person, Subscriber
from briefs.models.mailings import MailSide
from briefs.publications import corrections, mailings, sending, subscribers
from briefs.tests.support import factories, mailing_fixtures
from briefs.tests.support.corpus_fixtures import numbered_content, publish, publish_next, withdraw
from briefs.tests.support.factories import change_note
from briefs.tests.support.mail_server import MailServer
from briefs.tests.support.published_issues import publish_issue
from briefs.workflow import Refused

pytestmark = pytest.mark.django_db
Stage = Copy.Stage
READERS = 8


@pytest.fixture
def publisher() -> Person:
    return factories.person("chief", "Publishers")


def subscribe(number: int) -> Subscriber:
    now = timezone.now()
    side = MailSide.values[number % 3]
    return Subscriber.objects.create(
        address=f"r{number}@example.org", side=side, created_at=now, confirmed_at=now
    )


@dataclass
class World:
    """Briefs and readers, and what each reader should hold: the model that the queries are compared with."""

    by: Person
    random: Random
    now: dt.datetime = field(default_factory=lambda: timezone.now() - dt.timedelta(days=9))
    issues: int = 0
    readers: list[Subscriber] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    editions: dict[int, Edition] = field(default_factory=dict)
    held: dict[tuple[int, int], int] = field(default_factory=dict)
    """Newest edition by reader and brief."""
    corrected: dict[int, int] = field(default_factory=dict)
    """Number of the newest correction by brief."""
    told: set[tuple[int, int, dt.datetime]] = field(default_factory=set)
    """Reader, withdrawn edition, time of the withdrawal."""
    sent: dict[tuple[int, int], int] = field(default_factory=dict)
    """Edition that the newest notice of a correction holds, also one that came back, by reader and brief."""

    def publish(self, n: int) -> None:
        content = numbered_content(n, bullets=(Bullet(1, "甲", "A"), Bullet(2, "乙", "B")))
        edition = publish(content, f"brief-{n}", live_from=self.tick(), derived=False)
        self.editions[edition.brief_id] = edition

    def tick(self) -> dt.datetime:
        self.now += dt.timedelta(minutes=5)
        return self.now

    def revise(self, pk: int, kind: str) -> None:
        old = self.editions[pk]
        number = old.number + 1
        bullets = (Bullet(1, f"甲{number}", f"A{number}"), Bullet(2, "乙", "B"))
        if kind == "correction":
            self.corrected[pk] = number
        note = (
            change_note(kind, f"{number}誤。", f"{number} was wrong.")
            if kind
            else {"change_kind": "small_repair"}
        )
        content = replace(old.frozen_content, bullets=bullets)
        self.editions[pk] = publish_next(old, content, at=self.tick(), derived=False, **note)

    def withdraw(self, pk: int) -> None:
        edition = self.editions[pk]
        if edition.withdrawn_at is None:
            withdraw(edition, self.tick())
        else:
            Edition.objects.filter(pk=edition.pk).update(withdrawn_at=None, reinstated_at=self.tick())
        self.editions[pk] = Edition.objects.get(pk=edition.pk)

    def mail(self) -> None:
        """Send some briefs to everybody who reads, with all fates of a copy."""
        shown = [e for e in self.editions.values() if e.withdrawn_at is None and self.random.random() < 0.7]
        if not shown or len(self.gone) == len(self.readers):
            return
        now = self.tick()
        self.issues += 1
        mailing = mailings.store_mailing(
            Mailing.Kind.ISSUE,
            {},
            Subscriber.objects.reading(),
            editions=[edition.pk for edition in shown],
            by=self.by,
            due_at=now,
            now=now,
            issue_edition=publish_issue(self.issues, [edition.brief for edition in shown], by=self.by),
        )
        for reader in self.deliver(mailing):
            for edition in shown:
                key = reader, edition.brief_id
                self.held[key] = max(self.held.get(key, 0), edition.number)

    def deliver(self, mailing: Mailing) -> list[int]:
        """Give each copy a fate. Return the readers who have it."""
        received = []
        for copy in Copy.objects.filter(mailing=mailing).order_by("pk"):
            stage = self.random.choice(
                [Stage.SENT, Stage.SENT, Stage.SENT, Stage.HANDED, Stage.REFUSED, Stage.DROPPED]
            )
            bounced = self.now if stage == Stage.SENT and self.random.random() < 0.1 else None
            Copy.objects.filter(pk=copy.pk).update(stage=stage, bounced_at=bounced)
            if stage in (Stage.SENT, Stage.HANDED) and not bounced:
                received.append(copy.reader_no)
        return received

    def expected(self, edition: Edition) -> set[int]:
        corrected = self.corrected.get(edition.brief_id, 0)
        limit = edition.number if edition.withdrawn_at else corrected - 1

        def is_told(reader: int) -> bool:
            if edition.withdrawn_at:
                return (reader, edition.pk, edition.withdrawn_at) in self.told
            return self.sent.get((reader, edition.brief_id), 0) >= corrected

        return {
            reader
            for (reader, brief), number in self.held.items()
            if brief == edition.brief_id
            and number <= limit
            and reader not in self.gone
            and not is_told(reader)
        }

    def tell(self, pk: int) -> None:
        edition = self.editions[pk]
        expected = self.expected(edition)
        is_followed = edition.withdrawn_at is not None or pk in self.corrected
        assert not is_followed or corrections.count_untold(edition) == len(expected)
        if not is_followed or not expected:
            with pytest.raises(Refused):
                corrections.queue_correction(edition, by=self.by, now=self.tick())
            return
        queued = corrections.queue_correction(edition, by=self.by, now=self.tick())
        readers = list(Copy.objects.filter(mailing__in=queued).values_list("reader_no", flat=True))
        assert sorted(readers) == sorted(expected)
        for mailing in queued:
            sides = dict(Copy.objects.filter(mailing=mailing).values_list("reader_no", "side"))
            assert sides == {r: Subscriber.objects.get(pk=r).side for r in sides}
            numbers = {self.held[reader, pk] for reader in sides}
            assert len(numbers) == 1
            before, after = next(iter(numbers)), edition.number
            if edition.withdrawn_at is None:
                text = mailing.bodies["en"]["text"]
                assert ("A" if before == 1 else f"A{before}") in text
                assert f"A{after}" in text
                assert f"{self.corrected[pk]} was wrong." in text
                assert "We sent you an earlier text of this brief." in text
            else:
                assert "We sent you this brief." in mailing.bodies["en"]["text"]
        with pytest.raises(Refused):
            corrections.queue_correction(edition, by=self.by, now=self.tick())
        for mailing in queued:
            received = set(self.deliver(mailing))
            sent = Copy.objects.filter(mailing=mailing, stage__in=mailings.RECEIVED_STAGES)
            for reader in sent.values_list("reader_no", flat=True):
                if edition.withdrawn_at:
                    self.told.add((reader, edition.pk, edition.withdrawn_at))
                else:
                    self.sent[reader, pk] = edition.number
            if edition.withdrawn_at is None:
                for reader in received:
                    self.held[reader, pk] = max(self.held[reader, pk], edition.number)

    def leave(self) -> None:
        reader = self.random.choice(self.readers)
        if reader.pk in self.gone:
            return
        self.gone.add(reader.pk)
        match self.random.randrange(3):
            case 0:
                subscribers.leave(reader, self.tick())
            case 1:
                subscribers.erase(reader, self.tick())
            case 2:
                Subscriber.objects.filter(pk=reader.pk).update(bounced_at=self.tick())


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(n, marks=pytest.mark.heavy) for n in range(3, 15))]
)
def test_exactly_those_who_hold_an_earlier_text_are_told_once(
    seed: int, publisher: Person, settings: Any, tmp_path: Path
) -> None:
    settings.DEPARTURES_FILE = str(tmp_path / "departures.txt")
    world = World(publisher, Random(seed))
    world.readers = [subscribe(n) for n in range(READERS)]
    for n in (1, 2):
        world.publish(n)
    world.mail()
    for _ in range(14):
        pk = world.random.choice(list(world.editions))
        match world.random.randrange(8):
            case 0:
                world.mail()
            case 1 | 2 if world.editions[pk].withdrawn_at is None:
                world.revise(pk, world.random.choice(["correction", "correction", "update", ""]))
            case 3:
                world.withdraw(pk)
            case 4:
                world.leave()
            case _:
                world.tell(pk)
    for pk in world.editions:
        world.tell(pk)


@pytest.mark.parametrize("change", ["withdrawn", "corrected again", "reinstated"])
def test_notice_pauses_when_what_it_says_is_true_no_longer(
    publisher: Person, mail_server: MailServer, change: str
) -> None:
    world = World(publisher, Random(1))
    world.publish(1)
    [pk] = world.editions
    mailing_fixtures.hold_by_mail(world.editions[pk].brief, publisher, 1)
    if change == "reinstated":
        world.withdraw(pk)
    else:
        world.revise(pk, "correction")
    [notice] = corrections.queue_correction(world.editions[pk], by=publisher)
    if change == "corrected again":
        world.revise(pk, "correction")
    else:
        world.withdraw(pk)
    assert sending.send_due().sent == 0
    notice.refresh_from_db()
    assert (notice.state, notice.state_reason) == ("paused", "changed")
    assert mail_server.to == []


def test_new_reader_with_the_number_of_an_erased_one_is_told_of_nothing(
    publisher: Person, settings: Any, tmp_path: Path
) -> None:
    settings.DEPARTURES_FILE = str(tmp_path / "departures.txt")
    world = World(publisher, Random(1))
    world.publish(1)
    [pk] = world.editions
    mailing_fixtures.hold_by_mail(world.editions[pk].brief, publisher, 1)
    erased = Subscriber.objects.get()
    number = erased.pk
    subscribers.erase(erased, timezone.now())
    newcomer = subscribe(1)
    Subscriber.objects.filter(pk=newcomer.pk).update(id=number)  # as after a restore from a backup
    world.revise(pk, "correction")
    assert corrections.count_untold(world.editions[pk]) == 0
    world.withdraw(pk)
    assert corrections.count_untold(world.editions[pk]) == corrections.count_holders(pk) == 0


def test_update_after_a_correction_neither_hides_it_nor_repeats_a_waiting_notice(publisher: Person) -> None:
    world = World(publisher, Random(1))
    world.publish(1)
    [pk] = world.editions
    mailing_fixtures.hold_by_mail(world.editions[pk].brief, publisher, 1)
    world.revise(pk, "correction")
    [notice] = corrections.queue_correction(world.editions[pk], by=publisher)
    assert notice.copies.count() == 1
    world.revise(pk, "update")
    assert corrections.count_untold(world.editions[pk]) == 0
    mailings.stop_mailing(notice, by=publisher)
    [notice] = corrections.queue_correction(world.editions[pk], by=publisher)
    assert "2 was wrong." in notice.bodies["en"]["text"]
    assert notice.editions.get().edition.number == 3
