"""Build a valid request for each row of the permission matrix: `build_request` returns its address and data."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from django.test import Client

from briefs.content import hash_json
from briefs.models import Brief, Edition, Suggestion
from briefs.workflow import AssignmentPlan
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
    """Return the request for a row, built once. Raise KeyError for a route without a builder."""
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
    return REQUEST_BUILDERS[f"{route} @{row.act}" if row.act else route](scenario)


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


def _brief_request(
    scenario: PermissionScenario, path: str, state: str = "reworded", **values: Any
) -> PermissionRequest:
    """A request below a brief, by default the one in review."""
    brief = scenario.briefs[state]
    return PermissionRequest(f"/admin/briefs/brief/{brief.pk}/{path}", values.pop("data", {}), **values)


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
ISSUE = "/admin/briefs/issue/"
REQUEST_BUILDERS: dict[str, Callable[[PermissionScenario], PermissionRequest]] = {
    "": lambda g: PermissionRequest("/admin/"),
    "language/": lambda g: PermissionRequest("/admin/language/", {"language": "en"}),
    "find/": lambda g: PermissionRequest("/admin/find/", query=f"?q=a&brief={g.brief_in_review.pk}"),
    "inbox/": lambda g: PermissionRequest("/admin/inbox/", {"all": ""}),
    "next/": lambda g: PermissionRequest("/admin/next/"),
    "mail/": lambda g: PermissionRequest("/admin/mail/"),
    "status/": lambda g: PermissionRequest("/admin/status/"),
    "login/": lambda g: PermissionRequest("/admin/login/", {"login": "writer", "password": "pw"}),
    **{
        f"account/{path}": lambda g, path=path: PermissionRequest(f"/admin/account/{path}")  # type: ignore[misc]
        for path in (
            "",
            "login/code/",
            "login/passkey/",
            "logout/",
            "confirm/code/",
            "confirm/passkey/",
            "password/reset/sent/",
            "password/done/",
            "app/add/",
            "app/remove/",
            "passkeys/",
            "passkeys/add/",
            "recovery-codes/",
            "recovery-codes/new/",
            "recovery-codes/download/",
            "sessions/end/",
            "signed-in/",
        )
    },
    "account/login/": lambda g: PermissionRequest(
        "/admin/account/login/", {"login": "writer", "password": "pw"}
    ),
    "account/confirm/": lambda g: PermissionRequest("/admin/account/confirm/", {"password": "pw"}),
    "account/password/reset/": lambda g: PermissionRequest(
        "/admin/account/password/reset/", {"email": "nobody@example.org"}
    ),
    "account/password/new/<str:uidb36>/<str:key>/": lambda g: PermissionRequest(
        "/admin/account/password/new/1/no-key/"
    ),
    "account/passkeys/<int:pk>/rename/": lambda g: PermissionRequest("/admin/account/passkeys/1/rename/"),
    "account/passkeys/<int:pk>/remove/": lambda g: PermissionRequest("/admin/account/passkeys/1/remove/"),
    "account/sessions/": lambda g: PermissionRequest(
        "/admin/account/sessions/",
        is_answered=lambda response: response.get("Location") == "/admin/account/sessions/",
    ),
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
    "briefs/brief/": lambda g: _list_request(g, "draft", "delete_selected"),
    "briefs/brief/ @submit_briefs": lambda g: _list_request(g, "draft", "submit_briefs"),
    "briefs/brief/ @take_back_briefs": lambda g: _list_request(g, "submitted", "take_back_briefs"),
    "briefs/brief/ @assign_to_me": lambda g: _list_request(
        g, "draft", "assign_to_me", prepare=lambda: Brief.objects.update(assigned_to=None)
    ),
    "briefs/brief/ @assign_to": lambda g: _assignment_request(g),
    **{
        f"briefs/brief/ @{name}": lambda g, name=name: _list_request(g, "draft", name, is_answered=_is_file)
        for name in ("export_text", "export_word", "export_tables", "export_sheet")
    },
    "briefs/brief/export/": lambda g: PermissionRequest(
        "/admin/briefs/brief/export/", {"format": "csv"}, is_answered=_is_file
    ),
    "briefs/brief/import/": lambda g: PermissionRequest(
        "/admin/briefs/brief/import/", {"format": "0"}, files={"files": g.brief_sheet}
    ),
    "briefs/brief/process_import/": lambda g: PermissionRequest(
        "/admin/briefs/brief/process_import/", g.sheets["brief"]
    ),
    # Issues
    "briefs/issue/": lambda g: PermissionRequest(ISSUE),
    "briefs/issue/new/": lambda g: PermissionRequest(f"{ISSUE}new/"),
    "briefs/issue/<int:pk>/change/": lambda g: _issue_form_request(g),
    "briefs/issue/<int:pk>/preview/": lambda g: PermissionRequest(f"{ISSUE}{g.issues['draft'].pk}/preview/"),
    "briefs/issue/<int:pk>/mail/": lambda g: PermissionRequest(f"{ISSUE}{g.issues['live'].pk}/mail/"),
    "briefs/issue/<int:pk>/mail/<slug:side>/": lambda g: PermissionRequest(
        f"{ISSUE}{g.issues['draft'].pk}/mail/both/"
    ),
    "briefs/issue/copies/<int:pk>/": lambda g: PermissionRequest(f"{ISSUE}copies/{g.mailings['mailed'].pk}/"),
    # New briefs
    "briefs/brief/add/": lambda g: PermissionRequest(NEW, _edited_form(g, NEW)),
    "briefs/brief/add/autosave/": lambda g: PermissionRequest(f"{NEW}autosave/", _edited_form(g, NEW)),
    "briefs/brief/add/picture/": lambda g: PermissionRequest(
        f"{NEW}picture/", _edited_form(g, NEW), files={"picture_file": photo((320, 200), seed=1)}
    ),
    "briefs/brief/upload/": lambda g: PermissionRequest("/admin/briefs/brief/upload/", g.upload_form()),
    # Names and pictures
    "briefs/brief/names/": lambda g: PermissionRequest(
        "/admin/briefs/brief/names/", query="?kind=author&q=Ann"
    ),
    "briefs/brief/names/create/": lambda g: PermissionRequest(
        "/admin/briefs/brief/names/create/", {"kind": "source", "name": "Wholly Unlike"}
    ),
    "briefs/brief/names/affiliations/": lambda g: PermissionRequest(
        "/admin/briefs/brief/names/affiliations/"
    ),
    "briefs/brief/picture/<str:name>": lambda g: PermissionRequest(
        f"/admin/briefs/brief/picture/{g.picture.key}-320.webp"
    ),
    # One brief
    "briefs/brief/<int:pk>/original/": lambda g: _brief_request(g, "original/", data={"text": "An article."}),
    "briefs/brief/<int:pk>/word/": lambda g: _brief_request(g, "word/", files={"file": g.changed_table()}),
    "briefs/brief/<int:pk>/word/<slug:layout>/": lambda g: _brief_request(g, "word/table/"),
    "briefs/brief/<int:pk>/change/": lambda g: _brief_request(g, "change/", data=_edited_form(g)),
    "briefs/brief/<int:pk>/autosave/": lambda g: _brief_request(g, "autosave/", data=_edited_form(g)),
    "briefs/brief/<int:pk>/picture/": lambda g: _brief_request(
        g, "picture/", data=_edited_form(g), files={"picture_file": photo((320, 200), seed=2)}
    ),
    "briefs/brief/<int:pk>/citation/": lambda g: _brief_request(
        g,
        "citation/",
        data={"citation": RIS, "apply": "1", "take": ["title"]} | valid_post_data(g.brief_in_review),
    ),
    "briefs/brief/<int:pk>/pulse/": lambda g: _brief_request(g, "pulse/", data={"leave": "1"}),
    "briefs/brief/paste/": lambda g: PermissionRequest("/admin/briefs/brief/paste/", {"column": "1. 甲"}),
    "briefs/brief/<int:pk>/rail/": lambda g: _brief_request(g, "rail/", data=_edited_form(g)),
    "briefs/brief/<int:pk>/dismiss/": lambda g: _brief_request(g, "dismiss/", data={"undo": g.dismissal.pk}),
    "briefs/brief/<int:pk>/file/<int:document>/": lambda g: PermissionRequest(
        f"/admin/briefs/brief/{g.imported_brief.pk}/file/{g.document}/"
    ),
    "briefs/brief/<int:pk>/compare/": lambda g: _brief_request(g, "compare/"),
    "briefs/brief/<int:pk>/restore/": lambda g: _brief_request(
        g, "restore/", data=valid_post_data(g.brief_in_review) | {"restore": 1}
    ),
    "briefs/brief/<int:pk>/preview/": lambda g: _brief_request(g, "preview/"),
    "briefs/brief/<int:pk>/assign/": lambda g: _brief_request(
        g,
        "assign/",
        data={
            "zh": g.team.reviewer.pk,
            "urgent": "",
            "seen": AssignmentPlan.load(g.brief_in_review).fingerprint(),
        },
    ),
    "briefs/brief/<int:pk>/timeline/": lambda g: _brief_request(g, "timeline/"),
    "briefs/brief/<int:pk>/news/": lambda g: _brief_request(g, "news/"),
    "briefs/brief/<int:pk>/tell/": lambda g: PermissionRequest(
        f"/admin/briefs/brief/{g.briefs['withdrawn'].pk}/tell/",
        {"edition": Edition.objects.get(brief=g.briefs["withdrawn"], live_until=None).pk},
    ),
    "briefs/brief/<int:pk>/share/": lambda g: _brief_request(g, "share/", data={"hours": "24"}),
    "briefs/brief/<int:pk>/unshare/": lambda g: _brief_request(g, "unshare/", data={"link": g.link.pk}),
    # Letters, search, mail, site texts, people
    "briefs/letter/": lambda g: PermissionRequest("/admin/briefs/letter/"),
    "briefs/letter/ @handle_letters": lambda g: PermissionRequest(
        "/admin/briefs/letter/", {"action": "handle_letters", "index": "0", "_selected_action": g.letter.pk}
    ),
    "briefs/letter/<int:pk>/note/": lambda g: PermissionRequest(f"/admin/briefs/letter/{g.letter.pk}/note/"),
    "briefs/letter/<int:pk>/handled/": lambda g: PermissionRequest(
        f"/admin/briefs/letter/{g.letter.pk}/handled/"
    ),
    "briefs/draft/": lambda g: PermissionRequest("/admin/briefs/draft/"),
    "briefs/draft/<int:pk>/change/": lambda g: PermissionRequest(
        f"/admin/briefs/draft/{g.writers_draft.pk}/change/"
    ),
    **{
        f"briefs/draft/<int:pk>/change/ @{act}": lambda g, act=act, of=of: PermissionRequest(  # type: ignore[misc]
            f"/admin/briefs/draft/{getattr(g, of).pk}/change/", {"do": act}
        )
        for act, of in (("zh", "writers_draft"), ("en", "publishers_draft"), ("take_back", "writers_draft"))
    },
    "briefs/search/": lambda g: PermissionRequest("/admin/briefs/search/"),
    "briefs/signinevent/": lambda g: PermissionRequest("/admin/briefs/signinevent/"),
    "briefs/subscriber/": lambda g: PermissionRequest("/admin/briefs/subscriber/"),
    "briefs/subscriber/import/": lambda g: PermissionRequest(
        "/admin/briefs/subscriber/import/",
        {
            "rows": '[[1, "address", "language", "consent"], [2, "new@example.org", "en", "2025-06-09"]]',
            "address": "0",
            "language": "1",
            "consent": "2",
            "side": "both",
        },
    ),
    "briefs/subscriber/export/": lambda g: PermissionRequest("/admin/briefs/subscriber/export/"),
    "briefs/subscriber/<int:pk>/change/": lambda g: PermissionRequest(
        f"/admin/briefs/subscriber/{g.subscriber.pk}/change/", {}
    ),
    "briefs/outbox/": lambda g: PermissionRequest("/admin/briefs/outbox/"),
    "briefs/outbox/retry/": lambda g: PermissionRequest(
        "/admin/briefs/outbox/retry/", {"notice": g.notice.pk}
    ),
    **{
        f"briefs/sitetext/{rest}": lambda g, rest=rest: _site_text_request(g, rest)
        for rest in ("", "add/", "<path:object_id>/", "<path:object_id>/change/", "<path:object_id>/history/")
    },
    **{
        f"briefs/person/{rest}": lambda g, rest=rest: _person_request(g, rest)
        for rest in (
            *("", "add/", "<id>/password/", "<int:pk>/invite/", "<int:pk>/sign-out/"),
            "<int:pk>/second-factors/",
            *("<path:object_id>/", "<path:object_id>/change/", "<path:object_id>/history/"),
        )
    },
    **{
        f"auth/group/{rest}": lambda g, rest=rest: _group_request(g, rest)
        for rest in ("", "add/", "<path:object_id>/", "<path:object_id>/change/", "<path:object_id>/history/")
    },
}


def _site_text_request(scenario: PermissionScenario, rest: str) -> PermissionRequest:
    path = f"/admin/briefs/sitetext/{rest.replace('<path:object_id>', str(scenario.site_text.pk))}"
    data = {"text_zh": "改", "text_en": "Changed", "seen": hash_values(read_values(scenario.site_text))}
    return PermissionRequest(path, data)


def _person_request(scenario: PermissionScenario, rest: str) -> PermissionRequest:
    """Requests about a person without rights, whom any administrator may change."""
    person = scenario.team.outsider
    path = f"/admin/briefs/person/{re.sub('<[a-z_:]+>', str(person.pk), rest)}"
    new_person = {"username": "newcomer", "name": "New", "language": "en", "groups": scenario.group.pk}
    data: dict[str, Any] = new_person | {"password1": PASSWORD, "password2": PASSWORD}
    if "change/" in rest:
        data = {"username": "outsider", "name": "Renamed", "language": "en", "is_active": "on"}
    if "second-factors/" in rest:
        factor = {"user": person, "type": Authenticator.Type.TOTP, "data": {}}
        return PermissionRequest(path, prepare=lambda: Authenticator.objects.create(**factor))
    return PermissionRequest(path, data)


def _group_request(scenario: PermissionScenario, rest: str) -> PermissionRequest:
    path = f"/admin/auth/group/{rest.replace('<path:object_id>', str(scenario.group.pk))}"
    return PermissionRequest(path, {"name": "Renamed"})
