"""Create the people, briefs and rows that `page_snapshot` visits, by commands and the desk's own forms."""

import re
import struct
import zlib
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import time_machine
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from briefs.models import Brief, Outbox, Person, Presence, Search, State

from .snapshot_forms import OWN_PAGE, Pairs, forms_of, predict_chance

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
IMPORTED = ("variants/three-digests.txt", "corpus/several-with-titles.txt")
SAMPLES = 200
ROLES = ("writer", "reviewer-zh", "publisher", "superuser")
VOCABULARY = {
    "author": {"name": "Ann Example"},
    "source": {"name": "The Example Paper"},
    "keyword": {"label_zh": "港口", "label_en": "Ports"},
    "term": {"zh": "灰色地帶", "en": "gray zone"},
}
BRIEF = "/admin/briefs/brief/"


@dataclass
class World:
    """A client for each role, a brief for each state, and the ids that addresses need."""

    clock: time_machine.Traveller
    clients: dict[str, Client] = field(default_factory=dict)
    briefs: dict[str, int] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    uploads: dict[str, str] = field(default_factory=dict)
    """Address of each upload: by vocabulary kind for sheets, `new`, `changed` and `done` for documents."""

    def press(self, who: str, page: str, action: str = "", button: str = "", **values: Any) -> Any:
        """Open a page and press a button of its form. An error ends the run.

        A minute passes before and after, so that times differ and no form is sent too soon.
        """
        client = self.clients.get(who) or Client()
        self.clock.shift(60)
        predict_chance(f"{who} {page} {action} {timezone.now()}")
        shown = client.get(page, follow=True)
        self.clock.shift(60)
        target, data = _press_on(shown, page, action, button)
        response = client.post(target.partition("#")[0], data | values, headers=OWN_PAGE)
        if response.status_code >= 400:
            raise RuntimeError(f"{who} at {target}: {response.status_code}\n{_page_text(response)}")
        return response

    def do(self, who: str, brief: str, verb: str, *, page: str = "", **values: Any) -> Any:
        """Press the button of a verb, on its own page or another page of the brief."""
        base = f"{BRIEF}{self.briefs[brief]}/"
        return self.press(who, f"{base}{page or verb}/", f"{base}{verb}/", **values)


def _page_text(response: Any) -> str:
    """Keep the sentences of a page."""
    text = re.sub(r"(?s)<(script|svg|nav|header).*?</\1>|<[^>]*>", " ", response.content.decode())
    return " ".join(text.split())


def _press_on(response: Any, page: str, action: str, button: str) -> tuple[str, Pairs]:
    expected = action or page
    for form in forms_of(response.content.decode(), page):
        for target, data in form.presses():
            if urlsplit(target).path == urlsplit(expected).path and (not button or button in data):
                return target, data
    raise RuntimeError(f"{page} ({response.status_code}): no form for {expected} {button}")


def make_world(clock: time_machine.Traveller) -> World:
    """Fill an empty database."""
    predict_chance("world")
    world = World(clock)
    call_command("demo", "--no-server", "--briefs", str(SAMPLES), stdout=StringIO(), stderr=StringIO())
    files = [str(FIXTURES / name) for name in IMPORTED]
    call_command("import_briefs", *files, "--written-by", "writer", stdout=StringIO())
    _sign_in(world)
    _choose_briefs(world)
    _add_vocabulary(world)
    _add_uploads(world)
    _move_briefs(world)
    _publish_picture(world)
    _remark(world)
    _add_rows(world)
    return world


def _sign_in(world: World) -> None:
    Person.objects.create_superuser("superuser", "superuser@example.org", name="Root")
    Person.objects.update(password=make_password("a known password", salt="salt"))
    for role in ROLES:
        world.clients[role] = Client(raise_request_exception=False)
        world.clients[role].force_login(Person.objects.get(username=role))


def _choose_briefs(world: World) -> None:
    """Choose the briefs to visit: the demo's by their state, others by the state that they will be moved to."""
    found = list(Brief.objects.order_by("pk").values_list("pk", "state"))
    demo, later = found[:4], found[4:]
    approved = [pk for pk, state in later if state == State.APPROVED]
    drafts = [pk for pk, state in later if state == State.DRAFT]
    world.briefs = dict(zip(("live", "scheduled", "in-review", "draft"), (pk for pk, _ in demo), strict=True))
    moved = ("withdrawn", "removed", "urgent", "second", "source-withdrew", "amended")
    world.briefs |= dict(zip(moved, approved, strict=False))
    world.briefs |= dict(zip(("imported", "discarded"), drafts, strict=False))


def _add_vocabulary(world: World) -> None:
    """Make two rows of each kind, one merged into the other, and upload a sheet without confirming it."""
    for kind, values in VOCABULARY.items():
        base = f"/admin/briefs/{kind}/"
        pks = []
        for number in (1, 2):
            named = {name: f"{value} {number}" for name, value in values.items()}
            world.press("writer", f"{base}add/", button="_save", **named)
            pks.append(_newest_pk(kind))
        merge = f"{base}merge/?ids={pks[0]},{pks[1]}"
        world.press("writer", merge, keep=pks[0])
        sheet = "\n".join([",".join(["slug", *values]), "," + ",".join(f"{v} 3" for v in values.values())])
        file = SimpleUploadedFile("sheet.csv", sheet.encode())
        world.uploads[kind] = world.press("writer", f"{base}import/", files=file)["Location"]


def _newest_pk(kind: str) -> int:
    return int(apps.get_model("briefs", kind)._default_manager.order_by("-pk")[0].pk)


def _add_uploads(world: World) -> None:
    """Upload a new and a changed document without confirming them, confirm a third, and plan a brief."""
    known = FIXTURES / "samples" / "03-faulty-drones.txt"
    text = known.read_text(encoding="utf-8")
    other = (FIXTURES / "corpus" / "table-languages.txt").read_text(encoding="utf-8")
    changed = SimpleUploadedFile(known.name, text.replace("年產值約3.5億", "年產值約4億").encode())
    given: dict[str, dict[str, Any]] = {
        "new": {"paste": text.replace("Sample Author", "Somebody Else") + "\nAn addition.\n"},
        "changed": {"files": changed},
        "done": {"paste": other},
    }
    for name, values in given.items():
        world.uploads[name] = world.press("writer", f"{BRIEF}upload/", **values)["Location"]
    world.press("writer", world.uploads["done"])
    world.press("writer", f"{BRIEF}upload/", paste="https://example.org/planned", due_on="2026-08-01")
    world.briefs["planned"] = _newest_pk("brief")


def _move_briefs(world: World) -> None:
    """Bring briefs into the states that the demo lacks."""
    reasons = {"reason_zh": "數字有誤", "reason_en": "A figure was wrong"}
    world.do("publisher", "withdrawn", "withdraw", kind="other", **reasons)
    world.do("publisher", "removed", "remove", reason="By order of a court")
    world.do("writer", "discarded", "discard")
    world.do("writer", "source-withdrew", "source_withdrew")
    ticked: dict[str, Any] = {"ticked": ["source_withdrew"], "kind": "editors_note"}
    world.do("superuser", "source-withdrew", "approve", when="now", **ticked)
    for brief in ("second", "amended", "scheduled"):
        world.do("writer", brief, "revise", page="change")
        world.do("writer", brief, "change", summary_zh="改寫的摘要，談 2027 年的預算。")
        world.do("writer", brief, "submit", page="change")
        world.do("reviewer-zh", brief, "sign_off_zh", page="review")
    world.do("reviewer-zh", "second", "send_back", note="請再改一次", sides=["en"])
    notes = {"kind": "update", "note_zh": "摘要更新", "note_en": "The summary was brought up to date"}
    for brief, time in (
        ("amended", {"when": "now"}),
        ("scheduled", {"when": "later", "at": "2026-07-16T10:00"}),
    ):
        world.do("superuser", brief, "sign_off_en", page="review")
        world.do("publisher", brief, "approve", **time, **notes)


def _publish_picture(world: World) -> None:
    """Give two revised briefs a picture, and publish one urgently, so that another publisher must confirm it."""
    world.do("writer", "urgent", "revise", page="change")
    for brief in ("second", "urgent"):
        picture = SimpleUploadedFile("picture.png", draw_picture(640, 400))
        world.do("writer", brief, "picture", page="change", picture_file=picture)
    words = {"picture_alt_zh": "漸層", "picture_alt_en": "A gradient", "picture_credit": "Somebody"}
    world.do(
        "writer", "urgent", "change", **words, picture_licence="CC BY 4.0", headline_en="A changed headline"
    )
    world.do("publisher", "urgent", "publish_urgently", reason="It cannot wait")


def draw_picture(width: int, height: int) -> bytes:
    """Draw a gradient as a PNG file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + b"".join(bytes((x * 255 // width, 90, 160)) for x in range(width))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(row * height)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def _remark(world: World) -> None:
    """Store a note, a reply, a suggestion, an assignment, a dismissal, a link and two letters."""
    review = {"page": "review"}
    world.do("reviewer-zh", "in-review", "review", do="note:b1:zh", **{"note-b1-zh": "數字要再查"}, **review)
    world.do(
        "reviewer-zh", "in-review", "review", do="suggest:b2:en", **{"suggest-b2-en": "Put so."}, **review
    )
    reviewer = Person.objects.get(username="reviewer-zh").pk
    world.do("publisher", "in-review", "assign", zh=reviewer, zh_due="2026-07-20")
    world.press(
        "writer", f"{BRIEF}{world.briefs['draft']}/change/?findings=1", f"{BRIEF}{world.briefs['draft']}/dismiss/",
        button="finding", reason="As the source has it",
    )  # fmt: skip
    for brief in ("in-review", "second"):
        shared = world.do("writer", brief, "share").content.decode()
        world.tokens += re.findall(r"/preview/([\w-]{20,})/", shared)[:1]
    world.press("", f"/preview/{world.tokens[0]}/en/", text="A guest’s remark", name="Guest", bullet="1")
    slug = Brief.objects.get(pk=world.briefs["live"]).slug
    letter = {"text": "There is a typing error.", "email": "reader@example.org", "bullet": "2"}
    world.press("", f"/en/briefs/{slug}/report/", **letter)


def _add_rows(world: World) -> None:
    """Store rows that no form creates, or that are quicker to create without one."""
    about = "/admin/briefs/sitetext/about/change/"
    world.press("publisher", about, button="_save", text_zh="關於我們", text_en="About us")
    now = timezone.now()
    Search.objects.create(day=now.date(), words="晶片", times=3, found=5)
    Search.objects.create(day=now.date(), words="nothing like it", times=1, found=0)
    failed = Outbox.objects.order_by("pk")[0]
    Outbox.objects.filter(pk=failed.pk).update(error="The server is down.", attempts=5)
    writer = Person.objects.get(username="writer")
    Presence.objects.create(brief_id=world.briefs["in-review"], person=writer, seen_at=now)
