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
from .permission_fixtures import PASSWORD, VOCABULARY, PermissionScenario, csv_table
from .permission_matrix import MatrixRow
from .picture_samples import photo

RIS = "TY  - JOUR\nTI  - A Cited Title\nAU  - Lee, Ann\nER  -\n"


@dataclass(frozen=True, slots=True)
class PermissionRequest:
    """`data` of the POST, `query` of both; `before` is done in the press's own transaction."""

    path: str
    data: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    query: str = ""
    prepare: Callable[[], object] = lambda: None
    is_answered: Callable[[Any], bool] = lambda response: response.status_code in (200, 204)
    """For what moves no row: whether it was answered."""


def valid_post_data(brief: Brief, verb: str) -> dict[str, Any]:
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


REQUIRED_STATE = {
    "submit": "draft", "take_back": "submitted", "approve": "ready", "publish_urgently": "draft",
    "confirm": "urgent", "cancel": "scheduled", "reschedule": "scheduled", "withdraw": "live", "remove": "live",
    "reinstate": "withdrawn", "revise": "live", "source_withdrew": "live", "discard": "draft", "recover": "discarded",
}  # fmt: skip
"""The state in which a verb can be done; what is not here, in review."""


# How each address is pressed


def build_request(scenario: PermissionScenario, row: MatrixRow) -> PermissionRequest:
    """How the row is pressed, found out once. Raises KeyError for what nobody has said how to press."""
    if row.name not in scenario.requests:
        scenario.requests[row.name] = _press(scenario, row)
    return scenario.requests[row.name]


def _press(scenario: PermissionScenario, row: MatrixRow) -> PermissionRequest:
    route = row.route.removeprefix("admin/")
    if "<slug:verb>" in route:
        return _verb(scenario, row.act)
    if route.startswith("briefs/brief/<int:pk>/review/"):
        return _review(scenario, row.act)
    for kind in VOCABULARY:
        if route.startswith(f"briefs/{kind}/"):
            return _kind(scenario, kind, route.removeprefix(f"briefs/{kind}/"), row.act)
    return REQUEST_BUILDERS[f"{route} @{row.act}" if row.act else route](scenario)


def _verb(scenario: PermissionScenario, verb: str) -> PermissionRequest:
    brief = scenario.briefs[REQUIRED_STATE.get(verb, "reworded")]
    data = valid_post_data(brief, verb) | {"note": "再看" if verb == "send_back" else scenario.note.pk}
    data |= {"letter": scenario.letter.pk}
    if verb == "reschedule":
        data |= {"when": "later", "at": "2090-01-02T08:30"}
    return PermissionRequest(f"/admin/briefs/brief/{brief.pk}/{verb}/", data)


def _review(scenario: PermissionScenario, act: str) -> PermissionRequest:
    here = f"{scenario.anchor}:en"
    targets = {
        "": "", "fine": here, "unfine": f"{scenario.anchor}:zh", "note": here, "suggest": here,
        "accept": scenario.suggestion.pk, "decline": scenario.suggestion.pk,
        "reply": scenario.note.pk, "resolve": scenario.note.pk, "reopen": scenario.resolved_note.pk,
    }  # fmt: skip
    key = f"{scenario.anchor}-en"
    data = {
        "do": f"{act}:{targets[act]}", f"note-{key}": "看", f"suggest-{key}": "Yet another.",
        f"seen-{key}": hash_json(scenario.text), f"reply-{scenario.note.pk}": "好",
    }  # fmt: skip
    return PermissionRequest(f"/admin/briefs/brief/{scenario.brief_in_review.pk}/review/", data)


def _kind(scenario: PermissionScenario, kind: str, rest: str, act: str) -> PermissionRequest:
    base = f"/admin/briefs/{kind}/"
    values = VOCABULARY[kind][1]
    one, two, away = scenario.rows[kind]
    ids = f"?ids={one.pk},{two.pk}"
    client = scenario.writer_client
    if act:
        chosen = {"action": act, "_selected_action": [one.pk, two.pk]}
        return PermissionRequest(base, chosen, is_answered=lambda response: "/merge/" in response.get("Location", ""))
    match rest:
        case "":
            return PermissionRequest(base, {"action": "delete_selected", "_selected_action": [one.pk], "post": "yes"})
        case "add/":
            data = _form(client, f"{base}add/", f"{kind}_form") | {k: f"{v} made" for k, v in values.items()}
            return PermissionRequest(f"{base}add/", data)
        case "<path:object_id>/change/":
            path = f"{base}{one.pk}/change/"
            data = _form(client, path, f"{kind}_form") | {k: f"{v} else" for k, v in values.items()}
            return PermissionRequest(path, data)
        case "<path:object_id>/history/" | "<path:object_id>/" | "<int:pk>/uses/":
            return PermissionRequest(
                base + rest.replace("<path:object_id>", str(one.pk)).replace("<int:pk>", str(one.pk))
            )
        case "import/":
            return PermissionRequest(f"{base}import/", files={"file": csv_table(values)})
        case "import/<uuid:pk>/":
            return PermissionRequest(scenario.sheets[kind], _seen(client, scenario.sheets[kind]))
        case "export/":
            return PermissionRequest(f"{base}export/", {"format": "csv"}, is_answered=_is_file)
        case "merge/":
            data = _seen(client, f"{base}merge/{ids}") | {"keep": one.pk}
            return PermissionRequest(f"{base}merge/", data, query=ids)
        case "<int:pk>/unmerge/":
            return PermissionRequest(f"{base}{away.pk}/unmerge/")
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


def _brief(scenario: PermissionScenario, path: str, state: str = "reworded", **values: Any) -> PermissionRequest:
    """An address beneath a brief, by default the one in review."""
    brief = scenario.briefs[state]
    return PermissionRequest(f"/admin/briefs/brief/{brief.pk}/{path}", values.pop("data", {}), **values)


def _typed(scenario: PermissionScenario, path: str = "", **changes: Any) -> dict[str, Any]:
    """The brief's own form, or that of a new one, with other words."""
    path = path or f"/admin/briefs/brief/{scenario.brief_in_review.pk}/change/"
    return _form(scenario.writer_client, path, "brief-form") | {"headline_en": "Typed", **changes}


def _list(scenario: PermissionScenario, state: str, act: str, **values: Any) -> PermissionRequest:
    brief = Brief.objects.get(pk=scenario.briefs[state].pk)
    data = {"action": act, "_selected_action": [brief.pk], f"version-{brief.pk}": brief.version}
    return PermissionRequest("/admin/briefs/brief/", data, **values)


def _given(scenario: PermissionScenario) -> PermissionRequest:
    """The second page of the action, which says what to whom."""
    first = _list(scenario, "draft", "assign_to")
    return PermissionRequest(first.path, first.data | {"part": "writer", "person": scenario.team.writer.pk})


NEW = "/admin/briefs/brief/add/"
REQUEST_BUILDERS: dict[str, Callable[[PermissionScenario], PermissionRequest]] = {
    "": lambda g: PermissionRequest("/admin/"),
    "language/": lambda g: PermissionRequest("/admin/language/", {"language": "en"}),
    "mail/": lambda g: PermissionRequest("/admin/mail/"),
    "login/": lambda g: PermissionRequest("/admin/login/", {"username": "writer", "password": "pw"}),
    "logout/": lambda g: PermissionRequest("/admin/logout/"),
    "password_change/": lambda g: PermissionRequest(
        "/admin/password_change/",
        {"old_password": "pw", "new_password1": PASSWORD, "new_password2": PASSWORD},
    ),
    "password_change/done/": lambda g: PermissionRequest("/admin/password_change/done/"),
    "autocomplete/": lambda g: PermissionRequest(
        "/admin/autocomplete/", query="?term=a&app_label=briefs&model_name=brief&field_name=source"
    ),
    "jsi18n/": lambda g: PermissionRequest("/admin/jsi18n/"),
    "r/<path:content_type_id>/<path:object_id>/": lambda g: PermissionRequest("/admin/r/1/1/"),
    "(?P<app_label>briefs|auth)/$": lambda g: PermissionRequest("/admin/briefs/"),
    "(?P<url>.*)$": lambda g: PermissionRequest("/admin/nowhere/at/all/"),
    # The list of briefs
    "briefs/brief/": lambda g: _list(g, "draft", "delete_selected"),
    "briefs/brief/ @submit_briefs": lambda g: _list(g, "draft", "submit_briefs"),
    "briefs/brief/ @take_back_briefs": lambda g: _list(g, "submitted", "take_back_briefs"),
    "briefs/brief/ @assign_to_me": lambda g: _list(g, "draft", "assign_to_me"),
    "briefs/brief/ @assign_to": lambda g: _given(g),
    "briefs/brief/ @export_text": lambda g: _list(g, "draft", "export_text", is_answered=_is_file),
    "briefs/brief/filters/": lambda g: PermissionRequest(
        "/admin/briefs/brief/filters/", {"name": "drafts", "query": "state=draft"}
    ),
    "briefs/brief/filters/<int:pk>/": lambda g: PermissionRequest(
        f"/admin/briefs/brief/filters/{g.filter.pk}/", {"do": "delete"}
    ),
    # New ones
    "briefs/brief/add/": lambda g: PermissionRequest(NEW, _typed(g, NEW)),
    "briefs/brief/add/autosave/": lambda g: PermissionRequest(f"{NEW}autosave/", _typed(g, NEW)),
    "briefs/brief/add/picture/": lambda g: PermissionRequest(
        f"{NEW}picture/", _typed(g, NEW), files={"picture_file": photo((320, 200), seed=1)}
    ),
    "briefs/brief/claim/": lambda g: PermissionRequest("/admin/briefs/brief/claim/", {"url": "https://example.org/new"}),
    "briefs/brief/upload/": lambda g: PermissionRequest("/admin/briefs/brief/upload/", g.upload_form()),
    "briefs/brief/upload/<uuid:pk>/": lambda g: PermissionRequest(
        g.upload, _form(g.writer_client, g.upload, "confirm-form")
    ),
    "briefs/brief/upload/<uuid:pk>/files/": lambda g: PermissionRequest(f"{g.upload}files/", files={"files": b"x"}),
    # Names and pictures
    "briefs/brief/names/": lambda g: PermissionRequest("/admin/briefs/brief/names/", query="?kind=author&q=Ann"),
    "briefs/brief/names/create/": lambda g: PermissionRequest(
        "/admin/briefs/brief/names/create/", {"kind": "source", "name": "Wholly Unlike"}
    ),
    "briefs/brief/names/affiliations/": lambda g: PermissionRequest("/admin/briefs/brief/names/affiliations/"),
    "briefs/brief/picture/<str:name>": lambda g: PermissionRequest(
        f"/admin/briefs/brief/picture/{g.picture.key}-320.webp"
    ),
    # One brief
    "briefs/brief/<int:pk>/change/": lambda g: _brief(g, "change/", data=_typed(g)),
    "briefs/brief/<int:pk>/autosave/": lambda g: _brief(g, "autosave/", data=_typed(g)),
    "briefs/brief/<int:pk>/picture/": lambda g: _brief(
        g, "picture/", data=_typed(g), files={"picture_file": photo((320, 200), seed=2)}
    ),
    "briefs/brief/<int:pk>/citation/": lambda g: _brief(
        g, "citation/", data={"citation": RIS, "apply": "1", "take": ["title"]} | valid_post_data(g.brief_in_review, "edit")
    ),
    "briefs/brief/<int:pk>/pulse/": lambda g: _brief(g, "pulse/", data={"leave": "1"}),
    "briefs/brief/<int:pk>/rail/": lambda g: _brief(g, "rail/", data=_typed(g)),
    "briefs/brief/<int:pk>/dismiss/": lambda g: _brief(g, "dismiss/", data={"undo": g.dismissal.pk}),
    "briefs/brief/<int:pk>/file/<int:document>/": lambda g: PermissionRequest(
        f"/admin/briefs/brief/{g.imported_brief.pk}/file/{g.document}/"
    ),
    "briefs/brief/<int:pk>/revisions/": lambda g: _brief(g, "revisions/"),
    "briefs/brief/<int:pk>/compare/": lambda g: _brief(g, "compare/"),
    "briefs/brief/<int:pk>/restore/": lambda g: _brief(
        g, "restore/", data=valid_post_data(g.brief_in_review, "restore") | {"restore": 1}
    ),
    "briefs/brief/<int:pk>/preview/": lambda g: _brief(g, "preview/"),
    "briefs/brief/<int:pk>/assign/": lambda g: _brief(
        g,
        "assign/",
        data={
            "writer": g.team.writer.pk,
            "urgent": "",
            "seen": AssignmentPlan.load(g.brief_in_review).fingerprint(),
        },
    ),
    "briefs/brief/<int:pk>/timeline/": lambda g: _brief(g, "timeline/"),
    "briefs/brief/<int:pk>/news/": lambda g: _brief(g, "news/"),
    "briefs/brief/<int:pk>/share/": lambda g: _brief(g, "share/", data={"hours": "24"}),
    "briefs/brief/<int:pk>/unshare/": lambda g: _brief(g, "unshare/", data={"link": g.link.pk}),
    # Beside the briefs
    "briefs/letter/": lambda g: PermissionRequest("/admin/briefs/letter/"),
    "briefs/letter/<int:pk>/note/": lambda g: PermissionRequest(f"/admin/briefs/letter/{g.letter.pk}/note/"),
    "briefs/letter/<int:pk>/handled/": lambda g: PermissionRequest(f"/admin/briefs/letter/{g.letter.pk}/handled/"),
    "briefs/search/": lambda g: PermissionRequest("/admin/briefs/search/"),
    "briefs/outbox/": lambda g: PermissionRequest("/admin/briefs/outbox/"),
    "briefs/outbox/retry/": lambda g: PermissionRequest("/admin/briefs/outbox/retry/", {"notice": g.notice.pk}),
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


def _text(scenario: PermissionScenario, rest: str) -> PermissionRequest:
    path = f"/admin/briefs/sitetext/{rest.replace('<path:object_id>', str(scenario.site_text.pk))}"
    data = {"key": "about", "text_zh": "改", "text_en": "Changed", "version": scenario.site_text.version}
    empty = SiteText.objects.all().delete if rest == "add/" else lambda: None
    return PermissionRequest(path, data, prepare=empty)


def _person(scenario: PermissionScenario, rest: str) -> PermissionRequest:
    """Somebody with no right at all, whom any administrator may change."""
    pk = str(scenario.team.outsider.pk)
    path = f"/admin/briefs/person/{rest.replace('<path:object_id>', pk).replace('<id>', pk)}"
    new = {"username": "newcomer", "name": "New", "language": "en", "usable_password": "true"}
    data = new | {"password1": PASSWORD, "password2": PASSWORD}
    if "change/" in rest:
        data = {"username": "outsider", "name": "Renamed", "language": "en", "is_active": "on"}
    return PermissionRequest(path, data)


def _group(scenario: PermissionScenario, rest: str) -> PermissionRequest:
    path = f"/admin/auth/group/{rest.replace('<path:object_id>', str(scenario.group.pk))}"
    return PermissionRequest(path, {"name": "Renamed"})
