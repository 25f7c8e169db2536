"""From the posted form to a saved revision, or back to the page with everything typed and every reason."""

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from ... import workflow
from ...content import Content
from ...models import Brief, Person, Revision
from ...text.three_way_merge import MergeChoice
from ...workflow import Clashed, Together, Typed
from ...workflow.concurrent_save import PAGE_KEY
from ...workflow.rules.transitions import clock
from ..common.access import person_of
from ..common.brief_pages import brief_or_404, number, tell_of_schedule
from ..common.error_list import Said, Untaken, said_of
from ..common.name_fields import names_in
from .brief_form import content_typed
from .brief_views import brief_page, new_page, page_of
from .conflicts import Conflict, conflict_of, is_same
from .draft_form import Draft
from .partial_save import keyed


def posted(request: HttpRequest, brief: int | None = None) -> Draft:
    """The form as typed, of whatever day its page is."""
    draft = Draft.posted(request.POST)
    if brief and draft.unsent and (base := _base(brief, draft)):
        draft.fill(base)
    return draft


def store(request: HttpRequest, brief: Brief, draft: Draft, *, quiet: bool = False) -> HttpResponse | None:
    """Save what was typed. None when it is stored, else the page that says why not and keeps it.

    `draft.version` follows the brief's, unless others' words were merged in, which this person has not seen.
    `quiet` says nothing when nothing was changed.
    """
    typed = _typed(draft, request.POST, person_of(request))
    try:
        done = workflow.save_together(brief, typed, by=person_of(request))
    except Clashed as clashed:
        brief = brief_or_404(brief.pk)
        found = _conflict(brief, draft, clashed, typed)
        return brief_page(request, brief, draft=draft, reasons=said_of(clashed), conflict=found, status=409)
    except (workflow.Refused, Untaken) as refused:
        brief = brief_or_404(brief.pk)
        return brief_page(request, brief, draft=draft, reasons=_said(refused, draft, brief), status=409)
    merged = done.content != done.mine
    if not merged:
        draft.version = done.brief.version
    if done.revision or merged or not quiet:
        _tell(request, done)
    return None


def create(request: HttpRequest, draft: Draft) -> HttpResponse:
    """A new brief; pressed twice, or begun by the page itself already, the same one."""
    person = person_of(request)
    typed = _typed(draft, request.POST, person)
    key = request.POST.get("client_key", "")
    begun_as = key if PAGE_KEY.fullmatch(key) else secrets.token_hex(16)
    try:
        done = workflow.begin_together(typed, by=person, begun_as=begun_as)
    except Clashed as clashed:
        brief = brief_or_404(Brief.objects.get(begun_as=begun_as).pk)
        found = _conflict(brief, draft, clashed, typed)
        return brief_page(request, brief, draft=draft, reasons=said_of(clashed), conflict=found, status=409)
    except (workflow.Refused, Untaken) as refused:
        said = _said(refused, draft, Brief.objects.filter(begun_as=begun_as).first())
        return new_page(request, draft=draft, reasons=said, status=409)
    _tell(request, done)
    return redirect("admin:briefs_brief_change", pk=done.brief.pk)


def save_if_touched(request: HttpRequest, brief: Brief, draft: Draft) -> HttpResponse | None:
    """Before a verb: words typed and not yet saved go first; an untouched form saves nothing."""
    base = _base(brief.pk, draft)
    if base is not None and not is_touched(brief, draft, base):
        return None
    return store(request, brief, draft, quiet=True)


def with_version(data: QueryDict, draft: Draft) -> QueryDict:
    """The POST as if the page had been opened after the save that it began with."""
    data = data.copy()
    data["version"] = str(draft.version)
    return data


def is_touched(brief: Brief, draft: Draft, base: Draft) -> bool:
    numbers = workflow.numbers_of(brief, draft.new_keys())
    if len(numbers) < len(draft.new_keys()) or draft.fields["source_new"].strip():
        return True
    return not is_same(draft, base, numbers)


def _typed(draft: Draft, data: QueryDict, person: Person) -> Typed:
    """New names become rows in the transaction of the save: a refused one leaves none behind."""

    def build(was: Content, numbers: Mapping[str, int]) -> Content:
        return content_typed(draft, was, numbers, by=person)

    takes = {name[5:]: cast(MergeChoice, data[name]) for name in data if name.startswith("take-")}
    return Typed(
        build,
        draft.base,
        draft.new_keys(),
        page=page_of(data),
        takes={place: choice for place, choice in takes.items() if choice in ("mine", "theirs")},
        against=number(data.get("against", "")),
    )


def _said(refused: workflow.Refused | Untaken, draft: Draft, brief: Brief | None) -> list[Said]:
    if isinstance(refused, Untaken):
        return list(refused.said)
    return keyed(said_of(refused), _numbers_meant(draft, brief))


def _numbers_meant(draft: Draft, brief: Brief | None) -> dict[str, int]:
    """Those that the save gave to new bullets before it was refused."""
    keys = draft.new_keys()
    numbers = workflow.numbers_of(brief, keys) if brief else {}
    first = brief.next_number if brief else 1
    return numbers | {key: first + i for i, key in enumerate(k for k in keys if k not in numbers)}


def _base(brief: int, draft: Draft) -> Draft | None:
    """The brief as the page showed it before anybody typed."""
    revision = Revision.objects.filter(brief=brief, number=draft.base).first()
    if revision is None:
        return None
    content = Content.from_json(revision.content)
    return Draft.of(content, names_in([content]))


def _conflict(brief: Brief, draft: Draft, clashed: Clashed, typed: Typed) -> Conflict:
    names = names_in([clashed.theirs])
    return conflict_of(clashed, draft, Draft.of(clashed.theirs, names), names, typed.takes)


def _tell(request: HttpRequest, done: Together) -> None:
    now: dt.datetime = timezone.now()
    if done.content != done.mine:
        told = _("What %(names)s saved meanwhile was merged with yours.")
        messages.info(request, told % {"names": _(", ").join(done.others)})
    if done.revision is None:
        if done.content == done.mine:
            messages.info(request, _("Nothing was changed, so there was nothing to save."))
        return
    messages.success(request, _("Saved %(time)s") % {"time": clock(now)})
    tell_of_schedule(request, done.brief, now)
