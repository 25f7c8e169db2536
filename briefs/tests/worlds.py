"""A world with a brief in every state, carried there by the real verbs, in which each word is a canary.

Every text field of every version holds a token of its own: `CANARY-…`, or 龘 and five characters. What
readers may see at a moment is `allowed`, what they must be able to find is `shown`; the rest is a leak.
"""

import datetime as dt
import html
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.text import slugify

from briefs import derive, intake, workflow
from briefs.content import SIDES, Bullet, Byline, Content, Facts
from briefs.demo import load_missing
from briefs.models import Author, Brief, Edition, Keyword, Note, Person, Source, Term
from briefs.public.paging import Place

from . import making

START = dt.datetime(2026, 5, 4, 2, 0, tzinfo=dt.UTC)
LATER = dt.datetime(2093, 2, 3, 3, 17, 41, tzinfo=dt.UTC)
"""What is scheduled comes then and on the days after; before that no page says 2093."""
ALWAYS = dt.datetime.min.replace(tzinfo=dt.UTC)

_HAN = [chr(code) for code in range(0x4E00, 0x9F00)]
_TOKEN = re.compile("canary-[0-9a-z]{0,10}|龘[\u3400-\u9fff]{0,5}")
_YEAR = re.compile(r"(?<![0-9a-z])(18\d\d|2093)(?![0-9a-z])")
"""Only drafts digest articles of the nineteenth century."""


def readings(data: str) -> Iterator[str]:
    """A body as it is, and without the escapes of HTML, addresses and JSON, twice for one inside another."""
    yield data.lower()
    for _ in range(2):
        data = unquote(html.unescape(data))
        data = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), data)
    yield data.lower()


def tokens(data: str) -> set[str]:
    return {token for reading in readings(data) for token in _TOKEN.findall(reading)}


def years(data: str) -> set[str]:
    return {year for reading in readings(data) for year in _YEAR.findall(reading)}


@dataclass(frozen=True, slots=True)
class Phase:
    """From a moment on: the status of the brief's page, what it must show and what it may."""

    start: dt.datetime
    status: int
    shown: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()
    listed: bool = False


@dataclass(slots=True)
class Item:
    name: str
    brief: Brief
    slug: str
    phases: list[Phase]

    def phase(self, now: dt.datetime) -> Phase:
        return [phase for phase in self.phases if phase.start <= now][-1]


@dataclass(slots=True)
class Words:
    """A content and its tokens by field."""

    content: Content
    tokens: dict[str, str] = field(default_factory=dict)

    def only(self, *names: str) -> frozenset[str]:
        return frozenset(token for name, token in self.tokens.items() if name.startswith(names))

    @property
    def shown(self) -> frozenset[str]:
        return self.only(*READ)

    def live(self, start: dt.datetime = ALWAYS, extra: Iterable[str] = ()) -> Phase:
        shown = self.shown | frozenset(extra)
        return Phase(start, 200, shown, shown | self.only(*MAY), listed=True)


READ = (
    *("headline", "summary", "bullet", "source_name", "author_name", "affiliation", "keyword_label"),
    *("fact_title", "fact_url", "fact_doi", "fact_date_label", "fact_archive_url"),
)
MAY = ("source_url", "source_kind", "source_country", "author_part", "keyword_kind", "fact_language")
"""Public by their nature, though no page shows them yet. Source passages and reasons are in neither."""
NOTICE = ("headline", "source_name", "fact_date_label")
HIDDEN = Phase(ALWAYS, 404)


class World:
    """Built once; `items` are the briefs, `labels` says where each token stands."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.labels: dict[str, str] = {}
        self.items: list[Item] = []
        self.anywhere: set[str] = set()
        self._random = random.Random(20260504)
        self._days = 0
        self.team = self._team()
        for make in (_drafts, _reviews, _lives, _next_versions, _schedules, _urgents, _downs, _returned, _shared):
            make(self)
        clock.shift(60)
        self.now = timezone.now()

    # Tokens

    def latin(self, label: str) -> str:
        token = "CANARY-" + "".join(self._random.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=10))
        self.labels[token.lower()] = label
        return token

    def han(self, label: str) -> str:
        token = "龘" + "".join(self._random.choices(_HAN, k=5))
        self.labels[token] = label
        return token

    def words(self, label: str, *, date: str = "2025-06-09", like: Content | None = None) -> Words:
        """A content in which every field has a token; with `like`, of the same bullets by number."""
        made: dict[str, str] = {}

        def latin(name: str) -> str:
            token = self.latin(f"{label}/{name}")
            made[name] = token.lower()
            return token

        def han(name: str) -> str:
            made[name] = token = self.han(f"{label}/{name}")
            return token

        def bullet(n: int, number: int) -> Bullet:
            zh, en = f"{han(f'bullet{n}_zh')}第{n}點，<甲>&「乙」。", f"{latin(f'bullet{n}_en')} point {n} <b>&'\"."
            return Bullet(number, zh, en, passage=f"{latin(f'passage{n}')} {han(f'passage{n}_zh')}")

        numbers = [b.number for b in like.bullets] if like else [0, 0, 0]
        bullets = [bullet(n, number) for n, number in enumerate(numbers, start=1)]
        alone = Bullet(0, f"{han('bullet9_zh')}單邊。", one_sided=f"{latin('reason')} {han('reason_zh')}")
        facts = self._facts(latin, han, date)
        content = Content(
            f"{han('headline_zh')}標題",
            f"{latin('headline_en')} headline",
            f"{han('summary_zh')}摘要。\n\n{han('summary2_zh')}次段。",
            f"{latin('summary_en')} summary.\n\n{latin('summary2_en')} again.",
            (*bullets, alone),
            facts,
        )
        return Words(content, made)

    def _facts(self, say: Callable[[str], str], write: Callable[[str], str], date: str) -> Facts:
        source = Source.make(
            name=say("source_name"),
            name_zh=write("source_name_zh"),
            url=f"https://example.org/{say('source_url')}",
            kind=say("source_kind"),
            country=say("source_country"),
            aliases=[say("alias")],
        )
        author = Author.make(
            name=say("author_name"),
            name_zh=write("author_name_zh"),
            family=say("author_part"),
            given=say("author_part2"),
        )
        keyword = Keyword.make(
            label_zh=write("keyword_label_zh"), label_en=say("keyword_label"), kind=say("keyword_kind")
        )
        return Facts(
            source=source.pk,
            authors=(Byline(author.pk, write("affiliation_zh"), say("affiliation")),),
            keywords=(keyword.pk,),
            date=date[:7],
            date_label=say("fact_date_label"),
            title=say("fact_title"),
            url=f"https://example.org/{say('fact_url')}",
            doi=f"10.1000/{say('fact_doi')}",
            language=say("fact_language"),
            access="subscription",
            kind="report",
            accessed_on=date,
            archive_url=f"https://archive.example.org/{say('fact_archive_url')}",
        )

    def change(self, label: str) -> tuple[workflow.Change, frozenset[str]]:
        zh, en = self.han(f"{label}/change_zh"), self.latin(f"{label}/change_en")
        return workflow.Change("correction", zh, en), frozenset((zh, en.lower()))

    def reasons(self, label: str) -> tuple[dict[str, str], frozenset[str]]:
        zh, en = self.han(f"{label}/withdrawn_zh"), self.latin(f"{label}/withdrawn_en")
        return {"kind": "rights", "reason_zh": zh, "reason_en": en}, frozenset((zh, en.lower()))

    def _team(self) -> making.Team:
        team = making.Team.__new__(making.Team)
        roles = {"writer": "Writers", "reviewer": "Reviewers", "publisher": "Publishers", "other_publisher": "Publishers"}
        load_missing("roles.json")
        for role, group in roles.items():
            name, email, shown = (self.latin(f"people/{role}/{part}") for part in ("username", "email", "name"))
            person = Person.objects.create_user(name, f"{email}@example.org", "pw", is_staff=True, name=shown)
            person.groups.set(Group.objects.filter(name=group))
            setattr(team, role, person)
        return team

    # Verbs

    def moment(self) -> dt.datetime:
        self._days += 1
        return LATER + dt.timedelta(days=self._days)

    def draft(self, words: Words, **options: object) -> Brief:
        self.clock.shift(60)
        return workflow.create(words.content, by=self.team.writer, **options)

    def signed(self, brief: Brief, label: str) -> Brief:
        """Through review, leaving a token in every note on the way."""
        team, row = self.team, Brief.objects.get(pk=brief.pk)
        workflow.submit(row, by=team.writer, version=row.version)
        self.remark(row, label)
        content = workflow.content_of(row)
        for side in SIDES:
            note = self.latin(f"{label}/signoff_{side}")
            workflow.sign_off(row, side, by=team.reviewer, seen=content.hash_side(side), note=note)
        return Brief.objects.get(pk=brief.pk)

    def remark(self, brief: Brief, label: str) -> Note:
        text = f"{self.latin(f'{label}/note')} {self.han(f'{label}/note_zh')}"
        note = workflow.add_note(brief, text, by=self.team.reviewer, bullet=1, side="en")
        workflow.resolve(note, by=self.team.writer)
        return note

    def approved(self, words: Words, label: str, *, at: dt.datetime | None = None) -> Brief:
        brief = self.signed(self.draft(words), label)
        making.approve(brief, self.team.publisher, at=at)
        return Brief.objects.get(pk=brief.pk)

    def revised(self, brief: Brief, words: Words) -> Brief:
        self.clock.shift(60)
        workflow.revise(brief, by=self.team.writer, version=Brief.objects.get(pk=brief.pk).version)
        texts = ("headline_zh", "headline_en", "summary_zh", "summary_en", "bullets", "facts")
        return making.edit(brief, self.team.writer, **{name: getattr(words.content, name) for name in texts})

    def next_edition(
        self, brief: Brief, words: Words, label: str, change: workflow.Change, *, at: dt.datetime | None = None
    ) -> Brief:
        row = self.signed(self.revised(brief, words), label)
        making.approve(row, self.team.publisher, at=at, change=change)
        return Brief.objects.get(pk=brief.pk)

    def add(self, name: str, brief: Brief, *phases: Phase) -> Brief:
        row = Brief.objects.get(pk=brief.pk)
        slug = row.slug or slugify(row.headline_en) or f"brief-{row.pk}"
        self.items.append(Item(name, row, slug, list(phases) or [HIDDEN]))
        return row

    # What readers see

    def phases(self, now: dt.datetime) -> list[tuple[Item, Phase]]:
        return [(item, item.phase(now)) for item in self.items]

    def allowed(self, now: dt.datetime) -> set[str]:
        """A slug keeps the words of the first edition's headline."""
        readable = [(item, phase) for item, phase in self.phases(now) if phase.status == 200]
        return self.anywhere.union(*(phase.allowed | tokens(item.slug) for item, phase in readable))

    def slugs(self) -> list[str]:
        return [item.slug for item in self.items]

    def hidden(self, now: dt.datetime) -> list[Item]:
        return [item for item, phase in self.phases(now) if phase.status == 404]

    def moments(self) -> list[dt.datetime]:
        return sorted({phase.start for item in self.items for phase in item.phases} - {ALWAYS})

    def leaks(self, data: str, now: dt.datetime, *, given: str = "") -> list[str]:
        """Tokens that nobody outside may see, but those that the request itself named."""
        allowed = self.allowed(now) | tokens(given)
        found = [token for token in tokens(data) if not _is_one_of(token, allowed)]
        return sorted(f"{token} ({self.labels.get(token, 'torn')})" for token in found)


def _is_one_of(token: str, allowed: set[str]) -> bool:
    """A token that a page cut short counts as the one it began."""
    return token in allowed or any(whole.startswith(token) for whole in allowed)


def places() -> list[str]:
    """A key in the list of newest briefs for every edition there is, hidden ones too."""
    return [str(Place(*row)) for row in Edition.objects.values_list("published_at", "pk")]


# The briefs, by where they stand


def _drafts(world: World) -> None:
    team = world.team
    words = world.words("draft", date="1887-03-17")
    facts = replace(words.content.facts, embargo_until=LATER.isoformat())
    brief = world.draft(Words(replace(words.content, facts=facts)), due_on=dt.date(1889, 1, 2), assigned_to=team.writer)
    making.edit(brief, team.writer, summary_en=world.latin("draft/second save"))
    world.remark(brief, "draft")
    world.add("draft", brief)

    world.add("imported", _imported(world))
    claimed = workflow.claim(f"https://example.org/{world.latin('claim/url')}", by=team.writer, due_on=dt.date(1888, 1, 2))
    world.add("planned", claimed)

    brief = world.draft(world.words("discarded", date="1885-01-02"))
    workflow.discard(brief, by=team.writer, version=brief.version)
    world.add("discarded", brief)


def _imported(world: World) -> Brief:
    """From a file whose name and bytes have tokens too, some of which are no part of the brief."""
    say, write = (lambda part: world.latin(f"file/{part}")), (lambda part: world.han(f"file/{part}"))
    lines = [
        f"{say('preamble')} {write('preamble_zh')}",
        *(f"標題: {write('headline_zh')}", f"Title: {say('headline_en')} imported"),
        *(f"作者/Author(s): {say('author')}", f"網站來源/Source: {say('source')}", "日期/Date: 06/09/1886"),
        *(f"關鍵字/Keywords: {write('keyword_zh')}、{say('keyword')}", ""),
        *("摘要:", f"{write('summary_zh')}摘要。", f"  • {write('bullet_zh')}第一點。", ""),
        *("Summary:", f"{say('summary_en')} summary.", f"  • {say('bullet_en')} point."),
    ]
    job = intake.job(actor=world.team.writer)
    ((outcome),) = intake.import_bytes(f"{say('name')}.txt", "\n".join(lines).encode(), job)
    assert outcome.brief, outcome
    return Brief.objects.get(pk=outcome.brief)


def _reviews(world: World) -> None:
    team = world.team
    brief = world.draft(world.words("in review", date="1884-01-02"))
    workflow.submit(brief, by=team.writer, version=brief.version)
    workflow.add_note(brief, world.latin("in review/open note"), by=team.reviewer)
    world.add("in review", brief)

    world.add("signed", world.signed(world.draft(world.words("signed", date="1883-01-02")), "signed"))

    brief = world.draft(world.words("sent back", date="1882-01-02"))
    workflow.submit(brief, by=team.writer, version=brief.version)
    workflow.send_back(brief, by=team.reviewer, note=world.latin("sent back/note"))
    world.add("sent back", brief)


def _lives(world: World) -> None:
    words = world.words("live")
    world.add("live", world.approved(words, "live"), words.live())

    first, second = world.words("live twice/first"), world.words("live twice/second")
    change, said = world.change("live twice")
    brief = world.next_edition(world.approved(first, "live twice"), second, "live twice/second", change)
    world.add("live twice", brief, second.live(extra=said))

    for n in range(6):  # so that lists have a second page
        words = world.words(f"also live {n}")
        world.add(f"also live {n}", world.approved(words, f"also live {n}"), words.live())


def _next_versions(world: World) -> None:
    """Live, and the desk is further on."""
    team = world.team
    words = world.words("live, newer draft")
    brief = world.approved(words, "live, newer draft")
    world.revised(brief, world.words("newer draft", date="1881-01-02", like=words.content))
    world.add("live, newer draft", brief, words.live())

    words = world.words("live, newer in review")
    brief = world.approved(words, "live, newer in review")
    world.signed(world.revised(brief, world.words("newer in review", date="1880-01-02")), "newer in review")
    world.add("live, newer in review", brief, words.live())

    words = world.words("live, revision discarded")
    brief = world.approved(words, "live, revision discarded")
    row = world.revised(brief, world.words("discarded revision", date="1879-01-02"))
    workflow.discard(row, by=team.writer, version=row.version)
    world.add("live, revision discarded", brief, words.live())


def _schedules(world: World) -> None:
    team = world.team
    words, at = world.words("scheduled"), world.moment()
    world.add("scheduled", world.approved(words, "scheduled", at=at), HIDDEN, words.live(at))

    words = world.words("cancelled", date="1878-01-02")
    brief = world.approved(words, "cancelled", at=world.moment())
    workflow.cancel(brief, by=team.publisher)
    world.add("cancelled", brief)

    words, sooner = world.words("rescheduled"), world.moment()
    brief = world.approved(words, "rescheduled", at=world.moment())
    workflow.reschedule(brief, by=team.other_publisher, at=sooner)
    world.add("rescheduled", brief, HIDDEN, words.live(sooner))

    for name, ends in (("live, scheduled", ""), ("live, scheduled then cancelled", "cancel")):
        first, second, at = world.words(name), world.words(f"{name}/second"), world.moment()
        change, said = world.change(name)
        brief = world.next_edition(world.approved(first, name), second, f"{name}/second", change, at=at)
        if ends:
            workflow.cancel(brief, by=team.publisher)
        world.add(name, brief, first.live(), *([] if ends else [second.live(at, said)]))

    first, second, at = world.words("scheduled, edited since"), world.words("edited since", date="1877-01-02"), world.moment()
    brief = world.approved(first, "scheduled, edited since", at=at)
    world.revised(brief, second)
    world.add("scheduled, edited since", brief, HIDDEN, first.live(at))


def _urgents(world: World) -> None:
    team = world.team
    for name, confirmed in (("urgent", False), ("urgent, confirmed", True)):
        words = world.words(name)
        brief, reason = world.draft(words), world.latin(f"{name}/reason")
        workflow.publish_urgently(brief, by=team.publisher, seen=making.seen(brief), reason=reason)
        if confirmed:
            workflow.confirm(brief, by=team.reviewer)
        world.add(name, brief, words.live())
    words, at, reason = world.words("urgent, scheduled"), world.moment(), world.latin("urgent, scheduled/reason")
    brief = world.draft(words)
    workflow.publish_urgently(brief, by=team.publisher, seen=making.seen(brief), reason=reason, at=at)
    world.add("urgent, scheduled", brief, HIDDEN, words.live(at))


def _downs(world: World) -> None:
    """Withdrawn and removed, some with a next edition on its way."""
    team = world.team
    for name in ("withdrawn", "withdrawn, newer draft", "withdrawn, next scheduled"):
        words = world.words(name)
        brief = world.approved(words, name)
        values, said = world.reasons(name)
        workflow.withdraw(brief, by=team.publisher, **values)
        shown = words.only("headline", "source_name") | said
        phases = [Phase(ALWAYS, 200, shown, shown | words.only(*NOTICE))]
        if "newer" in name:
            world.revised(brief, world.words("newer draft of a withdrawn one", date="1876-01-02"))
        if "scheduled" in name:
            second, at, (change, note) = world.words(f"{name}/second"), world.moment(), world.change(name)
            world.next_edition(brief, second, f"{name}/second", change, at=at)
            phases.append(second.live(at, note))
        world.add(name, brief, *phases)

    for name in ("removed", "removed, next scheduled"):
        brief = world.approved(world.words(name), name)
        workflow.remove(brief, by=team.publisher, reason=world.latin(f"{name}/reason"))
        phases = [Phase(ALWAYS, 410)]
        if "scheduled" in name:
            # The first edition that readers find now: what was removed is not named.
            second, at, (change, note) = world.words(f"{name}/second"), world.moment(), world.change(name)
            world.next_edition(brief, second, f"{name}/second", change, at=at)
            phases.append(replace(live := second.live(at), allowed=live.allowed | note))
        world.add(name, brief, *phases)


def _returned(world: World) -> None:
    """Taken down once, and public again."""
    team = world.team
    for name in ("reinstated after withdrawal", "reinstated after removal"):
        words = world.words(name)
        brief = world.approved(words, name)
        if "withdrawal" in name:
            workflow.withdraw(brief, by=team.publisher, **world.reasons(name)[0])
        else:
            workflow.remove(brief, by=team.publisher, reason=world.latin(f"{name}/reason"))
        workflow.reinstate(brief, by=team.publisher)
        world.add(name, brief, words.live())

    for verb in ("withdrawn", "removed"):
        name = f"second {verb}, third live"
        first, second, third = (world.words(f"{name}/{n}") for n in (1, 2, 3))
        (change, said), (again, last) = world.change(f"{name}/2"), world.change(f"{name}/3")
        brief = world.next_edition(world.approved(first, name), second, f"{name}/2", change)
        if verb == "withdrawn":
            workflow.withdraw(brief, by=team.publisher, **world.reasons(name)[0])
        else:
            workflow.remove(brief, by=team.publisher, reason=world.latin(f"{name}/reason"))
        brief = world.next_edition(brief, third, f"{name}/3", again)
        live = third.live(extra=last)
        # A withdrawn edition was public, so its line may stay in the history; a removed one leaves no trace.
        world.add(name, brief, replace(live, allowed=live.allowed | (said if verb == "withdrawn" else frozenset())))


def _shared(world: World) -> None:
    """Vocabulary that nothing public uses, old labels, and the site's own text."""
    team = world.team
    Author.make(name=world.latin("unused/author"), name_zh=world.han("unused/author_zh"))
    Source.make(name=world.latin("unused/source"), name_zh=world.han("unused/source_zh"))
    Keyword.make(label_en=world.latin("unused/keyword"), label_zh=world.han("unused/keyword_zh"))
    Term.make(en=world.latin("unused/term"), zh=world.han("unused/term_zh"), note=world.latin("unused/term note"))

    words = world.words("relabelled")
    brief = world.approved(words, "relabelled")
    keyword = Keyword.objects.get(pk=words.content.facts.keywords[0])
    keyword.label_en, keyword.label_zh = world.latin("relabelled/new"), world.han("relabelled/new_zh")
    workflow.save_row(keyword, by=team.publisher)
    new = frozenset((keyword.label_en.lower(), keyword.label_zh))
    old = words.only("keyword_label")
    slug = {words.tokens["keyword_label"]}  # a slug never changes, and it was made from the old label
    live = words.live()
    world.add("relabelled", brief, replace(live, shown=live.shown - old | new, allowed=live.allowed - old | new | slug))

    words = world.words("merged")
    brief = world.approved(words, "merged")
    loser = Source.objects.get(pk=words.content.facts.source)
    winner = Source.make(name=world.latin("merged/winner"), name_zh=world.han("merged/winner_zh"))
    Source.objects.filter(pk=loser.pk).update(merged_into=winner)
    derive.relabel(loser)
    names = frozenset((winner.name.lower(), winner.name_zh))
    old, live = words.only("source"), words.live()
    world.add("merged", brief, replace(live, shown=live.shown - old | names, allowed=live.allowed - old | names))

    zh, en = world.han("about/zh"), world.latin("about/en")
    workflow.revise_text("about", f"{zh}關於", f"{en} about", by=team.publisher, version=0)
    world.anywhere |= {zh, en.lower()}
