"""What a team changed at the desk in one step, told to a model, and what readers see after it."""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.test import Client, override_settings
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from briefs.models import (
    Author,
    Brief,
    Edition,
    Keyword,
    Person,
    SiteVersion,
    Source,
    Term,
)

from . import factories
from .second_person_model import NAMES_OF, SIDES, PublicBrief, SecondPersonModel, Value, Values, find_tokens

START = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
GROUPS = {"w": ["Writers"], "r": ["Reviewers"], "p": ["Publishers"]}
PHRASES = {"summary": ("紅線", "red line"), "1": ("灰色地帶", "gray zone"), "2": ("稀土", "rare earths")}
"""What a glossary term may explain, by slot."""
SLOTS = ("headline", "summary", "1", "2")
VOCABULARY: dict[str, Any] = {"author": Author, "source": Source, "keyword": Keyword, "term": Term}
NAME_COLUMNS = ("name", "name_zh", "label_zh", "label_en")
IMPORTER = "importer"
RETURNING_VERBS = ("cancel", "reschedule", "reinstate")
"""Verbs that need no second person, since they show readers what was approved before."""


class SkipRendering(MiddlewareMixin):
    """Answer a refused POST with its reasons alone: to render the whole page takes more than half of the time."""

    def process_template_response(self, request: HttpRequest, response: TemplateResponse) -> TemplateResponse:
        if request.method == "POST":
            reasons = (response.context_data or {}).get("reasons") or ()
            response.content = " ".join(str(reason["text"]) for reason in reasons)
        return response


class SecondPersonMissing(AssertionError):
    """Readers see what only one person vouched for, or an honest act was refused."""


@dataclass
class Page:
    """A page that a person has open: its form, and what it showed."""

    data: dict[str, list[str]]
    values: Values
    names: frozenset[str]
    html: str


@dataclass
class DeskCopy:
    """The working copy of a brief at one version, read from its columns and rows."""

    version: int
    data: dict[str, list[str]]
    """What the page for writing would send, without the fields that stay as they are."""
    values: Values
    rows: dict[str, list[int]]
    """The rows of the vocabulary by kind of fact."""


@dataclass
class Act:
    """What a step did, as the model needs to know it."""

    by: str
    editor: str = ""
    published: int | None = None
    is_urgent: bool = False
    is_scheduled: bool = False
    seen: Page | None = None
    accepted: frozenset[str] = frozenset()
    """Who wrote the proposal that was accepted."""
    is_vocabulary: bool = False
    is_discard: bool = False
    may_return: bool = False


@dataclass
class TeamState:
    """What a sequence changes outside the database, copied before each sequence."""

    model: SecondPersonModel = field(default_factory=SecondPersonModel)
    pages: dict[tuple[str, str, int], Page] = field(default_factory=dict)
    copies: dict[int, DeskCopy] = field(default_factory=dict)
    public_version: object = None
    public: dict[int, PublicBrief] = field(default_factory=dict)
    introductions: dict[str, Value] = field(default_factory=dict)
    counter: int = 0
    versions: dict[int, int] = field(default_factory=dict)
    texts: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    """Former values of the fields of a brief's form."""
    editions: dict[int, list[int]] = field(default_factory=dict)
    """Revision numbers that were approved, by brief."""
    proposals: dict[int, str] = field(default_factory=dict)
    """Who wrote each proposal."""
    documents: dict[int, str] = field(default_factory=dict)
    """The text of the document that a brief was imported from."""
    log: list[str] = field(default_factory=list)


class TeamSteps:
    """`roles` has a letter for each person: w, r or p. People are named `p1`, `w2` …"""

    def __init__(self, roles: str) -> None:
        self.people = [f"{role}{n}" for n, role in enumerate(roles, 1)]
        rows = factories.people({name: GROUPS[name[0]] for name in self.people}, language="en")
        self.pks = {row.username: row.pk for row in rows}
        self.clients = {row.username: _sign_in(row) for row in rows}
        with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, f"{__name__}.{SkipRendering.__name__}"]):
            for client in self.clients.values():
                client.handler.load_middleware()
        self.reader = Client()
        self.state = TeamState()
        self.clock: Any = None

    # Who can what

    def with_role(self, *roles: str) -> list[str]:
        return [name for name in self.people if name[0] in roles]

    @property
    def model(self) -> SecondPersonModel:
        return self.state.model

    def new_token(self, kind: str, *authors: str) -> str:
        self.state.counter += 1
        token = f"{kind}q{self.state.counter}x"
        self.model.authors[token] = set(authors)
        return token

    def write(self, slot: str, side: str, *authors: str) -> str:
        """Return a new text for a slot, with its phrase and a token."""
        token, phrase = self.new_token("z" if side == "zh" else "e", *authors), PHRASES.get(slot)
        if side == "zh":
            return f"{phrase[0] if phrase else '標題'}與{token}。" if slot != "headline" else f"標題與{token}"
        return f"A {phrase[1]} and {token}." if phrase else f"A Headline and {token}"

    def add_letter(self, text: str, *authors: str) -> str:
        (token,) = find_tokens(text, "ze")
        self.model.authors.setdefault(f"{token}a", set()).update(authors)
        return text.replace(token, f"{token}a")

    # Reading the desk and the public pages

    def read_copy(self, pk: int) -> DeskCopy:
        row = Brief.objects.get(pk=pk)
        known = self.state.copies.get(pk)
        if known is None or known.version != row.version:
            known = self.state.copies[pk] = _read_copy(row)
        return known

    def read_desk(self, pk: int) -> Values:
        """Return the parts of the working copy, and the names that its rows have now."""
        desk = self.read_copy(pk)
        return desk.values | {
            f"{NAMES_OF}{name}": _read_names(name, rows) for name, rows in desk.rows.items()
        }

    def look_at_public_pages(self) -> None:
        """Read every listed brief and introduction as a reader does, if a row that readers see has changed."""
        now = timezone.now()
        current = list(Edition.objects.public(now).order_by("pk").values_list("pk", flat=True))
        version = (SiteVersion.objects.values_list("token", flat=True).get(), current)
        if version == self.state.public_version and connection.vendor == "sqlite":
            return  # on PostgreSQL the token changes with the commit, and a sequence never commits
        listed = self.reader.get("/api/v1/briefs").json()["briefs"]
        self.state.public = {entry["id"]: self._read_brief(entry["slug"]) for entry in listed}
        self.state.introductions = self._read_introductions()
        self.state.public_version = version

    def _read_brief(self, slug: str) -> PublicBrief:
        pages = []
        for language in ("en", "zh-hant"):
            response = self.reader.get(f"/{language}/briefs/{slug}/parallel/")
            assert response.status_code == 200, (slug, response.status_code)
            html = re.sub(
                r'<section[^>]*class="related.*?</section>', "", response.content.decode(), flags=re.DOTALL
            )
            pages.append(html)
        article = re.sub(r"<[^>]*>", " ", pages[0][pages[0].index("<article") : pages[0].index("</article>")])
        article = re.sub(r"https?://\S+", " ", article)  # an address has the words of the first headline
        both = pages[0] + pages[1]
        names = tuple(
            sorted(set(find_tokens(re.sub(r"[-/]nq\d+x", "", both), "n")))
        )  # an address keeps the first name
        return PublicBrief(
            find_tokens(article, "z"), find_tokens(article, "e"), frozenset(find_tokens(both, "f")), names
        )

    def _read_introductions(self) -> dict[str, Value]:
        """Read the introduction of every topic that the home page of an index names."""
        html = self.reader.get("/en/keywords/").content.decode()
        slugs = dict.fromkeys(re.findall(r'href="/en/keywords/([\w-]+)/"', html))
        return {
            slug: find_tokens(self.reader.get(f"/en/keywords/{slug}/").content.decode(), "i")
            for slug in slugs
        }

    def find_state(self, pk: int) -> str:
        return str(Brief.objects.values_list("state", flat=True).get(pk=pk))

    # One step

    def play(self, text: str, act: Callable[[], Act]) -> None:
        """Do one act, record what changed on the desk, and compare what readers see with the record."""
        self.clock.shift(dt.timedelta(seconds=1))
        self.state.log.append(text)
        self._settle(act())

    def note(self, text: str) -> None:
        """Add what became of the act to its line of the log."""
        self.state.log.append(f"    {text}")

    def _settle(self, act: Act) -> None:
        versions = dict(Brief.objects.values_list("pk", "version"))
        for pk in [
            pk
            for pk, version in versions.items()
            if act.is_vocabulary or self.state.versions.get(pk) != version
        ]:
            self.model.record_change(
                pk,
                self.read_desk(pk),
                actor=act.by,
                editor=act.editor,
                is_discard=act.is_discard,
                is_accepted=bool(act.accepted),
            )
        self.state.versions = versions
        self.look_at_public_pages()
        public = self.state.public
        faults = self.model.judge_introductions(self.state.introductions, act.accepted, by=act.by)
        if act.published is not None:
            pk = act.published
            self.state.editions.setdefault(pk, []).append(
                Brief.objects.get(pk=pk).revisions.order_by("-number").values_list("number", flat=True)[0]
            )
            self.model.record_edition(pk)
            if act.is_urgent:
                self.model.record_urgent(pk, by=act.by)
            else:
                assert act.seen is not None
                self.model.record_name_vouch(act.seen.names, by=act.by)
                names = act.seen.names
                facts = {
                    name: value for name, value in act.seen.values.items()
                    if name not in SIDES and (not name.startswith(NAMES_OF) or names.issuperset(value))
                }  # fmt: skip
                faults += self.model.judge_approval(
                    pk, facts, None if act.is_scheduled else public[pk], by=act.by
                )
                self.model.settle_edition(pk)
        faults += self.model.judge_public(
            public,
            published=None if act.is_scheduled else act.published,
            accepted=act.accepted,
            by=act.by,
            returned=act.may_return,
        )
        if faults:
            raise SecondPersonMissing("\n".join([*self.state.log, *(f"=> {fault}" for fault in faults)]))


def _read_copy(row: Brief) -> DeskCopy:
    newest = row.revisions.latest("number")
    bullets = list(row.bullets.order_by("position").values_list("number", "text_zh", "text_en"))
    bylines = list(row.bylines.order_by("position").values_list("author", "affiliation_zh", "affiliation_en"))
    keywords = list(row.labels.order_by("position").values_list("keyword", flat=True))
    texts = {
        f"{name}_{side}": getattr(row, f"{name}_{side}") for name in ("headline", "summary") for side in SIDES
    }
    texts |= {f"text_{side}-b{bullet[0]}": bullet[n] for bullet in bullets for n, side in enumerate(SIDES, 1)}
    data = {
        "draft": ["1"], "version": [str(row.version)], "base": [str(newest.number)],
        "seen_zh": [newest.hash_zh], "seen_en": [newest.hash_en], **{name: [text] for name, text in texts.items()},
        "bullet": [f"b{bullet[0]}" for bullet in bullets],
        "author": [f"a{byline[0]}" for byline in bylines], "keyword": [f"k{pk}" for pk in keywords],
    }  # fmt: skip
    facts = {
        "title": row.article_title, "doi": row.article_doi, "date": row.article_date, "source": row.source_id,
        "keywords": tuple(keywords), "authors": tuple(bylines),
    }  # fmt: skip
    values = {
        side: find_tokens("\n".join(text for name, text in texts.items() if f"_{side}" in name), "ze")
        for side in SIDES
    }
    values |= {name: (repr(value),) if value else () for name, value in facts.items()}
    rows = {
        "source": [row.source_id] if row.source_id else [],
        "keywords": keywords,
        "authors": [byline[0] for byline in bylines],
    }
    return DeskCopy(row.version, data, values, rows)


def _read_names(name: str, pks: Iterable[int]) -> Value:
    """Return the tokens of the names that rows have now, each followed to the row that it was merged into."""
    kind, tokens = VOCABULARY[name.removesuffix("s")], []
    columns = [column for column in NAME_COLUMNS if hasattr(kind, column)]
    rows = {pk: rest for pk, *rest in kind.objects.values_list("pk", "merged_into", *columns)}
    for pk in pks:
        while rows[pk][0]:
            pk = rows[pk][0]
        tokens += find_tokens(" ".join(rows[pk][1:]), "n")
    return tuple(tokens)


def _sign_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client
