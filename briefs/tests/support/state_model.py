"""Briefs in every state, reached by the real verbs, with canary tokens in all texts.

Every text field of every version holds its own token: `CANARY-…`, or 龘 and five characters. Readers may see the
tokens in `allowed` and must find those in `shown`; any other token in a response is a leak.
"""

import datetime as dt
import html
import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.text import slugify

from briefs import workflow
from briefs.content import NO_CHANGE, SIDES, Bullet, Byline, Content, Facts, Picture
from briefs.models import Author, Brief, Edition, Keyword, Note, Person, Source
from briefs.operations.installation import load_missing_rows
from briefs.public import subject_queries
from briefs.public.list_pages import ListPosition
from briefs.workflow import originals

from . import factories, picture_samples, route_registry

START = dt.datetime(2026, 5, 4, 2, 0, tzinfo=dt.UTC)
FUTURE = dt.datetime(2093, 2, 3, 3, 17, 41, tzinfo=dt.UTC)
"""Scheduled editions go live on the days after; before that no page may contain 2093."""
ALWAYS = dt.datetime.min.replace(tzinfo=dt.UTC)

_HAN = [chr(code) for code in range(0x4E00, 0x9F00)]
_TOKEN = re.compile("canary-[0-9a-z]{0,10}|龘[\u3400-\u9fff]{0,5}")
_YEAR = re.compile(r"(?<![0-9a-z])(18\d\d|2093)(?![0-9a-z])")
"""Only drafts have article dates in the nineteenth century."""


@lru_cache(maxsize=2)
def decode_variants(data: str) -> tuple[str, str]:
    """Return a body as sent and with HTML, URL and JSON escapes decoded, twice because escapes can be nested."""
    decoded = data
    for _ in range(2):
        decoded = unquote(html.unescape(decoded))
        decoded = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), decoded)
    return data.lower(), decoded.lower()


@lru_cache(maxsize=256)  # slugs, and pages fetched again
def find_tokens(data: str) -> frozenset[str]:
    return frozenset(token for reading in decode_variants(data) for token in _TOKEN.findall(reading))


def find_years(data: str) -> set[str]:
    return {year for reading in decode_variants(data) for year in _YEAR.findall(reading)}


@dataclass(frozen=True, slots=True)
class Phase:
    """From `start` on: the status of the page of the brief, the tokens it must show and those it may show."""

    start: dt.datetime
    status: int
    required: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()
    listed: bool = False


@dataclass(slots=True)
class SampleBrief:
    name: str
    brief: Brief
    slug: str
    phases: list[Phase]

    def phase(self, now: dt.datetime) -> Phase:
        return [phase for phase in self.phases if phase.start <= now][-1]


@dataclass(slots=True)
class CanaryContent:
    """A content and its tokens, by field name."""

    content: Content
    tokens: dict[str, str] = field(default_factory=dict)

    def tokens_named(self, *names: str) -> frozenset[str]:
        return frozenset(token for name, token in self.tokens.items() if name.startswith(names))

    @property
    def required(self) -> frozenset[str]:
        return self.tokens_named(*VISIBLE_FIELDS)

    def live_phase(
        self,
        start: dt.datetime = ALWAYS,
        extra: Iterable[str] = (),
        corrected: "CanaryContent | None" = None,
        logged: Iterable[str] = (),
    ) -> Phase:
        """Return the phase in which this is public. The log of corrections may show `corrected`, texts and facts, and `logged`."""
        required = self.required | frozenset(extra)
        allowed = required.union(self.tokens_named(*PERMITTED_FIELDS), logged)
        if corrected:
            allowed |= corrected.required | corrected.tokens_named("fact_language")
        return Phase(start, 200, required, allowed, listed=True)


VISIBLE_FIELDS = (
    *("headline", "summary", "bullet", "source_name", "author_name", "affiliation", "keyword_label"),
    *("fact_title", "fact_url", "fact_doi", "fact_date_label", "fact_archive_url", "picture"),
)
PERMITTED_FIELDS = (
    "source_url",
    "source_kind",
    "source_country",
    "author_part",
    "keyword_kind",
    "fact_language",
)
"""Public fields that no page shows yet. Source passages and reasons are in neither list."""
WITHDRAWAL_NOTICE_FIELDS = (
    *("headline", "source_name", "source_url", "author_name", "author_part", "affiliation", "keyword_label"),
    *("fact_date_label", "fact_title", "fact_url", "fact_doi", "fact_language", "fact_archive_url"),
)
HIDDEN = Phase(ALWAYS, 404)


class World:
    """`sample_briefs` are the briefs; `token_labels` says to which field each token belongs."""

    def __init__(self, clock: Any, builders: Iterable[Callable[["World"], None]]) -> None:
        self.clock = clock
        self.token_labels: dict[str, str] = {}
        self.sample_briefs: list[SampleBrief] = []
        self.always_allowed: set[str] = set()
        self.scheduled_tokens: list[tuple[dt.datetime, frozenset[str]]] = []
        """Tokens of scheduled issues, with the time from which readers may see them."""
        self.picture_credits: dict[str, str] = {}  # picture key → token of its credit line
        route_registry.PICTURE_KEYS.clear()
        self._random = random.Random(20260504)
        self._days = 0
        self.team = self._create_team()
        for build in builders:
            build(self)
        for kind in subject_queries.SUBJECT_KINDS.values():
            slugs = kind.model._default_manager.values_list("slug", flat=True)
            route_registry.SUBJECT_SLUGS[kind.name] = set(slugs)
        clock.shift(60)
        self.now = timezone.now()

    # Tokens

    def latin_token(self, label: str) -> str:
        token = "CANARY-" + "".join(self._random.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=10))
        self.token_labels[token.lower()] = label
        return token

    def han_token(self, label: str) -> str:
        token = "龘" + "".join(self._random.choices(_HAN, k=5))
        self.token_labels[token] = label
        return token

    def canary_content(
        self, label: str, *, date: str = "2025-06-09", template: Content | None = None
    ) -> CanaryContent:
        """Return a content with a token in every field. With `template`, bullets keep the numbers of that content."""
        tokens_by_field: dict[str, str] = {}

        def latin(name: str) -> str:
            token = self.latin_token(f"{label}/{name}")
            tokens_by_field[name] = token.lower()
            return token

        def han(name: str) -> str:
            tokens_by_field[name] = token = self.han_token(f"{label}/{name}")
            return token

        def bullet(n: int, number: int) -> Bullet:
            zh, en = (
                f"{han(f'bullet{n}_zh')}第{n}點，<甲>&「乙」。",
                f"{latin(f'bullet{n}_en')} point {n} <b>&'\".",
            )
            return Bullet(number, zh, en, passage=f"{latin(f'passage{n}')} {han(f'passage{n}_zh')}")

        numbers = [b.number for b in template.bullets] if template else [0, 0, 0]
        bullets = [bullet(n, number) for n, number in enumerate(numbers, start=1)]
        one_sided_bullet = Bullet(
            0, f"{han('bullet9_zh')}單邊。", one_sided=f"{latin('reason')} {han('reason_zh')}"
        )
        facts = self._canary_facts(latin, han, date)
        alts = {"picture_alt_zh": han("picture_alt_zh"), "picture_alt_en": latin("picture_alt_en")}
        content = Content(
            f"{han('headline_zh')}標題",
            f"{latin('headline_en')} headline",
            f"{han('summary_zh')}摘要。\n\n{han('summary2_zh')}次段。",
            f"{latin('summary_en')} summary.\n\n{latin('summary2_en')} again.",
            (*bullets, one_sided_bullet),
            facts,
            **alts,
        )
        return CanaryContent(content, tokens_by_field)

    def _canary_facts(self, latin: Callable[[str], str], han: Callable[[str], str], date: str) -> Facts:
        source = Source.make(
            name=latin("source_name"),
            name_zh=han("source_name_zh"),
            url=f"https://example.org/{latin('source_url')}",
            kind=latin("source_kind"),
            country=latin("source_country"),
            aliases=[latin("alias")],
        )
        author = Author.make(
            name=latin("author_name"),
            name_zh=han("author_name_zh"),
            family=latin("author_part"),
            given=latin("author_part2"),
        )
        keyword = Keyword.make(
            label_zh=han("keyword_label_zh"), label_en=latin("keyword_label"), kind=latin("keyword_kind")
        )
        return Facts(
            source=source.pk,
            authors=(Byline(author.pk, han("affiliation_zh"), latin("affiliation")),),
            keywords=(keyword.pk,),
            date=date[:7],
            date_label=latin("fact_date_label"),
            title=latin("fact_title"),
            url=f"https://example.org/{latin('fact_url')}",
            doi=f"10.1000/{latin('fact_doi')}",
            language=latin("fact_language"),
            access="subscription",
            kind="report",
            accessed_on=date,
            archive_url=f"https://archive.example.org/{latin('fact_archive_url')}",
            picture=self._store_canary_picture(latin("picture_credit"), latin("picture_licence")),
        )

    def _store_canary_picture(self, credit: str, licence: str) -> Picture:
        """Store a picture for one version. Its files are as confidential as its texts."""
        data = picture_samples.photo((320, 200), seed=len(route_registry.PICTURE_KEYS))
        data = data[:-2] + credit.encode() + data[-2:]  # other bytes give another key
        row = workflow.editing.store_picture(data, by=self.team.writer)
        self.picture_credits[row.key] = credit.lower()
        route_registry.PICTURE_KEYS.add(row.key)
        return Picture(row.key, row.width, row.height, credit, licence)

    def change_note(self, label: str) -> tuple[dict[str, Any], frozenset[str]]:
        zh, en = self.han_token(f"{label}/change_zh"), self.latin_token(f"{label}/change_en")
        return factories.change_note("correction", zh, en), frozenset((zh, en.lower()))

    def _create_team(self) -> factories.Team:
        team = factories.Team.__new__(factories.Team)
        roles = {
            "writer": "Writers",
            "reviewer": "Reviewers",
            "publisher": "Publishers",
            "other_publisher": "Publishers",
        }
        load_missing_rows("roles.json")
        for role, group in roles.items():
            name, email, full_name = (
                self.latin_token(f"people/{role}/{part}") for part in ("username", "email", "name")
            )
            person = Person.objects.create_user(
                name, f"{email}@example.org", "pw", is_staff=True, name=full_name
            )
            person.groups.set(Group.objects.filter(name=group))
            setattr(team, role, person)
        return team

    # Verbs

    def next_future_time(self) -> dt.datetime:
        self._days += 1
        return FUTURE + dt.timedelta(days=self._days)

    def create_draft(self, words: CanaryContent, **options: object) -> Brief:
        self.clock.shift(60)
        brief = workflow.editing.create(words.content, by=self.team.writer, **options)
        text = f"{self.latin_token('original')} {self.han_token('original_zh')}"
        originals.paste_original(brief, text, by=self.team.writer)
        return brief

    def sign_both_sides(self, brief: Brief, label: str) -> Brief:
        """Submit and sign both sides, with a token in every note."""
        team, row = self.team, Brief.objects.get(pk=brief.pk)
        workflow.submit(row, by=team.writer, version=row.version)
        self.add_resolved_note(row, label)
        for side in SIDES:
            note = self.latin_token(f"{label}/signoff_{side}")
            workflow.sign_off(
                row,
                side,
                by=team.reviewer,
                seen=workflow.reviewing.hash_for_sign_off(Brief.objects.get(pk=row.pk), side),
                note=note,
            )
        return Brief.objects.get(pk=brief.pk)

    def add_resolved_note(self, brief: Brief, label: str) -> Note:
        text = f"{self.latin_token(f'{label}/note')} {self.han_token(f'{label}/note_zh')}"
        note = workflow.reviewing.add_note(brief, text, by=self.team.reviewer, bullet=1, side="en")
        workflow.reviewing.resolve(note, by=self.team.writer)
        return note

    def create_approved(self, words: CanaryContent, label: str, *, at: dt.datetime | None = None) -> Brief:
        brief = self.sign_both_sides(self.create_draft(words), label)
        factories.approve(brief, self.team.publisher, at=at)
        return Brief.objects.get(pk=brief.pk)

    def revise(self, brief: Brief, words: CanaryContent, change: Mapping[str, Any] = NO_CHANGE) -> Brief:
        self.clock.shift(60)
        workflow.revise(brief, by=self.team.writer, version=Brief.objects.get(pk=brief.pk).version)
        texts = (
            "headline_zh",
            "headline_en",
            "summary_zh",
            "summary_en",
            "bullets",
            "facts",
            "picture_alt_zh",
            "picture_alt_en",
        )
        values = {name: getattr(words.content, name) for name in texts}
        return factories.edit(brief, self.team.writer, **values, **change)

    def approve_next_edition(
        self,
        brief: Brief,
        words: CanaryContent,
        label: str,
        change: Mapping[str, Any],
        *,
        at: dt.datetime | None = None,
    ) -> Brief:
        row = self.sign_both_sides(self.revise(brief, words, change), label)
        factories.approve(row, self.team.publisher, at=at)
        return Brief.objects.get(pk=brief.pk)

    def add(self, name: str, brief: Brief, *phases: Phase) -> Brief:
        row = Brief.objects.get(pk=brief.pk)
        slug = row.slug or slugify(row.headline_en) or f"brief-{row.pk}"
        self.sample_briefs.append(SampleBrief(name, row, slug, list(phases) or [HIDDEN]))
        return row

    # What readers see

    def phases(self, now: dt.datetime) -> list[tuple[SampleBrief, Phase]]:
        return [(item, item.phase(now)) for item in self.sample_briefs]

    def allowed(self, now: dt.datetime) -> set[str]:
        """Return the tokens that readers may see. A slug keeps the words of the headline of the first edition."""
        readable = [(item, phase) for item, phase in self.phases(now) if phase.status == 200]
        return self.always_allowed.union(
            *(phase.allowed | find_tokens(item.slug) for item, phase in readable),
            *(tokens for start, tokens in self.scheduled_tokens if start <= now),
        )

    def slugs(self) -> list[str]:
        return [item.slug for item in self.sample_briefs]

    def hidden(self, now: dt.datetime) -> list[SampleBrief]:
        return [item for item, phase in self.phases(now) if phase.status == 404]

    def moments(self) -> list[dt.datetime]:
        starts = {phase.start for item in self.sample_briefs for phase in item.phases}
        return sorted({*starts, *(start for start, _ in self.scheduled_tokens)} - {ALWAYS})

    def find_leaks(self, tokens: Iterable[str], now: dt.datetime, *, given: str = "") -> list[str]:
        """Return the `tokens` that readers may not see, except those that the request itself contained (`given`)."""
        allowed = self.allowed(now) | find_tokens(given)
        leaked = [token for token in tokens if not _is_one_of(token, allowed)]
        return sorted(f"{token} ({self.token_labels.get(token, 'torn')})" for token in leaked)


def _is_one_of(token: str, allowed: set[str]) -> bool:
    """Whether the token, or the token of which it is a truncated form, is allowed."""
    return token in allowed or any(whole.startswith(token) for whole in allowed)


def list_positions() -> list[str]:
    """Return the list position of every edition, including hidden ones."""
    return [str(ListPosition(*row)) for row in Edition.objects.values_list("published_at", "pk")]
