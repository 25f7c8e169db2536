"""Use the desk like a browser without JavaScript: read the form of a page, change its data, submit it."""

import re
from html import unescape
from typing import Any

from django.test import Client

from briefs.models import Brief, Edition, Event, Note, Person, SignOff

_TAG = re.compile(
    r"<(/?)(form|template|input|textarea|select|option|button)(?=[\s/>])((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>"
)
_ATTRIBUTE = re.compile(r"([^\s=>\"'/]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")


class Form:
    """The data that a browser would send for one form (name → values, in page order), and its buttons.

    Reads the tags of forms alone: a parser of HTML would take as long as the desk takes to render the page.
    """

    def __init__(self, html: str, id: str | None = "brief-form") -> None:
        self.form_id = id
        self.data: dict[str, list[str]] = {}
        self.buttons: list[dict[str, str]] = []
        self.options: dict[str, list[str]] = {}
        self._inside = False
        self._template = 0
        self._textarea: tuple[str, int] | None = None
        self._select = ""
        self._first = ""
        self._chosen: str | None = None
        for tag in _TAG.finditer(html):
            closes, name, attributes = tag.groups()
            if closes:
                self._end(name, html, tag.start())
            elif self._inside or name in ("form", "template"):
                values = {key: unescape(a or b or c) for key, a, b, c in _ATTRIBUTE.findall(attributes)}
                self._start(name, values, tag.end())

    def _start(self, tag: str, values: dict[str, str], end: int) -> None:
        if tag == "form":
            self._inside = (
                values.get("id") == self.form_id if self.form_id else "verb-form" in values.get("class", "")
            )
        elif tag == "template":
            self._template += 1
        if not self._inside or self._template:
            return
        name = values.get("name", "")
        if tag == "input" and name:
            if values.get("type") == "radio":
                self.options.setdefault(name, []).append(values.get("value", ""))
            if values.get("type") in ("checkbox", "radio") and "checked" not in values:
                return
            self.data.setdefault(name, []).append(
                values.get("value", "on" if values.get("type") == "checkbox" else "")
            )
        elif tag == "textarea":
            self._textarea = name, end
        elif tag == "select":
            self._select, self._first, self._chosen = name, "", None
        elif tag == "option" and self._select:
            self._first = self._first or values.get("value", "")
            if "selected" in values:
                self._chosen = values.get("value", "")
        elif tag == "button":
            self.buttons.append(values)

    def _end(self, tag: str, html: str, start: int) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "template":
            self._template -= 1
        elif tag == "textarea" and self._textarea is not None:
            name, begin = self._textarea
            self.data.setdefault(name, []).append(unescape(html[begin:start]).removeprefix("\n"))
            self._textarea = None
        elif tag == "select" and self._select:
            chosen = self._chosen if self._chosen is not None else self._first
            self.data.setdefault(self._select, []).append(chosen)
            self._select = ""

    def data_with(self, **changes: Any) -> dict[str, list[str]]:
        """Return the data with some values changed. `__` in a keyword stands for `-` in a field name."""
        changed = {name.replace("__", "-"): value for name, value in changes.items()}
        return {**self.data, **{name: v if isinstance(v, list) else [str(v)] for name, v in changed.items()}}

    def offered_verbs(self) -> set[str]:
        """Return the verbs that have a button."""
        return {b["formaction"].rstrip("/").rsplit("/", 1)[-1] for b in self.buttons if "formaction" in b}


def sign_in(client: Client, person: Person, language: str = "en") -> Client:
    person.language = language
    person.save()
    client.force_login(person)
    return client


def brief_url(brief: Brief, verb: str = "change") -> str:
    return f"/admin/briefs/brief/{brief.pk}/{verb}/"


def get_brief_form(client: Client, brief: Brief) -> Form:
    """Return the form for writing. A reviewer asks for it, since they read a brief in review."""
    response = client.get(brief_url(brief), {"view": "write"})
    assert response.status_code == 200
    return Form(response.content.decode())


def save_brief_form(client: Client, brief: Brief, verb: str = "change", **changes: Any) -> Any:
    """Open the form for writing, change some values, and post it. Return the response."""
    return client.post(brief_url(brief, verb), get_brief_form(client, brief).data_with(**changes))


def get_verb_form(client: Client, brief: Brief, verb: str) -> Form:
    response = client.get(brief_url(brief, verb))
    assert response.status_code == 200, response.status_code
    return Form(response.text, id=None)


def post_verb_form(client: Client, brief: Brief, verb: str = "approve", **values: Any) -> Any:
    """Open the page of a verb, fill in its form, and post it. Return the response."""
    values = values or {"when": "now"}
    return client.post(brief_url(brief, verb), get_verb_form(client, brief, verb).data_with(**values))


def reload_brief(brief: Brief) -> Brief:
    return Brief.objects.get(pk=brief.pk)


def snapshot_rows() -> dict[str, int | str]:
    """Return row counts of the tables that a verb could write, and the state of briefs and editions."""
    counts: dict[str, int | str] = {
        kind.__name__: kind.objects.count() for kind in (Event, Note, SignOff, Edition)
    }
    counts["briefs"] = repr(list(Brief.objects.order_by("pk").values_list("pk", "state", "version", "slug")))
    counts["editions"] = repr(
        list(Edition.objects.order_by("pk").values_list("live_until", "withdrawn_at", "removed_at"))
    )
    return counts
