"""Build a valid request for each row of the permission matrix: `build_request` returns its address and data."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from allauth.mfa.models import Authenticator
from django.test import Client

from briefs.content import hash_json
from briefs.models import Brief, Edition, Suggestion
from briefs.workflow.assignments import AssignmentPlan
from briefs.workflow.rules.four_eyes import format_seen
from briefs.workflow.rules.leaves import LEAVES
from briefs.workflow.rules.page_values import hash_values, read_values

from .form_client import Form
from .issue_factories import load_content
from .permission_fixtures import PASSWORD, VOCABULARY, PermissionScenario, csv_table, valid_post_data
from .permission_matrix import MatrixRow
from .picture_samples import photo

RIS = "TY  - JOUR\nTI  - A Cited Title\nAU  - Lee, Ann\nER  -\n"


@dataclass(frozen=True, slots=True)
class PermissionRequest:
    """`data` and `files` are for POST, `query` for GET and POST. `prepare` runs in the same transaction before the request."""

    path: str
    data: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    query: str = ""
    prepare: Callable[[], object] = lambda: None
    is_answered: Callable[[Any], bool] = lambda response: response.status_code in (200, 204)
    """Returns whether the response is a success. Used for requests that change no row."""


REQUIRED_STATE = {
    "submit": "draft", "take_back": "submitted", "approve": "ready",
    "cancel": "scheduled", "reschedule": "scheduled", "withdraw": "live", "remove": "live",
    "reinstate": "withdrawn", "revise": "live", "source_withdrew": "live", "discard": "draft", "recover": "discarded",
    "take_back_sign_off_zh": "ready", "take_back_sign_off_en": "ready",
}  # fmt: skip
"""State in which each verb is allowed. Verbs not listed are tried on the brief in review."""


# A request for each address


def build_request(scenario: PermissionScenario, row: MatrixRow) -> PermissionRequest:
    """Return the request for a row, built once: a plain one to its address, if no builder says what else it needs."""
    if row.name not in scenario.requests:
        scenario.requests[row.name] = _build(scenario, row)
    return scenario.requests[row.name]


def _build(scenario: PermissionScenario, row: MatrixRow) -> PermissionRequest:
    route = row.route.removeprefix("admin/")
    if route == "briefs/issue/<int:pk>/<slug:verb>/":
        return _issue_verb_request(scenario, row.act)
    if route == "briefs/issue/<int:pk>/mail/" and row.act:
        return _mailing_request(scenario, row.act)
    if "<slug:verb>" in route:
        return _verb_request(scenario, row.act)
    if route.startswith("briefs/brief/<int:pk>/review/"):
        return _review_request(scenario, row.act)
    for kind in VOCABULARY:
        if route.startswith(f"briefs/{kind}/"):
            return _vocabulary_request(scenario, kind, route.removeprefix(f"briefs/{kind}/"), row.act)
    send: Send = partial(PermissionRequest, _fill_in_ids(scenario, route))
    if route.startswith("briefs/person/"):
        return _person_request(scenario, send, route)
    if route.startswith("briefs/sitetext/"):
        return send(_site_text_values(scenario))
    if route.startswith("auth/group/"):
        return send({"name": "Renamed"})
    if build := REQUEST_BUILDERS.get(f"{route} @{row.act}" if row.act else route):
        return build(scenario, send)
    return send()


def _verb_request(scenario: PermissionScenario, verb: str) -> PermissionRequest:
    brief = scenario.briefs[REQUIRED_STATE.get(verb, "reworded")]
    data = valid_post_data(brief) | {"note": "再看" if verb == "send_back" else scenario.note.pk}
    data |= {"letter": scenario.letter.pk}
    if verb == "reschedule":
        data |= {"when": "later", "at": "2090-01-02T08:30"}
    return PermissionRequest(f"/admin/briefs/brief/{brief.pk}/{verb}/", data)


ISSUE_STATE = {
    "submit_issue": "draft", "take_back_issue": "submitted", "publish_issue": "ready", "cancel_issue": "scheduled",
    "discard_issue": "draft", "recover_issue": "discarded", "revise_issue": "live", "withdraw_issue": "live",
    "take_back_issue_zh": "ready", "take_back_issue_en": "ready",
}  # fmt: skip
"""State in which each verb of issues is allowed. Verbs not listed are tried on the issue that a reviewer reworded."""


def _issue_verb_request(scenario: PermissionScenario, verb: str) -> PermissionRequest:
    issue = scenario.issues[ISSUE_STATE.get(verb, "reworded")]
    content = load_content(issue)
    data = {
        "seen": content.hash(), **{f"seen_{leaf}": format_seen(leaf, content.hashes()) for leaf in LEAVES}, "when": "now",
        "note": "再看", "kind": "other",
    }  # fmt: skip
    return PermissionRequest(f"/admin/briefs/issue/{issue.pk}/{verb}/", data)


def _mailing_request(scenario: PermissionScenario, command: str) -> PermissionRequest:
    states = {
        "pause_mailing": "mailed",
        "stop_mailing": "mailed",
        "resume_mailing": "paused",
        "send_again": "sent",
    }
    state = states.get(command, "live")
    path = f"/admin/briefs/issue/{scenario.issues[state].pk}/mail/"
    data = {"do": command, "due_at": "2090-01-02T08:30"}
    if state != "live":
        data["mailing"] = str(scenario.mailings[state].pk)
    return PermissionRequest(path, data, is_answered=lambda response: response.get("Location") == path)


def _issue_form_request(scenario: PermissionScenario) -> PermissionRequest:
    path = f"/admin/briefs/issue/{scenario.issues['reworded'].pk}/change/"
    data = _form_data(scenario.writer_client, path, "issue-form") | {"title_en": "Typed", "do": "save"}
    return PermissionRequest(path, data)


def _review_request(scenario: PermissionScenario, act: str) -> PermissionRequest:
    target = f"{scenario.anchor}:en"
    row, known, _merged = scenario.rows["keyword"]
    brief = scenario.imported_brief if act in ("version", "other") else scenario.brief_in_review
    targets = {
        "": "", "note": target, "suggest": target,
        "accept": scenario.suggestion.pk, "decline": scenario.suggestion.pk,
        "reply": scenario.note.pk, "resolve": scenario.note.pk, "reopen": scenario.resolved_note.pk,
        "accept_file": 1, "use_known": f"keyword-{row.pk}-{known.pk}", "version": "", "other": "",
    }  # fmt: skip
    key = f"{scenario.anchor}-en"
    data = {
        "do": f"{act}:{targets[act]}", f"note-{key}": "看", f"suggest-{key}": "Yet another.",
        f"seen-{key}": hash_json(scenario.text), f"reply-{scenario.note.pk}": "好",
        "file-1": "a.docx",
    }  # fmt: skip

    def prepare() -> None:
        Brief.objects.filter(pk=scenario.imported_brief.pk).update(version_of=scenario.briefs["draft"])
        Suggestion.objects.filter(pk=scenario.suggestion.pk).update(file="a.docx")

    return PermissionRequest(f"/admin/briefs/brief/{brief.pk}/review/", data, prepare=prepare)


def _vocabulary_request(scenario: PermissionScenario, kind: str, rest: str, act: str) -> PermissionRequest:
    base = f"/admin/briefs/{kind}/"
    values = VOCABULARY[kind][1]
    first, second, merged = scenario.rows[kind]
    ids = f"?ids={first.pk},{second.pk}"
    client = scenario.writer_client
    if act:
        chosen = {"action": act, "_selected_action": [first.pk, second.pk]}
        return PermissionRequest(
            base, chosen, is_answered=lambda response: "/merge/" in response.get("Location", "")
        )
    match rest:
        case "":
            return PermissionRequest(
                base, {"action": "delete_selected", "_selected_action": [first.pk], "post": "yes"}
            )
        case "add/":
            data = _form_data(client, f"{base}add/", f"{kind}_form") | {
                k: f"{v} made" for k, v in values.items()
            }
            return PermissionRequest(f"{base}add/", data)
        case "<path:object_id>/change/":
            path = f"{base}{first.pk}/change/"
            data = _form_data(client, path, f"{kind}_form") | {k: f"{v} else" for k, v in values.items()}
            return PermissionRequest(path, data)
        case "<path:object_id>/history/" | "<path:object_id>/" | "<int:pk>/uses/":
            return PermissionRequest(
                base + rest.replace("<path:object_id>", str(first.pk)).replace("<int:pk>", str(first.pk))
            )
        case "import/":
            return PermissionRequest(f"{base}import/", {"format": "0"}, files={"files": csv_table(values)})
        case "process_import/":
            return PermissionRequest(f"{base}process_import/", scenario.sheets[kind])
        case "export/":
            return PermissionRequest(f"{base}export/", {"format": "csv"}, is_answered=_is_file)
        case "merge/":
            data = _seen_token(client, f"{base}merge/{ids}") | {"keep": first.pk}
            return PermissionRequest(f"{base}merge/", data, query=ids)
        case "<int:pk>/page/":
            data = {"text_zh": "導言", "text_en": "Introduction", "version": 0}
            return PermissionRequest(f"{base}{first.pk}/page/", data)
        case "<int:pk>/unmerge/":
            return PermissionRequest(f"{base}{merged.pk}/unmerge/")
    raise KeyError(rest)


def _form_data(client: Client, path: str, id: str) -> dict[str, Any]:
    """Return the data that the form of the page would send."""
    data = Form(client.get(path).content.decode(), id=id).data
    assert data, path
    return data


def _seen_token(client: Client, path: str) -> dict[str, Any]:
    match = re.search(r'name="seen" value="(\w+)"', client.get(path).content.decode())
    assert match, path
    return {"seen": match[1]}


def _is_file(response: Any) -> bool:
    return response.get("Content-Disposition", "").startswith("attachment")


def _edited_form(scenario: PermissionScenario, path: str = "", **changes: Any) -> dict[str, Any]:
    """Return the form data of the brief in review (or of the page at `path`) with a changed headline."""
    path = path or f"/admin/briefs/brief/{scenario.brief_in_review.pk}/change/"
    return _form_data(scenario.writer_client, path, "brief-form") | {"headline_en": "Typed", **changes}


def _list_request(scenario: PermissionScenario, state: str, act: str, **values: Any) -> PermissionRequest:
    brief = Brief.objects.get(pk=scenario.briefs[state].pk)
    data = {"action": act, "_selected_action": [brief.pk], f"version-{brief.pk}": brief.version}
    return PermissionRequest("/admin/briefs/brief/", data, **values)


def _assignment_request(scenario: PermissionScenario) -> PermissionRequest:
    """The second page of the action, which names the role and the person."""
    first = _list_request(scenario, "draft", "assign_to")
    return PermissionRequest(first.path, first.data | {"part": "zh", "person": scenario.team.reviewer.pk})


NEW = "/admin/briefs/brief/add/"
SUBSCRIBER_LIST = {
    "rows": '[[1, "address", "language", "consent"], [2, "new@example.org", "en", "2025-06-09"]]',
    "address": "0", "language": "1", "consent": "2", "side": "both",
}  # fmt: skip
type Send = Callable[..., PermissionRequest]
"""`PermissionRequest` with the path of the row, in which the ids of the scenario are filled in."""

REQUEST_BUILDERS: dict[str, Callable[[PermissionScenario, Send], PermissionRequest]] = {
    "language/": lambda g, send: send({"language": "en"}),
    "find/": lambda g, send: send(query=f"?q=a&brief={g.brief_in_review.pk}"),
    "inbox/": lambda g, send: send({"all": ""}),
    "login/": lambda g, send: send({"login": "writer", "password": "pw"}),
    "account/login/": lambda g, send: send({"login": "writer", "password": "pw"}),
    "account/confirm/": lambda g, send: send({"password": "pw"}),
    "account/password/reset/": lambda g, send: send({"email": "nobody@example.org"}),
    "account/password/new/<str:uidb36>/<str:key>/": lambda g, send: PermissionRequest(
        "/admin/account/password/new/1/no-key/"
    ),
    "account/sessions/": lambda g, send: send(
        is_answered=lambda answer: answer.get("Location") == "/admin/account/sessions/"
    ),
    "password_change/": lambda g, send: send(
        {"old_password": "pw", "new_password1": PASSWORD, "new_password2": PASSWORD}
    ),
    "autocomplete/": lambda g, send: send(
        query="?term=a&app_label=briefs&model_name=brief&field_name=source"
    ),
    "r/<path:content_type_id>/<path:object_id>/": lambda g, send: PermissionRequest("/admin/r/1/1/"),
    "(?P<app_label>briefs|auth)/$": lambda g, send: PermissionRequest("/admin/briefs/"),
    "(?P<url>.*)$": lambda g, send: PermissionRequest("/admin/nowhere/at/all/"),
    # The list of briefs
    "briefs/brief/": lambda g, send: _list_request(g, "draft", "delete_selected"),
    "briefs/brief/ @submit_briefs": lambda g, send: _list_request(g, "draft", "submit_briefs"),
    "briefs/brief/ @take_back_briefs": lambda g, send: _list_request(g, "submitted", "take_back_briefs"),
    "briefs/brief/ @assign_to_me": lambda g, send: _list_request(
        g, "draft", "assign_to_me", prepare=lambda: Brief.objects.update(assigned_to=None)
    ),
    "briefs/brief/ @assign_to": lambda g, send: _assignment_request(g),
    **{
        f"briefs/brief/ @{name}": lambda g, send, name=name: _list_request(
            g, "draft", name, is_answered=_is_file
        )  # type: ignore[misc]
        for name in ("export_text", "export_word", "export_tables", "export_sheet")
    },
    "briefs/brief/export/": lambda g, send: send({"format": "csv"}, is_answered=_is_file),
    "briefs/brief/import/": lambda g, send: send({"format": "0"}, files={"files": g.brief_sheet}),
    "briefs/brief/process_import/": lambda g, send: send(g.sheets["brief"]),
    # Issues
    "briefs/issue/<int:pk>/change/": lambda g, send: _issue_form_request(g),
    "briefs/issue/<int:pk>/mail/": lambda g, send: PermissionRequest(
        f"/admin/briefs/issue/{g.issues['live'].pk}/mail/"
    ),
    "briefs/issue/copies/<int:pk>/": lambda g, send: PermissionRequest(
        f"/admin/briefs/issue/copies/{g.mailings['mailed'].pk}/"
    ),
    # New briefs
    "briefs/brief/add/": lambda g, send: send(_edited_form(g, NEW)),
    "briefs/brief/add/autosave/": lambda g, send: send(_edited_form(g, NEW)),
    "briefs/brief/add/picture/": lambda g, send: send(
        _edited_form(g, NEW), files={"picture_file": photo((320, 200), seed=1)}
    ),
    "briefs/brief/upload/": lambda g, send: send(g.upload_form()),
    # Names and pictures
    "briefs/brief/names/": lambda g, send: send(query="?kind=author&q=Ann"),
    "briefs/brief/names/create/": lambda g, send: send({"kind": "source", "name": "Wholly Unlike"}),
    "briefs/brief/picture/<str:name>": lambda g, send: PermissionRequest(
        f"/admin/briefs/brief/picture/{g.picture.key}-320.webp"
    ),
    # One brief
    "briefs/brief/<int:pk>/original/": lambda g, send: send({"text": "An article."}),
    "briefs/brief/<int:pk>/word/": lambda g, send: send(files={"file": g.changed_table()}),
    "briefs/brief/<int:pk>/change/": lambda g, send: send(_edited_form(g)),
    "briefs/brief/<int:pk>/autosave/": lambda g, send: send(_edited_form(g)),
    "briefs/brief/<int:pk>/picture/": lambda g, send: send(
        _edited_form(g), files={"picture_file": photo((320, 200), seed=2)}
    ),
    "briefs/brief/<int:pk>/citation/": lambda g, send: send(
        {"citation": RIS, "apply": "1", "take": ["title"]} | valid_post_data(g.brief_in_review)
    ),
    "briefs/brief/<int:pk>/pulse/": lambda g, send: send({"leave": "1"}),
    "briefs/brief/paste/": lambda g, send: send({"column": "1. 甲"}),
    "briefs/brief/<int:pk>/rail/": lambda g, send: send(_edited_form(g)),
    "briefs/brief/<int:pk>/dismiss/": lambda g, send: send({"undo": g.dismissal.pk}),
    "briefs/brief/<int:pk>/file/<int:document>/": lambda g, send: PermissionRequest(
        f"/admin/briefs/brief/{g.imported_brief.pk}/file/{g.document}/"
    ),
    "briefs/brief/<int:pk>/restore/": lambda g, send: send(
        valid_post_data(g.brief_in_review) | {"restore": 1}
    ),
    "briefs/brief/<int:pk>/assign/": lambda g, send: send(
        {"zh": g.team.reviewer.pk, "urgent": "", "seen": AssignmentPlan.load(g.brief_in_review).fingerprint()}
    ),
    "briefs/brief/<int:pk>/tell/": lambda g, send: PermissionRequest(
        f"/admin/briefs/brief/{g.briefs['withdrawn'].pk}/tell/",
        {"edition": Edition.objects.get(brief=g.briefs["withdrawn"], live_until=None).pk},
    ),
    "briefs/brief/<int:pk>/share/": lambda g, send: send({"hours": "24"}),
    "briefs/brief/<int:pk>/unshare/": lambda g, send: send({"link": g.link.pk}),
    # Letters, mail, drafts of names
    "briefs/letter/ @handle_letters": lambda g, send: send(
        {"action": "handle_letters", "index": "0", "_selected_action": g.letter.pk}
    ),
    "briefs/draft/<int:pk>/change/ @zh": lambda g, send: send({"do": "zh"}),
    "briefs/draft/<int:pk>/change/ @en": lambda g, send: PermissionRequest(
        f"/admin/briefs/draft/{g.publishers_draft.pk}/change/", {"do": "en"}
    ),
    "briefs/draft/<int:pk>/change/ @take_back": lambda g, send: send({"do": "take_back"}),
    "briefs/subscriber/import/": lambda g, send: send(SUBSCRIBER_LIST),
    "briefs/outbox/retry/": lambda g, send: send({"notice": g.notice.pk}),
}


def _fill_in_ids(scenario: PermissionScenario, route: str) -> str:
    """Return the path of a route, with the rows of the scenario that it names, by default."""
    rows: dict[str, Any] = {
        "briefs/brief/": scenario.brief_in_review, "briefs/issue/": scenario.issues["draft"], "briefs/letter/": scenario.letter,
        "briefs/draft/": scenario.writers_draft, "briefs/subscriber/": scenario.subscriber, "briefs/sitetext/": scenario.site_text,
        "briefs/person/": scenario.team.outsider, "auth/group/": scenario.group,
    }  # fmt: skip
    pk = next((row.pk for start, row in rows.items() if route.startswith(start)), 1)
    path = re.sub("<(int:pk|path:object_id|id)>", str(pk), route)
    return f"/admin/{path}".replace("<slug:layout>", "table").replace("<slug:side>", "both")


def _site_text_values(scenario: PermissionScenario) -> dict[str, Any]:
    return {"text_zh": "改", "text_en": "Changed", "seen": hash_values(read_values(scenario.site_text))}


def _person_request(scenario: PermissionScenario, send: Send, rest: str) -> PermissionRequest:
    """Requests about a person without rights, whom any administrator may change."""
    if "second-factors/" in rest:
        factor = {"user": scenario.team.outsider, "type": Authenticator.Type.TOTP, "data": {}}
        return send(prepare=lambda: Authenticator.objects.create(**factor))
    if "change/" in rest:
        return send({"username": "outsider", "name": "Renamed", "language": "en", "is_active": "on"})
    new_person = {"username": "newcomer", "name": "New", "language": "en", "groups": scenario.group.pk}
    return send(new_person | {"password1": PASSWORD, "password2": PASSWORD})
