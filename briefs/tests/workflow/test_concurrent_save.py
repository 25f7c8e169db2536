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

from briefs import workflow
from briefs.content import Bullet, Content
from briefs.models import Brief, Revision
from briefs.text.three_way_merge import collect_values_by_key

from ..support import factories
from ..support.form_client import Form, get_brief_form, sign_in, brief_url

pytestmark = [pytest.mark.filterwarnings("ignore:No directory at")]

TOKEN = re.compile(r"<\d+>")
LEADS = ("headline_zh", "headline_en", "summary_zh", "summary_en")


def tokens(value: object) -> set[str]:
    return set(TOKEN.findall(str(value)))


def stored(pk: int) -> Content:
    return workflow.load_working_copy(Brief.objects.get(pk=pk))


@dataclass
class Page:
    """A page as the desk's script keeps it: it types, sends, and shows what comes back."""

    client: Client
    brief: Brief
    dice: random.Random
    count: list[int]
    data: dict[str, list[str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    fresh: set[str] = field(default_factory=set)
    """Words of rows that it deleted since it last heard, and words typed since it was last acknowledged."""

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.data = dict(get_brief_form(self.client, self.brief).data)
        self.gone, self.fresh = set(), set()

    def type(self) -> None:
        """One move: words at the end of a cell, a new row, a row deleted or moved, a level."""
        rows = self.data["bullet"]
        act = self.dice.choice(("cell", "cell", "cell", "lead", "add", "delete", "move", "level"))
        if act == "lead":
            self._write(self.dice.choice(LEADS))
        elif act == "add" or len(rows) < 2:
            key = f"n{self.dice.getrandbits(128):032x}"
            rows.insert(self.dice.randint(0, len(rows)), key)
            self._write(f"text_zh-{key}")
        elif act == "cell":
            self._write(f"text_{self.dice.choice(('zh', 'en'))}-{self.dice.choice(rows)}")
        elif act == "level":
            self.data[f"structure_zh-{self.dice.choice(rows)}"] = [f"{self.dice.randint(0, 2)}-bullet"]
        elif act == "move":
            rows.insert(self.dice.randint(0, len(rows)), rows.pop(self.dice.randrange(len(rows))))
        else:
            key = self.dice.choice(rows)
            rows.remove(key)
            self.gone |= tokens([self.data.get(f"text_{side}-{key}") for side in ("zh", "en")])

    def _write(self, name: str) -> None:
        self.count[0] += 1
        self.data[name] = [f"{self.data.get(name, [''])[0]}<{self.count[0]}>"]
        self.fresh.add(f"<{self.count[0]}>")

    def send(self, *, lost: bool) -> int:
        """How many revisions it made."""
        before = stored(self.brief.pk)
        response = self.client.post(brief_url(self.brief, "autosave"), self.data)
        if response.status_code == 409:
            return self.compare(before)
        answer = response.json()
        after = tokens(stored(self.brief.pk))
        assert tokens(before) - after <= self.gone, "what is lost is what this page deleted"
        assert self.fresh <= after | self.gone, "what is acknowledged is stored"
        self.fresh = set()
        if not lost:
            self.hear(answer)
        return int(answer["changed"])

    def hear(self, answer: Any) -> None:
        self.data |= {"version": [str(answer["version"])], "base": [str(answer["base"])]}
        self.gone = set()
        if state := answer["content"]:
            self.data |= {name: [value] for name, value in state["fields"].items()}
            self.data["bullet"] = [row["key"] for row in state["bullets"]]
            for row in state["bullets"]:
                self.data |= {f"{name}-{row['key']}": [value] for name, value in row.items() if name != "key"}

    def compare(self, before: Content) -> int:
        """The conflict page: every clash settled one way or the other."""
        conflict = Form(self.client.post(brief_url(self.brief), self.data).content.decode())
        takes = {
            name: self.dice.choice(("mine", "theirs")) for name in conflict.data if name.startswith("take-")
        }
        assert takes
        first = Revision.objects.filter(brief=self.brief).count()
        data = {**conflict.data, **{name: [choice] for name, choice in takes.items()}}
        assert self.client.post(brief_url(self.brief), data).status_code == 302
        there = collect_values_by_key(before)
        asked = tokens([there.get(name.removeprefix("take-")) for name in takes])
        assert tokens(before) - tokens(stored(self.brief.pk)) <= asked | self.gone
        self.open()
        return Revision.objects.filter(brief=self.brief).count() - first


@pytest.mark.heavy
@pytest.mark.django_db
def test_random_autosaves_of_two_writers_lose_no_text() -> None:
    team = factories.Team()
    clients = [sign_in(Client(), person) for person in (team.writer, team.other_writer)]
    dice = random.Random(4)
    merges = 0
    rounds = 200 if connection.vendor == "sqlite" else 50
    for _ in range(rounds):
        brief, count = factories.draft_brief(team), [0]
        pages = [Page(client, brief, dice, count) for client in clients]
        made = 1
        for _step in range(5):
            page = dice.choice(pages)
            for _ in range(dice.randint(1, 3)):
                page.type()
            if dice.random() < 0.7:
                base = page.data["base"]
                made += page.send(lost=dice.random() < 0.15)
                merges += page.data["base"] != base
        made += sum(page.send(lost=False) for page in pages)
        numbers = list(
            Revision.objects.filter(brief=brief).order_by("number").values_list("number", flat=True)
        )
        assert numbers == list(range(1, made + 1))
        newest = Revision.objects.filter(brief=brief).latest("number")
        assert Content.from_json(newest.content) == stored(brief.pk)
    assert merges > rounds / 2


SAVER = """
import json, sys, time, django
django.setup()
from dataclasses import replace
from briefs import workflow
from briefs.models import Brief, Person

who, own, shared, saves, number = map(int, sys.argv[1:])
by = Person.objects.get(pk=who)
bases = {own: 1, shared: 1}
acknowledged = 0
for i in range(saves):
    pk = (own, shared)[i % 2]

    def build(was, numbers):
        rows = tuple(replace(b, text_en=f"{who}/{i}") if b.number == number else b for b in was.bullets)
        return replace(was, bullets=rows)

    done = workflow.merge_and_save(pk, workflow.SaveRequest(build, bases[pk]), by=by)
    acknowledged += done.revision is not None
    bases[pk] = done.revision_number
    time.sleep(0.005)  # the part of a request that holds no lock; without it SQLite starves one of six
print(json.dumps(acknowledged))
"""
PROCESSES, SAVES = 6, 500


def address() -> str:
    """Of the tests' own database, as a process of its own opens it."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    host = f"{values['HOST']}:{values['PORT']}" if values["PORT"] else values["HOST"]
    return f"postgres://{values['USER']}:{values['PASSWORD']}@{host}/{values['NAME']}"


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_six_processes_saving_in_parallel_lose_no_save() -> None:
    """Half into a brief of one's own, half into one that all share, each its own bullet."""
    team = factories.Team()
    people = [factories.person(f"w{i}", "Writers") for i in range(PROCESSES)]
    bullets = tuple(Bullet(0, f"第{n}點", "x") for n in range(PROCESSES))
    shared = factories.draft_brief(team, factories.content(bullets=bullets))
    own = [factories.draft_brief(team, factories.content(bullets=bullets)) for _ in people]
    environment = {"DATABASE_URL": address(), "DJANGO_SETTINGS_MODULE": "digest.settings", "PATH": ""}
    running = [
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
    told = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0] * PROCESSES, told
    assert [json.loads(out) for out, _ in told] == [SAVES] * PROCESSES
    assert Revision.objects.filter(brief=shared).count() == 1 + PROCESSES * SAVES // 2
    assert [Revision.objects.filter(brief=brief).count() for brief in own] == [1 + SAVES // 2] * PROCESSES
    texts = [bullet.text_en for bullet in stored(shared.pk).bullets]
    assert texts == [f"{person.pk}/{SAVES - 1}" for person in people]
    by_hand = Revision.objects.filter(brief=shared).values_list("by", flat=True)
    assert {person.pk: list(by_hand).count(person.pk) for person in people} == {
        p.pk: SAVES // 2 for p in people
    }
