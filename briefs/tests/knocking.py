"""The ground of the permission matrix: everything that an address of the desk needs to be pressed with success.

`Ground` is built once. `press` says, for a row of `matrix`, where and with what: everything right, for whoever may.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from briefs import intake, workflow
from briefs.admin.findings import Look as Findings
from briefs.content import SIDES, sha256
from briefs.exchange import sheets
from briefs.models import (
    Author,
    Brief,
    Edition,
    Keyword,
    Outbox,
    Person,
    SavedFilter,
    SiteText,
    Source,
    Suggestion,
    Term,
)
from briefs.workflow import Plan, eyes
from briefs.workflow.remarks import Place

from . import making
from .conftest import SEED
from .desk import Form
from .matrix import Row
from .pictures import photo

VOCABULARY: dict[str, tuple[type[Any], dict[str, str]]] = {
    "author": (Author, {"name": "Ann"}),
    "source": (Source, {"name": "The Paper"}),
    "keyword": (Keyword, {"label_zh": "港口", "label_en": "Ports"}),
    "term": (Term, {"zh": "灰色地帶", "en": "gray zone"}),
}
RIS = "TY  - JOUR\nTI  - A Cited Title\nAU  - Lee, Ann\nER  -\n"
PASSWORD = "Correct-horse-battery-1"


@dataclass(frozen=True, slots=True)
class Press:
    """`data` of the POST, `query` of both; `before` is done in the press's own transaction."""

    path: str
    data: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    query: str = ""
    before: Callable[[], object] = lambda: None
    done: Callable[[Any], bool] = lambda response: response.status_code in (200, 204)
    """For what moves no row: whether it was answered."""


def genuine(brief: Brief, verb: str) -> dict[str, Any]:
    """All that any verb of a brief asks for, right."""
    row = Brief.objects.get(pk=brief.pk)
    content = workflow.content_of(row)
    newest = Edition.objects.filter(brief=row).order_by("-number").values_list("pk", flat=True).first()
    return {
        "version": row.version, "seen": content.seen(), "edition_seen": newest or 0,
        "seen_zh": content.hash_side("zh"), "seen_en": content.hash_side("en"),
        "when": "now", "kind": "other" if verb == "withdraw" else "update",
        "reason": "快", "reason_zh": "因", "reason_en": "Why",
        "note": "再看", "sides": ["zh", "en"], "note_zh": "改", "note_en": "Changed", "note_text": "看",
        "ticked": list(eyes.FACT_LABELS), "restore": 0, "iso": content.facts.date,
    }  # fmt: skip


class Ground:
    """People by their letter in the matrix, a brief in every state, and rows of every kind, the writer's own."""

    def __init__(self) -> None:
        self.pressed: dict[str, Press] = {}
        team = self.team = making.Team()
        self.people = {
            "n": team.outsider, "w": team.writer, "v": team.other_writer, "r": team.reviewer,
            "e": team.reviewer_en, "p": team.other_publisher,
            "s": Person.objects.create_superuser("root", "root@example.org", "pw", name="root"),
            "i": making.person("leaver", "Writers", "Reviewers", "Publishers"),
        }  # fmt: skip
        self.briefs = {make.__name__: make(self) for make in STANDING}
        self.reviewed = self.briefs["reworded"]
        self._remarks()
        self._papers()
        self._vocabulary()
        self.clients = {key: self._signed_in(person) for key, person in self.people.items()}
        self.clients |= {"a": Client(), "t": Client()}
        Person.objects.filter(pk=self.people["i"].pk).update(is_active=False)

    def _signed_in(self, person: Person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    def _remarks(self) -> None:
        """On the brief in review: what can be answered, resolved, taken back."""
        brief, reviewer = self.reviewed, self.team.reviewer
        content = workflow.content_of(Brief.objects.get(pk=brief.pk))
        place = Place("bullet", content.bullets[0].number)
        text = content.bullets[0].text_en
        self.asked: Suggestion = workflow.suggest(
            brief, place, "en", "Another wording.", by=self.team.publisher, seen=sha256(text)
        )
        self.note = workflow.add_note(brief, "看", by=reviewer)
        self.settled = workflow.add_note(brief, "好了", by=reviewer)
        workflow.resolve(self.settled, by=reviewer)
        for person in self.people.values():
            if person.has_perms(["briefs.write_briefs"]) or person.has_perms(["briefs.review_briefs"]):
                workflow.remarks.look(brief, place, "zh", by=person)
        self.place, self.text = f"b{place.bullet}", text
        finding = next(f for f in Findings.at(brief.pk, content).standing if f.check != "completeness")
        self.dismissal = workflow.dismiss(brief, finding, by=reviewer, reason="x", seen=content)
        self.link = making.link(brief)
        self.letter = making.letter(brief)
        self.shared = workflow.share(self.briefs["draft"], by=self.team.writer)

    def _papers(self) -> None:
        """A file, a picture, a filter, a notice that failed, a text."""
        writer = self.team.writer
        ((outcome),) = intake.import_bytes("原稿.txt", SEED.read_bytes(), intake.job(actor=writer))
        self.imported = Brief.objects.get(pk=outcome.brief)
        self.document = self.imported.revisions.get().document_id
        self.picture = workflow.keep_picture(photo((320, 200)), by=writer)
        self.filter = SavedFilter.objects.create(person=writer, name="mine", query="state=draft")
        self.notice = Outbox.objects.order_by("pk")[0]
        Outbox.objects.filter(pk=self.notice.pk).update(error="down", attempts=5)
        about = workflow.revise_text("about", "關於", "About", by=self.team.publisher, version=0)
        self.text_of_the_site = about
        self.group = Group.objects.get(name="Writers")

    def _vocabulary(self) -> None:
        """Two of each kind that nothing uses and that are much alike, and one merged away."""
        self.rows: dict[str, list[Any]] = {}
        for name, (kind, values) in VOCABULARY.items():
            made = [kind.make(**{k: f"{v} {n}" for k, v in values.items()}) for n in range(3)]
            workflow.merge(made[2:], into=made[0], by=self.team.writer)
            self.rows[name] = made
        writer = self.clients_of_writer = self._signed_in(self.team.writer)
        self.sheets = {name: _sheet(writer, name, values) for name, (_kind, values) in VOCABULARY.items()}
        upload = writer.post("/admin/briefs/brief/upload/", self.pasted())
        self.upload = upload["Location"]

    def press(self, row: Row) -> Press:
        """How the row is pressed, found out once."""
        if row.name not in self.pressed:
            self.pressed[row.name] = press(self, row)
        return self.pressed[row.name]

    def pasted(self) -> dict[str, Any]:
        text = SEED.read_text(encoding="utf-8").replace("Vivek Chilukuri", "Somebody Else")
        return {"paste": text, "words_of": self.team.writer.pk, "date_order": "mdy"}


def _sheet(client: Client, kind: str, values: dict[str, str]) -> str:
    """An import that waits for its owner: where."""
    file = SimpleUploadedFile("x.csv", _table(values))
    return str(client.post(f"/admin/briefs/{kind}/import/", {"file": file})["Location"])


def _table(values: dict[str, str]) -> bytes:
    rows = [["slug", *values], ["", *(f"{value} new" for value in values.values())]]
    return sheets.write(rows, "csv", title="x")


# Briefs, by where they stand


def draft(ground: Ground) -> Brief:
    return making.draft(ground.team)


def submitted(ground: Ground) -> Brief:
    return making.submitted(ground.team)


def reworded(ground: Ground) -> Brief:
    """A second version in review: the writer changed the Chinese, a reviewer the English."""
    team = ground.team
    brief = making.live(team)
    workflow.revise(brief, by=team.writer, version=brief.version)
    brief = making.edit(brief, team.writer, summary_zh="摘要在 2027 年。")
    workflow.submit(brief, by=team.writer, version=brief.version)
    return making.edit(brief, ground.people["e"], summary_en="A summary, reworded.")


def ready(ground: Ground) -> Brief:
    brief = reworded(ground)
    making.sign(brief, ground.team.reviewer, *SIDES)
    return brief


def scheduled(ground: Ground) -> Brief:
    brief = making.signed(ground.team)
    making.approve(brief, ground.team.publisher, at=making.tomorrow())
    return brief


def live(ground: Ground) -> Brief:
    return making.live(ground.team)


def urgent(ground: Ground) -> Brief:
    brief = making.draft(ground.team)
    team = ground.team
    workflow.publish_urgently(brief, by=team.other_publisher, seen=making.seen(brief), reason="快")
    return brief


def withdrawn(ground: Ground) -> Brief:
    brief = making.live(ground.team)
    workflow.withdraw(brief, by=ground.team.publisher, kind="other", reason_zh="因", reason_en="Why")
    return brief


def discarded(ground: Ground) -> Brief:
    brief = making.draft(ground.team)
    workflow.discard(brief, by=ground.team.writer, version=brief.version)
    return brief


STANDING = (draft, submitted, reworded, ready, scheduled, live, urgent, withdrawn, discarded)
FITS = {
    "submit": "draft", "take_back": "submitted", "approve": "ready", "publish_urgently": "draft",
    "confirm": "urgent", "cancel": "scheduled", "reschedule": "scheduled", "withdraw": "live", "remove": "live",
    "reinstate": "withdrawn", "revise": "live", "source_withdrew": "live", "discard": "draft", "recover": "discarded",
}  # fmt: skip
"""The state in which a verb can be done; what is not here, in review."""


# How each address is pressed


def press(ground: Ground, row: Row) -> Press:
    """Raises KeyError for what nobody has said how to press."""
    route = row.route.removeprefix("admin/")
    if "<slug:verb>" in route:
        return _verb(ground, row.act)
    if route.startswith("briefs/brief/<int:pk>/review/"):
        return _review(ground, row.act)
    for kind in VOCABULARY:
        if route.startswith(f"briefs/{kind}/"):
            return _kind(ground, kind, route.removeprefix(f"briefs/{kind}/"), row.act)
    return PRESSES[f"{route} @{row.act}" if row.act else route](ground)


def _verb(ground: Ground, verb: str) -> Press:
    brief = ground.briefs[FITS.get(verb, "reworded")]
    data = genuine(brief, verb) | {"note": "再看" if verb == "send_back" else ground.note.pk}
    data |= {"letter": ground.letter.pk}
    if verb == "reschedule":
        data |= {"when": "later", "at": "2090-01-02T08:30"}
    return Press(f"/admin/briefs/brief/{brief.pk}/{verb}/", data)


def _review(ground: Ground, act: str) -> Press:
    here = f"{ground.place}:en"
    targets = {
        "": "", "fine": here, "unfine": f"{ground.place}:zh", "note": here, "suggest": here,
        "accept": ground.asked.pk, "decline": ground.asked.pk,
        "reply": ground.note.pk, "resolve": ground.note.pk, "reopen": ground.settled.pk,
    }  # fmt: skip
    key = f"{ground.place}-en"
    data = {
        "do": f"{act}:{targets[act]}", f"note-{key}": "看", f"suggest-{key}": "Yet another.",
        f"seen-{key}": sha256(ground.text), f"reply-{ground.note.pk}": "好",
    }  # fmt: skip
    return Press(f"/admin/briefs/brief/{ground.reviewed.pk}/review/", data)


def _kind(ground: Ground, kind: str, rest: str, act: str) -> Press:
    base = f"/admin/briefs/{kind}/"
    values = VOCABULARY[kind][1]
    one, two, away = ground.rows[kind]
    ids = f"?ids={one.pk},{two.pk}"
    client = ground.clients_of_writer
    if act:
        chosen = {"action": act, "_selected_action": [one.pk, two.pk]}
        return Press(base, chosen, done=lambda response: "/merge/" in response.get("Location", ""))
    match rest:
        case "":
            return Press(base, {"action": "delete_selected", "_selected_action": [one.pk], "post": "yes"})
        case "add/":
            data = _form(client, f"{base}add/", f"{kind}_form") | {k: f"{v} made" for k, v in values.items()}
            return Press(f"{base}add/", data)
        case "<path:object_id>/change/":
            path = f"{base}{one.pk}/change/"
            data = _form(client, path, f"{kind}_form") | {k: f"{v} else" for k, v in values.items()}
            return Press(path, data)
        case "<path:object_id>/history/" | "<path:object_id>/" | "<int:pk>/uses/":
            return Press(
                base + rest.replace("<path:object_id>", str(one.pk)).replace("<int:pk>", str(one.pk))
            )
        case "import/":
            return Press(f"{base}import/", files={"file": _table(values)})
        case "import/<uuid:pk>/":
            return Press(ground.sheets[kind], _seen(client, ground.sheets[kind]))
        case "export/":
            return Press(f"{base}export/", {"format": "csv"}, done=_is_file)
        case "merge/":
            data = _seen(client, f"{base}merge/{ids}") | {"keep": one.pk}
            return Press(f"{base}merge/", data, query=ids)
        case "<int:pk>/unmerge/":
            return Press(f"{base}{away.pk}/unmerge/")
    raise KeyError(rest)


def _form(client: Client, path: str, id: str) -> dict[str, Any]:
    """What the page's own form would send."""
    data = Form(client.get(path).content.decode(), id=id).data
    assert data, path
    return data


def _seen(client: Client, path: str) -> dict[str, Any]:
    found = re.search(r'name="seen" value="(\w+)"', client.get(path).content.decode())
    assert found, path
    return {"seen": found[1]}


def _is_file(response: Any) -> bool:
    return response.get("Content-Disposition", "").startswith("attachment")


def _brief(ground: Ground, path: str, state: str = "reworded", **values: Any) -> Press:
    """An address beneath a brief, by default the one in review."""
    brief = ground.briefs[state]
    return Press(f"/admin/briefs/brief/{brief.pk}/{path}", values.pop("data", {}), **values)


def _typed(ground: Ground, path: str = "", **changes: Any) -> dict[str, Any]:
    """The brief's own form, or that of a new one, with other words."""
    path = path or f"/admin/briefs/brief/{ground.reviewed.pk}/change/"
    return _form(ground.clients_of_writer, path, "brief-form") | {"headline_en": "Typed", **changes}


def _list(ground: Ground, state: str, act: str, **values: Any) -> Press:
    brief = Brief.objects.get(pk=ground.briefs[state].pk)
    data = {"action": act, "_selected_action": [brief.pk], f"version-{brief.pk}": brief.version}
    return Press("/admin/briefs/brief/", data, **values)


def _given(ground: Ground) -> Press:
    """The second page of the action, which says what to whom."""
    first = _list(ground, "draft", "assign_to")
    return Press(first.path, first.data | {"part": "writer", "person": ground.team.writer.pk})


NEW = "/admin/briefs/brief/add/"
PRESSES: dict[str, Callable[[Ground], Press]] = {
    "": lambda g: Press("/admin/"),
    "language/": lambda g: Press("/admin/language/", {"language": "en"}),
    "mail/": lambda g: Press("/admin/mail/"),
    "login/": lambda g: Press("/admin/login/", {"username": "writer", "password": "pw"}),
    "logout/": lambda g: Press("/admin/logout/"),
    "password_change/": lambda g: Press(
        "/admin/password_change/",
        {"old_password": "pw", "new_password1": PASSWORD, "new_password2": PASSWORD},
    ),
    "password_change/done/": lambda g: Press("/admin/password_change/done/"),
    "autocomplete/": lambda g: Press(
        "/admin/autocomplete/", query="?term=a&app_label=briefs&model_name=brief&field_name=source"
    ),
    "jsi18n/": lambda g: Press("/admin/jsi18n/"),
    "r/<path:content_type_id>/<path:object_id>/": lambda g: Press("/admin/r/1/1/"),
    "(?P<app_label>briefs|auth)/$": lambda g: Press("/admin/briefs/"),
    "(?P<url>.*)$": lambda g: Press("/admin/nowhere/at/all/"),
    # The list of briefs
    "briefs/brief/": lambda g: _list(g, "draft", "delete_selected"),
    "briefs/brief/ @submit_briefs": lambda g: _list(g, "draft", "submit_briefs"),
    "briefs/brief/ @take_back_briefs": lambda g: _list(g, "submitted", "take_back_briefs"),
    "briefs/brief/ @assign_to_me": lambda g: _list(g, "draft", "assign_to_me"),
    "briefs/brief/ @assign_to": lambda g: _given(g),
    "briefs/brief/ @export_text": lambda g: _list(g, "draft", "export_text", done=_is_file),
    "briefs/brief/filters/": lambda g: Press(
        "/admin/briefs/brief/filters/", {"name": "drafts", "query": "state=draft"}
    ),
    "briefs/brief/filters/<int:pk>/": lambda g: Press(
        f"/admin/briefs/brief/filters/{g.filter.pk}/", {"do": "delete"}
    ),
    # New ones
    "briefs/brief/add/": lambda g: Press(NEW, _typed(g, NEW)),
    "briefs/brief/add/autosave/": lambda g: Press(f"{NEW}autosave/", _typed(g, NEW)),
    "briefs/brief/add/picture/": lambda g: Press(
        f"{NEW}picture/", _typed(g, NEW), files={"picture_file": photo((320, 200), seed=1)}
    ),
    "briefs/brief/claim/": lambda g: Press("/admin/briefs/brief/claim/", {"url": "https://example.org/new"}),
    "briefs/brief/upload/": lambda g: Press("/admin/briefs/brief/upload/", g.pasted()),
    "briefs/brief/upload/<uuid:pk>/": lambda g: Press(
        g.upload, _form(g.clients_of_writer, g.upload, "confirm-form")
    ),
    "briefs/brief/upload/<uuid:pk>/files/": lambda g: Press(f"{g.upload}files/", files={"files": b"x"}),
    # Names and pictures
    "briefs/brief/names/": lambda g: Press("/admin/briefs/brief/names/", query="?kind=author&q=Ann"),
    "briefs/brief/names/create/": lambda g: Press(
        "/admin/briefs/brief/names/create/", {"kind": "source", "name": "Wholly Unlike"}
    ),
    "briefs/brief/names/affiliations/": lambda g: Press("/admin/briefs/brief/names/affiliations/"),
    "briefs/brief/picture/<str:name>": lambda g: Press(
        f"/admin/briefs/brief/picture/{g.picture.key}-320.webp"
    ),
    # One brief
    "briefs/brief/<int:pk>/change/": lambda g: _brief(g, "change/", data=_typed(g)),
    "briefs/brief/<int:pk>/autosave/": lambda g: _brief(g, "autosave/", data=_typed(g)),
    "briefs/brief/<int:pk>/picture/": lambda g: _brief(
        g, "picture/", data=_typed(g), files={"picture_file": photo((320, 200), seed=2)}
    ),
    "briefs/brief/<int:pk>/citation/": lambda g: _brief(
        g, "citation/", data={"citation": RIS, "apply": "1", "take": ["title"]} | genuine(g.reviewed, "edit")
    ),
    "briefs/brief/<int:pk>/pulse/": lambda g: _brief(g, "pulse/", data={"leave": "1"}),
    "briefs/brief/<int:pk>/rail/": lambda g: _brief(g, "rail/", data=_typed(g)),
    "briefs/brief/<int:pk>/dismiss/": lambda g: _brief(g, "dismiss/", data={"undo": g.dismissal.pk}),
    "briefs/brief/<int:pk>/file/<int:document>/": lambda g: Press(
        f"/admin/briefs/brief/{g.imported.pk}/file/{g.document}/"
    ),
    "briefs/brief/<int:pk>/revisions/": lambda g: _brief(g, "revisions/"),
    "briefs/brief/<int:pk>/compare/": lambda g: _brief(g, "compare/"),
    "briefs/brief/<int:pk>/restore/": lambda g: _brief(
        g, "restore/", data=genuine(g.reviewed, "restore") | {"restore": 1}
    ),
    "briefs/brief/<int:pk>/preview/": lambda g: _brief(g, "preview/"),
    "briefs/brief/<int:pk>/assign/": lambda g: _brief(
        g, "assign/", data={"writer": g.team.writer.pk, "urgent": "", "seen": Plan.of(g.reviewed).seen()}
    ),
    "briefs/brief/<int:pk>/timeline/": lambda g: _brief(g, "timeline/"),
    "briefs/brief/<int:pk>/news/": lambda g: _brief(g, "news/"),
    "briefs/brief/<int:pk>/share/": lambda g: _brief(g, "share/", data={"hours": "24"}),
    "briefs/brief/<int:pk>/unshare/": lambda g: _brief(g, "unshare/", data={"link": g.link.pk}),
    # Beside the briefs
    "briefs/letter/": lambda g: Press("/admin/briefs/letter/"),
    "briefs/letter/<int:pk>/note/": lambda g: Press(f"/admin/briefs/letter/{g.letter.pk}/note/"),
    "briefs/letter/<int:pk>/handled/": lambda g: Press(f"/admin/briefs/letter/{g.letter.pk}/handled/"),
    "briefs/search/": lambda g: Press("/admin/briefs/search/"),
    "briefs/outbox/": lambda g: Press("/admin/briefs/outbox/"),
    "briefs/outbox/retry/": lambda g: Press("/admin/briefs/outbox/retry/", {"notice": g.notice.pk}),
    **{
        f"briefs/sitetext/{rest}": lambda g, rest=rest: _text(g, rest)
        for rest in ("", "add/", "<path:object_id>/", "<path:object_id>/change/", "<path:object_id>/history/")
    },
    **{
        f"briefs/person/{rest}": lambda g, rest=rest: _person(g, rest)
        for rest in (
            *("", "add/", "<id>/password/"),
            *("<path:object_id>/", "<path:object_id>/change/", "<path:object_id>/history/"),
        )
    },
    **{
        f"auth/group/{rest}": lambda g, rest=rest: _group(g, rest)
        for rest in ("", "add/", "<path:object_id>/", "<path:object_id>/change/", "<path:object_id>/history/")
    },
}


def _text(ground: Ground, rest: str) -> Press:
    path = f"/admin/briefs/sitetext/{rest.replace('<path:object_id>', str(ground.text_of_the_site.pk))}"
    data = {"key": "about", "text_zh": "改", "text_en": "Changed", "version": ground.text_of_the_site.version}
    empty = SiteText.objects.all().delete if rest == "add/" else lambda: None
    return Press(path, data, before=empty)


def _person(ground: Ground, rest: str) -> Press:
    """Somebody with no right at all, whom any administrator may change."""
    pk = str(ground.team.outsider.pk)
    path = f"/admin/briefs/person/{rest.replace('<path:object_id>', pk).replace('<id>', pk)}"
    new = {"username": "newcomer", "name": "New", "language": "en", "usable_password": "true"}
    data = new | {"password1": PASSWORD, "password2": PASSWORD}
    if "change/" in rest:
        data = {"username": "outsider", "name": "Renamed", "language": "en", "is_active": "on"}
    return Press(path, data)


def _group(ground: Ground, rest: str) -> Press:
    path = f"/admin/auth/group/{rest.replace('<path:object_id>', str(ground.group.pk))}"
    return Press(path, {"name": "Renamed"})
