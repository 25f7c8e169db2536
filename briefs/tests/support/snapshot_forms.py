"""Read and send the forms of a page as a browser without JavaScript does, in the same way in every run."""

import os
import random
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

type Pairs = dict[str, list[str]]
type Attributes = dict[str, str]

OWN_PAGE = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
"""Headers of a form sent from the site's own page."""


def predict_chance(seed: str) -> None:
    """Make random values the same in every run, including those from the operating system."""
    chance = random.Random(seed)
    random.seed(seed)
    os.urandom = chance.randbytes
    random._urandom = chance.randbytes  # type: ignore[attr-defined]


@dataclass
class Form:
    """A form with method POST: its address, the values that it sends unchanged, and its buttons."""

    action: str
    data: Pairs = field(default_factory=dict)
    buttons: list[Attributes] = field(default_factory=list)

    def presses(self) -> list[tuple[str, Pairs]]:
        """List one press for each kind of button: an address and the data to send."""
        found: dict[str, tuple[str, Pairs]] = {}
        for button in self.buttons or [{}]:
            name, value = button.get("name", ""), button.get("value", "")
            action = urljoin(self.action, button.get("formaction", ""))
            kind = f"{action} {name} {value.partition(':')[0]}"
            found.setdefault(kind, (action, self.data | ({name: [value]} if name else {})))
        return list(found.values())


class Forms(HTMLParser):
    """Read every POST form of a page; skip what is in a `template`."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__()
        self.address = address.partition("#")[0]
        self.forms: list[Form] = []
        self._inside = self._template = False
        self._name = ""
        self._text: str | None = None
        self._options: list[tuple[str, bool]] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("method", "").lower() == "post"
            if self._inside:
                self.forms.append(Form(urljoin(self.address, given.get("action", ""))))
        self._template = self._template or tag == "template"
        if not self._inside or self._template:
            return
        if tag == "option" and self._options is not None:
            self._options.append((given.get("value", ""), "selected" in given))
        elif tag == "button" and given.get("type") != "button":
            self.forms[-1].buttons.append(given)
        elif given.get("name"):
            self._start_field(tag, given)

    def _start_field(self, tag: str, given: Attributes) -> None:
        kind = given.get("type", "")
        self._name = given["name"]
        if tag == "textarea":
            self._text = ""
        elif tag == "select":
            self._options = []
        elif tag == "input" and kind == "submit":
            self.forms[-1].buttons.append(given)
        elif tag == "input" and kind != "file" and (kind not in ("checkbox", "radio") or "checked" in given):
            self._send(given.get("value", "on" if kind == "checkbox" else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "template":
            self._template = False
        elif tag == "textarea" and self._text is not None:
            self._send(self._text.removeprefix("\n"))
            self._text = None
        elif tag == "select" and self._options is not None:
            chosen = [value for value, selected in self._options if selected]
            for value in chosen or [value for value, _ in self._options[:1]]:
                self._send(value)
            self._options = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text += data

    def _send(self, value: str) -> None:
        self.forms[-1].data.setdefault(self._name, []).append(value)


def forms_of(page: str, address: str) -> list[Form]:
    """Read the forms that belong to a page, without those for language and signing out on every page."""
    everywhere = ("/admin/language/", "/admin/logout/")
    return [form for form in Forms(page, address).forms if not form.action.startswith(everywhere)]
