"""Save the posted brief form, or show the page again with everything typed and all errors."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
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
from ...workflow import SaveConflict, SaveRequest, SaveResult
from ...workflow.concurrent_save import PAGE_KEY
from ...workflow.rules.transitions import format_time
from ..common.access import person_of
from ..common.brief_pages import get_brief_or_404, read_number, warn_of_scheduled_edition
from ..common.error_list import FieldError, InvalidDraft, field_errors
from ..common.name_fields import load_names_by_id
from .brief_form import parse_content
from .brief_views import read_page_key, render_brief_page, render_new_brief_page
from .conflicts import build_conflict, is_unchanged
from .draft_form import Draft
from .partial_save import with_row_keys


def read_draft(request: HttpRequest, brief_id: int | None = None) -> Draft:
    """Read the posted form. Fields that an outdated page did not send get the value of its base revision."""
    draft = Draft.from_post(request.POST)
    if brief_id and draft.unsent_fields and (base := _load_base_draft(brief_id, draft)):
        draft.fill_unsent(base)
    return draft


def save_draft(
    request: HttpRequest, brief: Brief, draft: Draft, *, quiet: bool = False
) -> HttpResponse | None:
    """Save the draft. Return None if it is saved, else the page with the errors and the typed text.

    `draft.version` is set to the new version, unless other people's changes, which this person has not seen,
    were merged in. With `quiet`, no message is shown if nothing changed.
    """
    typed = _build_submission(draft, request.POST, person_of(request))
    try:
        saved = workflow.merge_and_save(brief, typed, by=person_of(request))
    except SaveConflict as clashed:
        return _render_conflict(request, brief.pk, draft, clashed, typed)
    except (workflow.Refused, InvalidDraft) as refused:
        brief = get_brief_or_404(brief.pk)
        return render_brief_page(
            request, brief, draft=draft, errors=_list_errors(refused, draft, brief), status=409
        )
    merged = saved.content != saved.mine
    if not merged:
        draft.version = saved.brief.version
    if saved.revision or merged or not quiet:
        _add_save_messages(request, saved)
    return None


def suggest_draft(request: HttpRequest, brief: Brief, draft: Draft) -> HttpResponse:
    """Keep the changed texts of the draft as suggestions, or show the page again with everything typed."""
    person = person_of(request)
    typed = replace(_build_submission(draft, request.POST, person), as_suggestions=True)
    try:
        workflow.merge_and_save(brief, typed, by=person)
    except SaveConflict as clashed:
        return _render_conflict(request, brief.pk, draft, clashed, typed)
    except (workflow.Refused, InvalidDraft) as refused:
        errors = _list_errors(refused, draft, brief)
        return render_brief_page(request, get_brief_or_404(brief.pk), draft=draft, errors=errors, status=409)
    messages.success(request, _("Your changes are kept as suggestions. Somebody else can accept them."))
    return redirect_to_brief(request, brief.pk)


def redirect_to_brief(request: HttpRequest, pk: int) -> HttpResponse:
    return redirect("admin:briefs_brief_change", pk=pk)


def create_brief(
    request: HttpRequest,
    draft: Draft,
    *,
    then: Callable[[HttpRequest, int], HttpResponse] = redirect_to_brief,
) -> HttpResponse:
    """Create a brief and redirect to its page, or answer with `then`.

    A repeated POST with the same `client_key` returns the same brief.
    """
    person = person_of(request)
    typed = _build_submission(draft, request.POST, person)
    key = request.POST.get("client_key", "")
    begun_as = key if PAGE_KEY.fullmatch(key) else secrets.token_hex(16)
    try:
        saved = workflow.create_once(typed, by=person, begun_as=begun_as)
    except SaveConflict as clashed:
        return _render_conflict(request, Brief.objects.get(begun_as=begun_as).pk, draft, clashed, typed)
    except (workflow.Refused, InvalidDraft) as refused:
        errors = _list_errors(refused, draft, Brief.objects.filter(begun_as=begun_as).first())
        return render_new_brief_page(request, draft=draft, errors=errors, status=409)
    _add_save_messages(request, saved)
    return then(request, saved.brief.pk)


def save_if_changed(request: HttpRequest, brief: Brief, draft: Draft) -> HttpResponse | None:
    """Save unsaved changes before a verb is run; an unchanged form saves nothing."""
    keys, base = draft.new_bullet_keys(), _load_base_draft(brief.pk, draft)
    numbers = workflow.find_bullet_numbers(brief, keys)
    has_new_rows = len(numbers) < len(keys) or draft.fields["source_new"].strip()
    if base is not None and not has_new_rows and is_unchanged(draft, base, numbers):
        return None
    return save_draft(request, brief, draft, quiet=True)


def with_version(data: QueryDict, draft: Draft) -> QueryDict:
    """Copy the POST data with the version that the draft has after saving."""
    data = data.copy()
    data["version"] = str(draft.version)
    return data


def _build_submission(draft: Draft, data: QueryDict, person: Person) -> SaveRequest:
    """Build the save request.

    New vocabulary rows are created inside the save's transaction, so a refused save leaves none.
    """

    def build(was: Content, numbers: Mapping[str, int]) -> Content:
        return parse_content(draft, was, numbers, by=person)

    choices = {name[5:]: cast(MergeChoice, data[name]) for name in data if name.startswith("take-")}
    return SaveRequest(
        build,
        draft.base_revision,
        draft.new_bullet_keys(),
        page_key=read_page_key(data),
        choices={place: choice for place, choice in choices.items() if choice in ("mine", "theirs")},
        choices_revision=read_number(data, "against"),
    )


def _list_errors(
    refused: workflow.Refused | InvalidDraft, draft: Draft, brief: Brief | None
) -> list[FieldError]:
    if isinstance(refused, InvalidDraft):
        return list(refused.errors)
    return with_row_keys(field_errors(refused), _expected_bullet_numbers(draft, brief))


def _expected_bullet_numbers(draft: Draft, brief: Brief | None) -> dict[str, int]:
    """Return the numbers of new bullets by key, including those that the refused save would have assigned."""
    keys = draft.new_bullet_keys()
    numbers = workflow.find_bullet_numbers(brief, keys) if brief else {}
    first = brief.next_number if brief else 1
    return numbers | {key: first + i for i, key in enumerate(k for k in keys if k not in numbers)}


def _load_base_draft(brief_id: int, draft: Draft) -> Draft | None:
    """Load the draft of the revision that the page was opened with, or None if there is no such revision."""
    revision = Revision.objects.filter(brief=brief_id, number=draft.base_revision).first()
    if revision is None:
        return None
    content = Content.from_json(revision.content)
    return Draft.from_content(content, load_names_by_id([content]))


def _render_conflict(
    request: HttpRequest, pk: int, draft: Draft, clashed: SaveConflict, typed: SaveRequest
) -> HttpResponse:
    errors, conflict = field_errors(clashed), build_conflict(clashed, draft, typed.choices)
    brief = get_brief_or_404(pk)
    return render_brief_page(request, brief, draft=draft, errors=errors, conflict=conflict, status=409)


def _add_save_messages(request: HttpRequest, saved: SaveResult) -> None:
    now = timezone.now()
    if saved.content != saved.mine:
        message = _("What %(names)s saved meanwhile was merged with yours.")
        messages.info(request, message % {"names": _(", ").join(saved.other_editors)})
    if saved.revision is None:
        if saved.content == saved.mine:
            messages.info(request, _("Nothing was changed, so there was nothing to save."))
        return
    messages.success(request, _("Saved %(time)s") % {"time": format_time(now)})
    warn_of_scheduled_edition(request, saved.brief, now)
