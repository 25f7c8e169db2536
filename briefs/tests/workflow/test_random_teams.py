"""Random teams do random acts through the verbs: what readers get, two people have seen, and nobody is locked out.

The oracle compares values (texts, facts, names, order) and knows no hashes. Each of six guards taken out is found.
"""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.utils import timezone

from briefs import workflow
from briefs.admin.uploads import versions
from briefs.content import CHANGE_FIELDS, SIDES, Content, get_change
from briefs.exchange.intake import create_import_job, import_documents
from briefs.models import Brief, Draft, Edition, Keyword, Note, Person, Source, State, Suggestion
from briefs.models.people import get_importer
from briefs.tests.support import corpus_fixtures, factories, scale
from briefs.tests.support import issue_factories as making
from briefs.workflow import drafts, issues, policy, vocabulary
from briefs.workflow.rules import four_eyes, leaves
from briefs.workflow.rules.leaves import LEAVES, NOBODY

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

TEAMS = (("w p", "r p", "p p"), ("w r p", "w p p", "w w p"), ("w w r r p p", "w r r r r p"))
GROUPS = {"w": "Writers", "r": "Reviewers", "p": "Publishers"}
ACTS_A_SEQUENCE = 22
FIRST_TEXTS = {"title_zh": "題", "title_en": "Title", "preface_zh": "前言", "preface_en": "Preface"}
type Values = dict[str, Any]


class Answer(NamedTuple):
    person: int
    leaf: str
    value: Any
    common: Any
    is_yes: bool


@dataclass
class Oracle:
    """Who put which values into a page and who saw them, since the last edition that two people saw."""

    base: Values
    values: Values
    steps: list[tuple[Values, set[int]]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    editions: list[tuple[Any, Values, int, int]] = field(default_factory=list)
    """Each edition with its values, and how many steps and answers there were when it was made."""

    def observe(self, values: Values, people: set[int]) -> None:
        if values != self.values:
            self.steps.append((values, people))
            self.values = values

    def answer(self, person: int, leaf: str, *, is_yes: bool) -> None:
        self.answers.append(Answer(person, leaf, self.values[leaf], self.values["common"], is_yes))

    def find_last(self) -> Any:
        return next((e for e in reversed(self.editions) if not is_cancelled(e[0])), None)

    def list_shown(self) -> list[Values]:
        """Return the values of the editions that readers have, or will have at a set time."""
        return [values for edition, values, _s, _a in self.editions if stands(edition)]

    def check_edition(self, edition: Any, press: int, shown: list[Values], last: Any) -> str:
        """Return what two people have not seen of an edition that this person has just published, or an empty text.

        `shown`: what readers had before, and `last` the last edition then.
        """
        base, step, answer = (last[1], last[2], last[3]) if last else (self.base, 0, 0)
        for leaf in LEAVES:
            value = self.values[leaf]
            if any(values[leaf] == value for values in shown):
                continue
            changers = find_changers(base[leaf], [(v[leaf], p) for v, p in self.steps[step:]])
            voices = self.find_voices(leaf, value, answer)
            voices |= {press} if voices or leaf == "common" else set()
            seen_by_another = changers and NOBODY not in changers and voices - changers
            if len(voices) < 2 and not seen_by_another:
                return f"{leaf} by {changers} was seen by {voices}"
        self.editions.append((edition, self.values, len(self.steps), len(self.answers)))
        return ""

    def find_voices(self, leaf: str, value: Any, since: int) -> set[int]:
        newest: dict[tuple[int, str], bool] = {}
        for answer in self.answers[since:]:
            is_beside = leaf == "common" and answer.common == value
            if is_beside or (answer.leaf == leaf and answer.value == value):
                newest[answer.person, answer.leaf] = answer.is_yes
        return {person for (person, _leaf), is_yes in newest.items() if is_yes}


def stands(edition: Any) -> bool:
    row = type(edition).objects.get(pk=edition.pk)
    return row.live_until is None or row.live_until > timezone.now()


def is_cancelled(edition: Any) -> bool:
    return bool(type(edition).objects.get(pk=edition.pk).is_cancelled)


def find_changers(base: Any, steps: list[tuple[Any, set[int]]]) -> set[int]:
    """Return who changed a value: whoever made a change that another did not undo."""
    changes: list[tuple[Any, set[int]]] = [(base, set())]
    for value, people in steps:
        earlier = [n for n, (was, _people) in enumerate(changes) if was == value]
        changes = changes[: earlier[0] + 1] if earlier else [*changes, (value, people)]
    return set().union(*(people for _value, people in changes))


def read_names(content: Content) -> list[Any]:
    """Return every public column of the rows that a brief prints, merged ones replaced."""
    rows = []
    for kind, pks in ((Source, [content.facts.source]), (Keyword, content.facts.keywords)):
        for pk in filter(None, pks):
            row = kind.objects.get(pk=pk)
            while row.merged_into:
                row = row.merged_into
            hidden = {"id", *row.desk_columns}
            columns = [f for f in row._meta.concrete_fields if f.name not in hidden]
            rows.append([getattr(row, column.attname) for column in columns])
    return rows


class World:
    def __init__(self, team: str, rng: random.Random, kind: str) -> None:
        self.rng, self.log = rng, [team]
        self.people = factories.people({f"p{n}": [GROUPS[role]] for n, role in enumerate(team.split())})
        self.keyword = Keyword.make(label_zh="甲", label_en="A")
        self.spare = Keyword.make(label_zh="乙", label_en="B")
        writers = [p for p in self.people if policy.has_role_for(p, "import")]
        self.author = rng.choice([*writers, get_importer()])
        self.is_brief = kind == "brief"
        if self.is_brief:
            facts = replace(factories.facts(), keywords=(self.keyword.pk,))
            self.row: Any = workflow.editing.create(factories.content(facts=facts), by=self.author)
            base = {side: self.read_side(Content(), side) for side in SIDES} | {"common": None}
        else:
            texts = [(corpus_fixtures.numbered_content(n), f"s{n}") for n in range(3)]
            self.briefs = [corpus_fixtures.publish(*text).brief_id for text in texts]
            self.author = writers[0]
            self.row = issues.create_issue(by=self.author)
            base = dict.fromkeys(LEAVES)
        self.oracle = Oracle(base, base)
        self.observe({self.author.pk if self.author.is_active else NOBODY})
        if not self.is_brief:
            first = FIRST_TEXTS | {"items": self.briefs}
            self.run(self.author, lambda: making.edit_issue(self.row, self.author, **first))

    @staticmethod
    def read_side(content: Content, side: Any) -> Any:
        rows = [b for b in content.bullets if b.text(side)]
        bullets = [(b.number, b.level(side), b.marker(side), b.text(side)) for b in rows]
        texts = content.headline(side), content.summary(side), content.picture_alt(side)
        return [*texts, bullets, content.key_point]

    def read(self) -> Values:
        if not self.is_brief:
            content = making.load_content(self.row)
            return {"zh": content.zh, "en": content.en, "common": [content.items, get_change(content)]}
        content = factories.load_content(self.row)
        common = [content.facts, read_names(content), get_change(content)]
        return {"zh": self.read_side(content, "zh"), "en": self.read_side(content, "en"), "common": common}

    def observe(self, people: set[int]) -> None:
        self.oracle.observe(self.read(), people)

    def reload(self) -> Any:
        self.row = type(self.row).objects.get(pk=self.row.pk)
        return self.row

    def run(self, by: Person, act: Callable[[], Any], people: set[int] | None = None) -> Any:
        """Do the act unless it is refused. Return its result, or None. `people`: who changes the page, if not `by` alone."""
        try:
            with transaction.atomic():
                result = act()
        except workflow.Refused:
            return None
        self.observe({by.pk} if people is None else people)
        return result or True

    def act(self) -> None:
        by = self.rng.choice(self.people)
        state = self.reload().state
        names = ["edit"] * 5 + ["note"] * 4 * bool(self.oracle.editions)
        if self.is_brief:
            names += ["rename"] * 5 + ["undo", "restore", "suggest", "merge", "say_yes", "say_yes"]
            names += ["upload", "upload"]
        if state == State.DRAFT:
            names += ["submit"] * 8 + ["discard"] * bool(self.oracle.editions)
        elif state == State.IN_REVIEW:
            names += ["sign"] * 14 + ["publish"] * 10 + ["send_back", "take_back", "schedule", "schedule"]
        else:
            names += ["revise"] * 8 + ["cancel"] * 3 + ["withdraw", "reinstate"] * self.is_brief
        name = self.rng.choice(names)
        self.log.append(f"{by} {name}")
        getattr(self, name, lambda by: self.verb(name, by))(by)

    def edit(self, by: Person) -> None:
        rng = self.rng
        if not self.is_brief:
            items = rng.sample(self.briefs, k=rng.randint(1, 3))
            texts = [{"title_zh": rng.choice("天地")}, {"preface_en": rng.choice("ab")}, {"items": items}]
            self.run(by, lambda: making.edit_issue(self.row, by, **rng.choice(texts)))
            return
        content = factories.load_content(self.row)
        changes: dict[str, Any] = rng.choice([
            {"summary_zh": rng.choice("天地玄")}, {"summary_en": rng.choice("abc")},
            {"bullets": tuple(reversed(content.bullets))},
            {"facts": replace(content.facts, title=rng.choice("xyz"))},
        ])  # fmt: skip
        self.run(by, lambda: factories.edit(self.row, by, **changes))

    def note(self, by: Person) -> None:
        note = factories.change_note("update", self.rng.choice("一二"), self.rng.choice("12"))
        edit: Callable[..., Any] = factories.edit if self.is_brief else making.edit_issue
        self.run(by, lambda: edit(self.row, by, **note))

    def undo(self, by: Person) -> None:
        """Bring back what an earlier revision had, by hand, but for the note, and try to publish it."""
        note = {name: getattr(factories.load_content(self.row), name) for name in CHANGE_FIELDS}
        published = list(Edition.objects.filter(brief=self.row).order_by("number"))
        earlier = self.rng.choice(published or list(self.row.revisions.order_by("number")))
        content = replace(Content.from_json(earlier.content), **note)
        self.run(by, lambda: workflow.editing.save(self.row, content, by=by, version=self.reload().version))
        self.verb("submit", by)
        self.publish(by)

    def restore(self, by: Person) -> None:
        number = self.rng.choice(list(self.row.revisions.values_list("number", flat=True)))
        self.run(
            by, lambda: workflow.versions.restore(self.row, number, by=by, version=self.reload().version)
        )

    def suggest(self, by: Person) -> None:
        """Accept a colleague's wording: both of them changed the text."""
        other = self.rng.choice(self.people)
        anchor, text = workflow.review_comments.TextAnchor("summary"), self.rng.choice("abc")
        seen = workflow.review_comments.hash_json(factories.load_content(self.row).summary_en)

        def act() -> Any:
            made = workflow.review_comments.suggest(self.row, anchor, "en", text, by=other, seen=seen)
            return workflow.review_comments.accept(Suggestion.objects.get(pk=made.pk), by=by)

        self.run(by, act, {by.pk, other.pk})

    def upload(self, by: Person) -> None:
        """Accept a file's words: who uploaded it, whose words they are, and who edited its draft changed the text too."""
        uploader, writer, editor, chooser = (self.rng.choice(self.people) for _ in range(4))
        word = self.rng.choice("abc")
        text = f"摘要:\n天\n• 甲{word}\n\nSummary:\n{word}\n• {word}\n".encode()
        job = create_import_job(actor=uploader, writer=writer, for_desk=True)
        try:
            with transaction.atomic():
                (outcome,) = import_documents([("a.txt", text)], job)
                draft = Brief.objects.get(pk=outcome.brief)
                Brief.objects.filter(pk=draft.pk).update(version_of=self.row, state=State.DRAFT)
                factories.edit(
                    draft, editor, summary_zh=self.rng.choice("地玄")
                )  # never the file's own words
                versions.take_as_version(Brief.objects.get(pk=draft.pk), by=chooser)
                Note.objects.update(resolved_at=timezone.now())
        except workflow.Refused:
            return
        self.observe({chooser.pk})
        people = {uploader.pk, writer.pk, editor.pk, chooser.pk}
        self.run(by, lambda: workflow.review_comments.accept_file(self.row, "a.txt", by=by), people)

    def rename(self, by: Person) -> None:
        row = Keyword.objects.get(pk=self.keyword.pk)
        row.label_en = self.rng.choice(("A", "A2", "A3"))
        if self.run(by, lambda: vocabulary.save_vocabulary_row(row, by=by)) and self.rng.random() < 0.5:
            self.edit(self.rng.choice(self.people))  # hides who changed the page before
            self.publish(by)

    def merge(self, by: Person) -> None:
        rows = [Keyword.objects.get(pk=row.pk) for row in (self.keyword, self.spare)]
        if rows[0].merged_into:
            self.run(by, lambda: vocabulary.unmerge_vocabulary(rows[0], by=by))
        else:
            self.run(by, lambda: vocabulary.merge_vocabulary(rows[:1], into=rows[1], by=by))

    def say_yes(self, by: Person) -> None:
        """Say yes to a draft of a name that readers see. Its author is who changed what open briefs print."""
        for draft in Draft.objects.waiting().select_related("by"):
            before = list(Keyword.objects.order_by("pk").values())
            self.run(draft.by, lambda draft=draft: workflow.drafts.sign_draft(draft, LEAVES, by=by))
            if by == draft.by and list(Keyword.objects.order_by("pk").values()) != before:
                raise Unseen(f"{by} changed a public name alone: {self.log}")

    def sign(self, by: Person, names: tuple[str, ...] = ()) -> None:
        for leaf in names or (self.rng.choice(LEAVES),):
            verb: Callable[..., Any] = factories.sign_off if self.is_brief else making.sign_issue
            if self.run(by, lambda verb=verb, leaf=leaf: verb(self.row, by, leaf)):
                self.oracle.answer(by.pk, leaf, is_yes=True)

    def take_back(self, by: Person, names: tuple[str, ...] = LEAVES) -> None:
        for leaf in names:
            if self.run(by, lambda leaf=leaf: workflow.take_back_sign_off(self.row, leaf, by=by)):
                self.oracle.answer(by.pk, leaf, is_yes=False)

    def send_back(self, by: Person) -> None:
        if self.run(by, lambda: workflow.send_back(self.row, by=by, note="再看")):
            for side in SIDES:
                self.oracle.answer(by.pk, side, is_yes=False)
        Note.objects.update(resolved_at=self.row.updated_at)

    def publish(self, by: Person, at: dt.datetime | None = None) -> bool:
        before = self.oracle.list_shown(), self.oracle.find_last()
        verb: Any = factories.approve if self.is_brief else making.publish
        edition = self.run(by, lambda: verb(self.row, by, at=at))
        if edition:
            fault = self.oracle.check_edition(edition, by.pk, *before)
            for leaf in LEAVES:
                if leaf == "common" or self.oracle.find_voices(leaf, self.oracle.values[leaf], 0):
                    self.oracle.answer(by.pk, leaf, is_yes=True)
            if fault:
                raise Unseen(f"{fault}: {self.log}")
        return bool(edition)

    def schedule(self, by: Person) -> None:
        self.publish(by, at=factories.tomorrow())

    def verb(self, name: str, by: Person) -> None:
        is_versioned = self.is_brief and name in ("submit", "discard", "revise")
        values: Any = {"version": self.reload().version} if is_versioned else {}
        values |= {"kind": "other"} if name == "withdraw" else {}
        people = set[int]() if name == "revise" else None  # the note starts empty, which is nobody's change
        self.run(by, lambda: getattr(workflow, name)(self.row, by=by, **values), people)

    def finish(self) -> bool:
        """Return whether the team, all of whom say yes to all that they may, can publish the page."""
        for step in ("revise", "note", "edit", "submit"):
            for person in self.people:
                if step in ("revise", "submit"):
                    self.verb(step, person)
                elif self.reload().state == State.DRAFT:
                    getattr(self, step)(person)
        for person in self.people:
            self.take_back(person)
        for person in self.people:
            self.sign(person, LEAVES)
        if self.reload().state == State.APPROVED or self.is_shown():
            return True
        return any(self.publish(p) for p in self.people if policy.has_role_for(p, "approve"))

    def is_shown(self) -> bool:
        """Return whether readers have all but the note."""
        now, *shown = (
            values | {"common": values["common"][:-1]}
            for values in (self.oracle.values, *self.oracle.list_shown())
        )
        return now in shown


class Unseen(Exception):
    """Raised when readers got something that two people had not seen."""


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def play(seed: int, acts: int = ACTS_A_SEQUENCE) -> None:
    """Play one sequence. Raise Unseen if readers get what two people have not seen."""
    rng = random.Random(seed)
    team = rng.choice(rng.choice(TEAMS))
    with undone():
        world = World(team, rng, rng.choice(("brief", "brief", "issue")))
        for _ in range(acts):
            world.act()
        assert world.finish(), f"locked out: {world.log}"


def test_few_random_teams_publish_nothing_unseen_and_are_never_locked_out() -> None:
    for seed in range(4):
        play(seed)


@pytest.mark.heavy
@pytest.mark.parametrize("part", range(2))
def test_many_random_teams_publish_nothing_unseen_and_are_never_locked_out(part: int) -> None:
    for seed in range(part, scale(200), 2):
        play(seed)


def _count_press_always(leaf: Any, *, four_eyes: bool, press: int | None = None) -> bool:
    voices = leaf.voices | ({press} if press else set())
    return not leaf.rejected_by and (leaf.is_public or leaf.would_settle(voices, four_eyes=four_eyes))


def _find_answers_to_any_hash(history: Any, name: str) -> list[Any]:
    since = four_eyes.find_baseline_number(history)
    return [s for s in history.signoffs if s.leaf == name and s.revision > since]


GUARDS: dict[str, tuple[Any, str, Any, int]] = {
    "changers": (four_eyes, "find_changers", lambda base, steps: frozenset({-1}), 2),
    "hash": (four_eyes, "find_answers", _find_answers_to_any_hash, 1),
    "press": (leaves.Leaf, "is_settled", _count_press_always, 0),
    "suggestion": (four_eyes, "find_people", lambda r: (NOBODY if r.is_nobodys else r.by_id,), 227),
    "renaming": (drafts, "record_renaming", lambda *rows, **values: None, 117),
    "nobody": (four_eyes, "find_people", lambda r: tuple(r.list_people_ids()), 11),
}
"""What takes the place of each guard, and the seed that found it last, which is tried first: the search takes a minute."""


def _play_until_unseen(first: int, acts: int) -> None:
    for seed in (first, *range(400)):
        with suppress(AssertionError):
            play(seed, acts)


@pytest.mark.heavy
@pytest.mark.parametrize("guard", GUARDS)
def test_random_teams_find_a_missing_guard(guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name, substitute, first = GUARDS[guard]
    monkeypatch.setattr(owner, name, substitute)
    with pytest.raises(Unseen):
        _play_until_unseen(first, ACTS_A_SEQUENCE)
