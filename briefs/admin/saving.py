"""From the posted form to a saved revision, or back to the page with everything typed and every reason."""

import datetime as dt
from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import workflow
from ..content import Content
from ..models import Brief, Person, Revision
from ..workflow.editions import scheduled_edition
from ..workflow.moving import clock
from .access import person_of
from .clashes import Clash, clashes, settled
from .draft import Draft
from .forms import content_typed
from .names import names_in
from .reasons import Said, Untaken, said_of
from .screens import brief_or_404, brief_page, new_page


def number(value: str) -> int:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0


def store(request: HttpRequest, brief: Brief, draft: Draft) -> HttpResponse | None:
    """Save what was typed. None when it is stored, else the page that says why not and keeps it.

    `draft.version` follows the brief's.
    """
    person = person_of(request)
    current = workflow.content_of(brief)
    kept = draft
    if draft.version == brief.version:
        kept = settled(draft, Draft.of(current, names_in([current])), request.POST)

    def save(content: Content) -> Revision | None:
        return workflow.save(brief.pk, content, by=person, version=draft.version)

    try:
        saved = _take(kept, person, save)
    except workflow.Stale as stale:
        brief = brief_or_404(brief.pk)
        found = _clashes(brief, kept, stale.theirs)
        return brief_page(request, brief, draft=kept, reasons=said_of(stale), clashes=found, status=409)
    except (workflow.Refused, Untaken) as refused:
        return brief_page(request, brief_or_404(brief.pk), draft=kept, reasons=_said(refused), status=409)
    draft.version += saved is not None
    _tell(request, brief, changed=saved is not None)
    return None


def create(request: HttpRequest, draft: Draft) -> HttpResponse:
    person = person_of(request)
    try:
        brief = _take(draft, person, lambda content: workflow.create(content, by=person))
    except (workflow.Refused, Untaken) as refused:
        return new_page(request, draft=draft, reasons=_said(refused), status=409)
    _tell(request, brief, changed=True)
    return redirect("admin:briefs_brief_change", pk=brief.pk)


def save_if_touched(request: HttpRequest, brief: Brief, draft: Draft) -> HttpResponse | None:
    """Before a verb: words typed and not yet saved go first; an untouched form saves nothing."""
    base = _base(brief, draft)
    if base is not None and not is_touched(draft, base):
        return None
    return store(request, brief, draft)


def with_version(data: QueryDict, draft: Draft) -> QueryDict:
    """The POST as if the page had been opened after the save that it began with."""
    data = data.copy()
    data["version"] = str(draft.version)
    return data


def is_newest(brief: Brief, draft: Draft) -> bool:
    """Whether nobody has saved other words since the page was made."""
    return not Revision.objects.filter(brief=brief, number__gt=draft.base).exists()


def is_touched(draft: Draft, base: Draft) -> bool:
    rows = any(not row.number for row in draft.kept())
    return rows or bool(draft.fields["source_new"].strip()) or bool(clashes(draft, base, None, names_in([])))


def _take[Result](draft: Draft, person: Person, act: Callable[[Content], Result]) -> Result:
    """One transaction: a refused save leaves no new author or keyword behind."""
    with transaction.atomic():
        return act(content_typed(draft, by=person))


def _said(refused: workflow.Refused | Untaken) -> list[Said]:
    return list(refused.said) if isinstance(refused, Untaken) else said_of(refused)


def _base(brief: Brief, draft: Draft) -> Draft | None:
    """The brief as the page showed it before anybody typed."""
    revision = Revision.objects.filter(brief=brief, number=draft.base).first()
    if revision is None:
        return None
    content = Content.from_json(revision.content)
    return Draft.of(content, names_in([content]))


def _clashes(brief: Brief, draft: Draft, content: Content) -> list[Clash]:
    names = names_in([content])
    return clashes(draft, Draft.of(content, names), _base(brief, draft), names)


def _tell(request: HttpRequest, brief: Brief, *, changed: bool) -> None:
    now: dt.datetime = timezone.now()
    if not changed:
        messages.info(request, _("Nothing was changed, so there was nothing to save."))
        return
    messages.success(request, _("Saved %(time)s") % {"time": clock(now)})
    if edition := scheduled_edition(brief, now):
        told = _("The edition scheduled for %(time)s stays scheduled, with the text that was approved.")
        messages.warning(request, told % {"time": clock(edition.live_from)})
