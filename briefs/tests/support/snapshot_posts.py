"""Requests that `page_snapshot` sends besides page buttons: invalid input, stale versions, JSON, files."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile

from briefs.models import Brief

from .snapshot_forms import Pairs, forms_of
from .snapshot_world import BRIEF, VOCABULARY

if TYPE_CHECKING:
    from .page_snapshot import Visitor

JSON = {"Accept": "application/json"}
WRONG = {"date": "2026-13-45", "url": "javascript:x", "doi": "not one", "accessed_on": "tomorrow"}
TYPED: tuple[tuple[str, str, dict[str, Any], dict[str, str]], ...] = (
    ("draft", "autosave", {"headline_en": "Typed"}, JSON),
    ("draft", "autosave", WRONG, JSON),
    ("draft", "autosave", {"version": "0", "base": "0", "headline_en": "Somebody else’s"}, JSON),
    ("imported", "autosave", {"summary_zh": "控制\x07字元"}, JSON),
    ("in-review", "autosave", {"summary_en": "Reworded."}, JSON),
    ("live", "autosave", {"headline_en": "Too late"}, JSON),
    ("draft", "rail", {}, JSON),
    ("draft", "change", {"headline_en": "Typed"}, {}),
    ("draft", "change", WRONG, {}),
    ("in-review", "change", {"version": "0", "base": "0", "headline_en": "Somebody else’s"}, {}),
    ("planned", "submit", {}, {}),
    ("draft", "submit", {"headline_zh": ""}, {}),
    ("draft", "picture", {}, JSON),
    ("draft", "picture", {"picture_file": b"no picture"}, JSON),
    ("in-review", "dismiss", {"finding": "gone"}, JSON),
    ("in-review", "citation", {"citation": "TY  - JOUR\nTI  - A Cited Title\nAU  - Lee, Ann\nER  -\n"}, {}),
    ("draft", "citation", {"citation": "nothing of the kind"}, {}),
)
"""Brief, button, typed values and headers."""
DIRECT: tuple[tuple[str, dict[str, Any]], ...] = (
    (f"{BRIEF}names/create/", {"kind": "source", "name": "Wholly Unlike"}),
    (f"{BRIEF}names/create/", {"kind": "author", "name": ""}),
    (f"{BRIEF}names/create/", {"kind": "keyword", "label_en": "Ports 1"}),
    (f"{BRIEF}upload/", {"paste": "https://example.org/planned"}),
    (f"{BRIEF}upload/", {"paste": "無", "words_of": "1", "date_order": "mdy"}),
    (f"{BRIEF}upload/", {"words_of": "0", "date_order": "x"}),
    ("/admin/account/login/", {"login": "writer", "password": "not the one"}),
    ("/admin/password_change/", {"old_password": "x", "new_password1": "short", "new_password2": "shorter"}),
)
ACTIONS = ("submit_briefs", "take_back_briefs", "assign_to_me", "assign_to", "export_text", "no_such_action")
FORMATS = ("csv", "xlsx", "tsv", "json")


def post_as_editor(visitor: "Visitor", addresses: Iterable[str]) -> None:
    """Send an empty POST to every desk address, then every request listed here."""
    for address in addresses:
        if not urlsplit(address).query:
            visitor.ask(address, {})
    for number, (brief, verb, typed, headers) in enumerate(TYPED):
        base = f"{BRIEF}{visitor.world.briefs[brief]}/"
        files = {name: SimpleUploadedFile(name, v) for name, v in typed.items() if isinstance(v, bytes)}
        data = _form_of(visitor, f"{base}change/") | typed | files
        visitor.ask(f"{base}{verb}/", data, label=f"TYPED {number} {base}{verb}/", headers=headers)
    for number, (address, data) in enumerate(DIRECT):
        visitor.ask(address, data, label=f"DIRECT {number} {address}")
    _post_to_lists(visitor)


def _form_of(visitor: "Visitor", address: str) -> Pairs:
    """Return the values of the page's first form, if this person has one."""
    page = visitor.read(address)
    return next((form.data for form in forms_of(page, address)), {})


def _post_to_lists(visitor: "Visitor") -> None:
    pks = [visitor.world.briefs[name] for name in ("draft", "in-review", "live")]
    versions = {f"version-{b.pk}": b.version for b in Brief.objects.filter(pk__in=pks)}
    for action in ACTIONS:
        data = {"action": action, "_selected_action": pks} | versions
        visitor.ask(BRIEF, data, label=f"ACTION {action}")
    for kind in VOCABULARY:
        base = f"/admin/briefs/{kind}/"
        for action in ("merge_duplicates", "delete_selected"):
            data = {"action": action, "_selected_action": [1, 2]}
            visitor.ask(base, data, label=f"ACTION {action} {kind}")
        for form in FORMATS:
            visitor.ask(f"{base}export/", {"format": form}, label=f"EXPORT {kind} {form}")
        for number, sheet in enumerate((b"slug\nno-such-row\n", b"nothing,of\nthe,kind\n", b"\xff\xfe\x00")):
            file = SimpleUploadedFile("sheet.csv", sheet)
            visitor.ask(f"{base}import/", {"files": file}, label=f"SHEET {number} {kind}")


def post_as_reader(visitor: "Visitor") -> None:
    """Send letters that are accepted and refused, to the editors of a brief and by a guest's link."""
    slug = Brief.objects.get(pk=visitor.world.briefs["live"]).slug
    pages = (
        f"/zh-hant/briefs/{slug}/report/",
        f"/en/briefs/{slug}/report/",
        f"/preview/{visitor.world.tokens[0]}/en/",
    )
    letters = (
        {"text": ""},
        {"text": "x", "email": "no address"},
        {"text": "x" * 10_000},
        {"text": "An error."},
    )
    for page in pages:
        data = _form_of(visitor, page)
        for number, letter in enumerate(letters):
            visitor.ask(page, data | letter, label=f"LETTER {number} {page}")
