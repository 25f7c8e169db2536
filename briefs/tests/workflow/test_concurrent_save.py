"""Concurrent saves in random order: one revision per acknowledged save, and no acknowledged text is lost."""

import json
import random
import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from briefs.bilingual.text.content_merge import collect_values_by_key
from briefs.content import Bullet, Content
from briefs.models import Brief, Revision
from briefs.tests.support import factories, scale
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url, get_brief_form, sign_in

pytestmark = [pytest.mark.filterwarnings("ignore:No directory at")]

TOKEN = re.compile(r"<\d+>")
LEAD_FIELDS = ("headline_zh", "headline_en", "summary_zh", "summary_en")


def extract_tokens(value: object) -> set[str]:
    return set(TOKEN.findall(str(value)))


@dataclass
class Page:
    """An editor page as the script keeps it: it edits, sends, and shows the response."""

    client: Client
    brief: Brief
    rng: random.Random
    counter: list[int]
    data: dict[str, list[str]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    unacknowledged: set[str] = field(default_factory=set)
    """Tokens of rows deleted since the last response, and tokens typed since the last acknowledged save."""

    def __post_init__(self) -> None:
        self.load_form()

    def load_form(self) -> None:
        self.data = dict(get_brief_form(self.client, self.brief).data)
        self.deleted, self.unacknowledged = set(), set()

    def edit_at_random(self) -> None:
        """Make one edit: text at the end of a cell, a new row, a row deleted or moved, or a level."""
        rows = self.data["bullet"]
        action = self.rng.choice(("cell", "cell", "cell", "lead", "add", "delete", "move", "level"))
        if action == "lead":
            self._append_token(self.rng.choice(LEAD_FIELDS))
        elif action == "add" or len(rows) < 2:
            key = f"n{self.rng.getrandbits(128):032x}"
            rows.insert(self.rng.randint(0, len(rows)), key)
            self._append_token(f"text_zh-{key}")
        elif action == "cell":
            self._append_token(f"text_{self.rng.choice(('zh', 'en'))}-{self.rng.choice(rows)}")
        elif action == "level":
            self.data[f"structure_zh-{self.rng.choice(rows)}"] = [f"{self.rng.randint(0, 2)}-bullet"]
        elif action == "move":
            rows.insert(self.rng.randint(0, len(rows)), rows.pop(self.rng.randrange(len(rows))))
        else:
            key = self.rng.choice(rows)
            rows.remove(key)
            self.deleted |= extract_tokens([self.data.get(f"text_{side}-{key}") for side in ("zh", "en")])

    def _append_token(self, name: str) -> None:
        self.counter[0] += 1
        self.data[name] = [f"{self.data.get(name, [''])[0]}<{self.counter[0]}>"]
        self.unacknowledged.add(f"<{self.counter[0]}>")

    def send(self, *, response_lost: bool) -> int:
        """Autosave and return the number of revisions made."""
        before = factories.load_content(self.brief)
        response = self.client.post(brief_url(self.brief, "autosave"), self.data)
        if response.status_code == 409:
            return self.resolve_conflict(before)
        answer = response.json()
        after = extract_tokens(factories.load_content(self.brief))
        assert extract_tokens(before) - after <= self.deleted, "only text that this page deleted may be lost"
        assert self.unacknowledged <= after | self.deleted, "acknowledged text must be stored"
        self.unacknowledged = set()
        if not response_lost:
            self.apply_response(answer)
        return int(answer["changed"])

    def apply_response(self, answer: Any) -> None:
        self.data |= {"version": [str(answer["version"])], "base": [str(answer["base"])]}
        self.deleted = set()
        if state := answer["content"]:
            self.data |= {name: [value] for name, value in state["fields"].items()}
            self.data["bullet"] = [row["key"] for row in state["bullets"]]
            for row in state["bullets"]:
                self.data |= {f"{name}-{row['key']}": [value] for name, value in row.items() if name != "key"}

    def resolve_conflict(self, before: Content) -> int:
        """Settle every conflict at random and return the number of revisions made."""
        conflict = Form(self.client.post(brief_url(self.brief), self.data).text)
        choices = {
            name: self.rng.choice(("mine", "theirs")) for name in conflict.data if name.startswith("take-")
        }
        assert choices
        count_before = Revision.objects.filter(brief=self.brief).count()
        data = {**conflict.data, **{name: [choice] for name, choice in choices.items()}}
        assert self.client.post(brief_url(self.brief), data).status_code == 302
        stored_values = collect_values_by_key(before)
        conflicting = extract_tokens([stored_values.get(name.removeprefix("take-")) for name in choices])
        assert (
            extract_tokens(before) - extract_tokens(factories.load_content(self.brief))
            <= conflicting | self.deleted
        )
        self.load_form()
        return Revision.objects.filter(brief=self.brief).count() - count_before


@pytest.mark.heavy
@pytest.mark.django_db
def test_random_autosaves_of_two_writers_lose_no_text() -> None:
    team = Team()
    clients = [sign_in(Client(), person) for person in (team.writer, team.other_writer)]
    rng = random.Random(4)
    merges = 0
    rounds = scale(25)
    for _ in range(rounds):
        brief, counter = factories.draft_brief(team), [0]
        pages = [Page(client, brief, rng, counter) for client in clients]
        expected_count = 1
        for _step in range(5):
            page = rng.choice(pages)
            for _ in range(rng.randint(1, 3)):
                page.edit_at_random()
            if rng.random() < 0.7:
                base = page.data["base"]
                expected_count += page.send(response_lost=rng.random() < 0.15)
                merges += page.data["base"] != base
        expected_count += sum(page.send(response_lost=False) for page in pages)
        numbers = list(
            Revision.objects.filter(brief=brief).order_by("number").values_list("number", flat=True)
        )
        assert numbers == list(range(1, expected_count + 1))
        newest = Revision.objects.filter(brief=brief).latest("number")
        assert Content.from_json(newest.content) == factories.load_content(brief)
    assert merges > rounds / 2


SAVER = """
import json, sys, time, django
django.setup()
from dataclasses import replace
from briefs import workflow
from briefs.models import Brief, Person

person, own, shared, saves, number = map(int, sys.argv[1:])
by = Person.objects.get(pk=person)
bases = {own: 1, shared: 1}
acknowledged = 0
for i in range(saves):
    pk = (own, shared)[i % 2]

    def build(stored, numbers):
        rows = tuple(replace(b, text_en=f"{person}/{i}") if b.number == number else b for b in stored.bullets)
        return replace(stored, bullets=rows)

    saved = workflow.concurrent_save.merge_and_save(pk, workflow.concurrent_save.SaveRequest(build, bases[pk]), by=by)
    acknowledged += saved.revision is not None
    bases[pk] = saved.revision_number
    time.sleep(0.005)  # as between requests: no lock is held; without it SQLite starves one process
print(json.dumps(acknowledged))
"""
PROCESSES, SAVES = 6, 2 * scale(40)


def database_url() -> str:
    """Return the URL with which another process opens the test database."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    host = f"{values['HOST']}:{values['PORT']}" if values["PORT"] else values["HOST"]
    return f"postgres://{values['USER']}:{values['PASSWORD']}@{host}/{values['NAME']}"


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_six_processes_saving_in_parallel_lose_no_save() -> None:
    """Half of the saves go to an own brief, half to a shared one, in which each has its own bullet."""
    team = Team()
    people = [factories.person(f"w{i}", "Writers") for i in range(PROCESSES)]
    bullets = tuple(Bullet(0, f"第{n}點", "x") for n in range(PROCESSES))
    shared = factories.draft_brief(team, factories.content(bullets=bullets))
    own = [factories.draft_brief(team, factories.content(bullets=bullets)) for _ in people]
    environment = {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "digest.settings", "PATH": ""}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SAVER, *map(str, (person.pk, brief.pk, shared.pk, SAVES, n))],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n, (person, brief) in enumerate(zip(people, own, strict=True), 1)
    ]
    outputs = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, outputs
    assert [json.loads(out) for out, _ in outputs] == [SAVES] * PROCESSES
    assert Revision.objects.filter(brief=shared).count() == 1 + PROCESSES * SAVES // 2
    assert [Revision.objects.filter(brief=brief).count() for brief in own] == [1 + SAVES // 2] * PROCESSES
    texts = [bullet.text_en for bullet in factories.load_content(shared).bullets]
    assert texts == [f"{person.pk}/{SAVES - 1}" for person in people]
    savers = Revision.objects.filter(brief=shared).values_list("by", flat=True)
    assert {person.pk: list(savers).count(person.pk) for person in people} == {
        p.pk: SAVES // 2 for p in people
    }
