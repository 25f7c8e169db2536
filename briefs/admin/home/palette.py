"""Search or go to: every brief, name, act and screen, in both languages. A dialog on every page, and a page."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final
from urllib.parse import urljoin

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext_lazy, override, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import list_public_pages, read_number, render_page
from briefs.admin.common.interface_labels import interface_side
from briefs.admin.common.task_list import TaskList
from briefs.admin.editor.editor_page_data import BriefPageData
from briefs.admin.issues.issue_pages import IssuePageData
from briefs.admin.lists.changelist import find_briefs
from briefs.bilingual.text import paths
from briefs.bilingual.text.paths import LANGUAGE_CODES
from briefs.content import LANGUAGE_TAGS, Side
from briefs.models import Author, Brief, Event, Issue, Keyword, Person, Revision, Source, Term
from briefs.models.vocabulary import Vocabulary
from briefs.workflow import policy
from briefs.workflow.acts import ACTS, BRIEF_BAR

MAX_BRIEFS: Final = 8
MAX_NAMES: Final = 3
"""Of each kind."""
RECENT_ROWS: Final = 60
"""Rows of a person's history that are searched for recent briefs."""
MAX_QUERY_LENGTH: Final = 200

NAME_COLUMNS: Final[dict[type[Vocabulary], tuple[str, str]]] = {
    Author: ("name", "name_zh"),
    Source: ("name", "name_zh"),
    Keyword: ("label_en", "label_zh"),
    Term: ("en", "zh"),
}
SCREENS: Final = (
    ("admin:index", pgettext_lazy("desk", "Next"), ""),
    ("admin:inbox", gettext_lazy("Inbox"), ""),
    ("admin:briefs_brief_upload", gettext_lazy("New brief"), "import"),
    ("admin:briefs_brief_add", gettext_lazy("Start from an empty page"), "import"),
    ("admin:preferences", gettext_lazy("Mail and languages"), ""),
    ("mfa_index", gettext_lazy("Sign-in and security"), ""),
    ("admin:password_change", gettext_lazy("Change password"), ""),
)
"""Address, name, and the verb that a person needs a role for. The lists of the admin come from its registry."""
OWN_PAGES: Final[Mapping[type[Model], Sequence[tuple[str, object]]]] = {
    Brief: (
        ("review", gettext_lazy("Review")),
        ("preview", gettext_lazy("Preview")),
        ("original", gettext_lazy("Original")),
        ("word", gettext_lazy("Word file")),
        ("timeline", gettext_lazy("Timeline")),
    ),
    Issue: (("preview", gettext_lazy("Preview")), ("mail", gettext_lazy("Mail to readers"))),
}
PAGE_TOOLS: Final = (
    ("#more-verbs [data-bar=save], #issue-form #desk-store", gettext_lazy("Save")),
    ("#desk-flag", gettext_lazy("Next to check (F8)")),
    ("#desk-undo", gettext_lazy("Undo")),
    ("#desk-redo", gettext_lazy("Redo")),
    ("#desk-keys", gettext_lazy("Keyboard shortcuts")),
    *(
        (
            f"#more-verbs [href$='since={since}']",
            format_lazy("{} {}", gettext_lazy("Marked: what changed since"), name),
        )
        for since, name in (
            ("mine", gettext_lazy("my last answer")),
            ("edition", gettext_lazy("the last approved edition")),
            ("nothing", gettext_lazy("nothing (plain text)")),
        )
    ),
    ("#more-verbs .card summary", gettext_lazy("Reviewer's card")),
    ("#more-verbs .card a", gettext_lazy("Edit the card")),
)
"""Selector of a control under ⋯ that only the open page can do, and its name. The dialog shows it if the page has it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A page to open, named in the interface's language and in the other one."""

    url: str
    first: str
    second: str
    first_lang: str
    second_lang: str
    hint: str = ""
    press: str = ""
    """Selector of a control that, if the open page has it, is pressed instead of going to the address."""
    post: str = ""
    """Address that the dialog posts to, instead of going to the other one."""
    addable: int = 0
    """Id of a brief that the open page of an issue adds, instead of going to the address."""


def find(request: HttpRequest) -> HttpResponse:
    """Show the results for `q`. With `part` answer only the results, for the dialog.

    `brief` or `issue` is the id of the one that the open page is about.
    """
    person = require_role(request)
    query = request.GET.get("q", "")[:MAX_QUERY_LENGTH].strip()
    groups = [(title, list(entries)) for title, entries in _build_groups(request, person, query)]
    return render_page(
        request,
        "home/find#found" if "part" in request.GET else "home/find",
        title=_("Search or go to"),
        opts=None,
        query=query,
        groups=[(title, entries) for title, entries in groups if entries],
    )


def _build_groups(request: HttpRequest, person: Person, query: str) -> Iterator[tuple[str, Iterable[Entry]]]:
    is_wanted = _build_matcher(query)
    if not query:
        yield pgettext("briefs", "Recent"), _find_recent(person)
    tools = _list_tools() if "part" in request.GET else ()
    if brief := Brief.objects.filter(pk=read_number(request.GET, "brief")).first():
        entries = filter(is_wanted, chain(_list_acts(BriefPageData(brief, person)), tools))
        yield _("This brief"), _put_exact_first(entries, query)
    if issue := Issue.objects.filter(pk=read_number(request.GET, "issue")).first():
        page = IssuePageData(issue, person, query=query)
        entries = filter(is_wanted, chain(_list_acts(page), tools))
        yield _("This issue"), _put_exact_first(entries, query)
        yield _("Add to this issue"), _list_addable(page)
    if query:
        yield _("Waiting for me"), _find_tasks(person, is_wanted)
        briefs = find_briefs(Brief.objects.select_related("source"), query, MAX_BRIEFS)
        yield _("Briefs"), map(_brief_entry, briefs)
        yield _("Names"), _find_names(query)
    yield _("Screens"), filter(is_wanted, _list_screens(request, person))
    if query:
        url = f"{reverse('admin:briefs_brief_changelist')}?{urlencode({'q': query})}"
        yield _("Everywhere"), [_name_entry(url, gettext_lazy("Search the text of all briefs"), hint=query)]


def _build_matcher(query: str) -> Callable[[Entry], bool]:
    words = query.casefold().split()
    return lambda entry: all(
        word in f"{entry.first} {entry.second} {entry.hint}".casefold() for word in words
    )


def _put_exact_first(entries: Iterable[Entry], query: str) -> list[Entry]:
    """Sort *Preview* before *Share a preview* if the query is “preview”."""
    typed = query.casefold()
    return sorted(entries, key=lambda entry: typed not in (entry.first.casefold(), entry.second.casefold()))


def _name_entry(url: str, name: object, *, hint: str = "", press: str = "", post: str = "") -> Entry:
    """Build the entry of an interface string."""
    second_side: Side = "en" if interface_side() == "zh" else "zh"
    with override(LANGUAGE_CODES[second_side]):
        second = str(name)
    first, tags = str(name), (LANGUAGE_TAGS[interface_side()], LANGUAGE_TAGS[second_side])
    return Entry(url, first, second if second != first else "", *tags, hint, press, post)


def _text_entry(url: str, zh: str, en: str, hint: str) -> Entry:
    """Build the entry of a text that may be in one language only."""
    texts = [(zh, LANGUAGE_TAGS["zh"]), (en, LANGUAGE_TAGS["en"])]
    if (get_language() or "").startswith("en"):
        texts.reverse()
    (first, first_lang), (second, second_lang) = texts if texts[0][0] else reversed(texts)
    return Entry(url, first, second if second != first else "", first_lang, second_lang, hint)


def _brief_entry(brief: Brief) -> Entry:
    url = reverse("admin:briefs_brief_change", args=[brief.pk])
    if brief.headline_zh or brief.headline_en:
        return _text_entry(url, brief.headline_zh, brief.headline_en, brief.get_state_display())
    return Entry(url, str(brief), "", "", "", brief.get_state_display())


def _find_recent(person: Person) -> list[Entry]:
    """Return the briefs that the person worked on last."""
    history: list[QuerySet[Event] | QuerySet[Revision]] = [
        Event.objects.filter(by=person).exclude(brief=None),
        Revision.objects.filter(by=person),
    ]
    acts = [act for rows in history for act in rows.order_by("-id").values_list("at", "brief")[:RECENT_ROWS]]
    newest = list(dict.fromkeys(pk for _at, pk in sorted(acts, reverse=True)))[:MAX_BRIEFS]
    briefs = Brief.objects.select_related("source").in_bulk(newest)
    return [_brief_entry(briefs[pk]) for pk in newest]


def _find_tasks(person: Person, is_wanted: Callable[[Entry], bool]) -> list[Entry]:
    """Return the person's tasks with a wanted act, such as each brief to approve."""
    acts = {act: _name_entry("", ACTS[act].label) for act in BRIEF_BAR if ACTS[act].urgency}
    if not any(map(is_wanted, acts.values())):
        return []
    wanted = [t for t in TaskList(person, timezone.now()).brief_tasks if is_wanted(acts[t.main])]
    return [
        replace(
            acts[task.main],
            url=task.url,
            second=task.title,
            second_lang=task.lang,
            hint=task.age,
        )
        for task in wanted[:MAX_BRIEFS]
    ]


def _find_names(query: str) -> Iterator[Entry]:
    for model, columns in NAME_COLUMNS.items():
        condition = Q()
        for word in query.split():
            condition &= Q(**{f"{columns[0]}__icontains": word}) | Q(**{f"{columns[1]}__icontains": word})
        rows = model._default_manager.filter(condition, merged_into=None).order_by(columns[0])
        for row in rows[:MAX_NAMES]:
            url = reverse(f"admin:briefs_{model._meta.model_name}_change", args=[row.pk])
            yield _text_entry(url, row.label("zh"), row.label("en"), str(model._meta.verbose_name))


def _list_acts(page: BriefPageData | IssuePageData) -> Iterator[Entry]:
    """Yield what the person can do with a brief or an issue, then its pages."""
    for act in filter(None, (page.main_act, *page.other_acts)):
        url = urljoin(page.url, page.get_act_url(act.act))
        yield _name_entry(url, ACTS[act.act].label, press="" if act.is_link else _button(act.url))
    yield from _list_brief_pages(page) if isinstance(page, BriefPageData) else ()
    names, kind = OWN_PAGES[page.row._meta.model], page.row._meta.model_name
    for name, label in names:
        if name != "original" or page.may_edit:
            yield _name_entry(reverse(f"admin:briefs_{kind}_{name}", args=[page.row.pk]), label)
    for address, side in list_public_pages(page.facts.editions, page.now):
        hint = paths.NATIVE_LANGUAGE_NAMES[side]
        yield _name_entry(address, gettext_lazy("Public page"), hint=hint)


def _list_brief_pages(page: BriefPageData) -> Iterator[Entry]:
    brief = page.brief
    if page.untold_readers:
        url = reverse("admin:briefs_brief_tell", args=[brief.pk])
        yield _name_entry(url, ACTS["send_correction"].label)
    if brief.article_url:
        yield _name_entry(brief.article_url, gettext_lazy("Read the original"))
    if page.may_edit:
        yield _name_entry(f"{page.url}?view=write", gettext_lazy("Open in the editor"))
    yield _name_entry(f"{page.url}#notes", gettext_lazy("Notes"))


def _button(address: str) -> str:
    """Return the selector of the button that posts to the address."""
    return f'main button[formaction="{address}"]'


def _list_tools() -> Iterator[Entry]:
    for selector, name in PAGE_TOOLS:
        yield _name_entry("", name, press=selector)


def _list_addable(page: IssuePageData) -> Iterator[Entry]:
    """Yield the briefs found that the person can add to the issue. The address is that of its page's own search."""
    url = f"{page.url}?{urlencode({'q': page.query})}#add"
    for item in page.found():
        yield Entry(url, item.title, "", item.lang, "", item.about, addable=item.pk)


def _list_screens(request: HttpRequest, person: Person) -> Iterator[Entry]:
    for name, label, verb in SCREENS:
        if not verb or policy.has_role_for(person, verb):
            yield _name_entry(reverse(name), label)
    if policy.has_role_for(person, "create_issue"):
        url, post = reverse("admin:briefs_issue_changelist"), reverse("admin:briefs_issue_create")
        yield _name_entry(url, ACTS["create_issue"].label, post=post)
    if person.is_superuser:
        yield _name_entry(reverse("admin:status"), gettext_lazy("Status"))
    for model, screen in admin.site._registry.items():
        if screen.has_view_permission(request):
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            yield _name_entry(url, model._meta.verbose_name_plural)
