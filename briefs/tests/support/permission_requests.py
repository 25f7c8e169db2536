"""How each address of the desk is pressed: `press_of` says, for a row of `matrix`, where and with what, everything right."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from briefs import workflow
from briefs.content import hash_json
from briefs.models import Brief, Edition, SiteText
from briefs.workflow import AssignmentPlan
from briefs.workflow.rules import four_eyes

from .form_client import Form
from .permission_fixtures import PASSWORD, VOCABULARY, Ground, table
from .permission_matrix import Row
from .picture_samples import photo

RIS = "TY  - JOUR\nTI  - A Cited Title\nAU  - Lee, Ann\nER  -\n"


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
    content = workflow.load_working_copy(row)
    newest = Edition.objects.filter(brief=row).order_by("-number").values_list("pk", flat=True).first()
    return {
        "version": row.version, "seen": content.hash_all(), "edition_seen": newest or 0,
        "seen_zh": content.hash_side("zh"), "seen_en": content.hash_side("en"),
        "when": "now", "kind": "other" if verb == "withdraw" else "update",
        "reason": "快", "reason_zh": "因", "reason_en": "Why",
        "note": "再看", "sides": ["zh", "en"], "note_zh": "改", "note_en": "Changed", "note_text": "看",
        "ticked": list(four_eyes.FACT_LABELS), "restore": 0, "iso": content.facts.date,
    }  # fmt: skip


FITS = {
    "submit": "draft", "take_back": "submitted", "approve": "ready", "publish_urgently": "draft",
    "confirm": "urgent", "cancel": "scheduled", "reschedule": "scheduled", "withdraw": "live", "remove": "live",
    "reinstate": "withdrawn", "revise": "live", "source_withdrew": "live", "discard": "draft", "recover": "discarded",
}  # fmt: skip
"""The state in which a verb can be done; what is not here, in review."""


# How each address is pressed


def press_of(ground: Ground, row: Row) -> Press:
    """How the row is pressed, found out once. Raises KeyError for what nobody has said how to press."""
    if row.name not in ground.pressed:
        ground.pressed[row.name] = _press(ground, row)
    return ground.pressed[row.name]


def _press(ground: Ground, row: Row) -> Press:
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
        f"seen-{key}": hash_json(ground.text), f"reply-{ground.note.pk}": "好",
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
            return Press(f"{base}import/", files={"file": table(values)})
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
        g,
        "assign/",
        data={
            "writer": g.team.writer.pk,
            "urgent": "",
            "seen": AssignmentPlan.load(g.reviewed).fingerprint(),
        },
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
