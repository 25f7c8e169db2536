"""Save the brief form or autosave it, merging what others changed, or show it again with everything typed."""

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, cast

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotAllowed,
    QueryDict,
)
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from briefs import workflow
from briefs.admin.common import fact_text, findings, presence
from briefs.admin.common.access import person_of, require_role
from briefs.admin.common.brief_pages import (
    get_brief_or_404,
    json_response,
    read_number,
    render_original_link,
    warn_of_scheduled_edition,
)
from briefs.admin.common.form_fields import FieldError, InvalidDraft, errors_as_json, field_errors
from briefs.admin.common.name_fields import NamesById, load_names_by_id
from briefs.bilingual.text.content_merge import FACT_NAMES, LEAD_NAMES, MergeChoice, collect_values_by_key
from briefs.content import Bullet, Content
from briefs.models import Brief, Person, Revision
from briefs.workflow import Refused
from briefs.workflow.concurrent_save import PAGE_KEY, SaveConflict, SaveRequest, SaveResult
from briefs.workflow.rules.local_times import format_time
from briefs.workflow.rules.refusals import Reason
from briefs.workflow.rules.working_copy import TEXT_RULES, ContentTidier

from .brief_views import build_conflict, is_unchanged, read_page_key, render_brief_page, render_new_brief_page
from .draft_form import (
    FORM_FIELDS,
    BulletRow,
    Draft,
    build_bullet_row,
    get_merge_key,
    list_key_points,
    parse_content,
    parse_content_with_errors,
)
from .editor_page_data import BriefPageData
from .margin import list_finding_items, render_items

# Split an autosaved form into fields that can be stored and fields that cannot.

CELL_RULES: Final = {
    "text_zh": TEXT_RULES["bullet"],
    "text_en": TEXT_RULES["bullet"],
    "passage": TEXT_RULES["passage"],
    "one_sided": TEXT_RULES["one_sided"],
}
VOCABULARY_FACTS: Final = ("source", "authors", "keywords")
_BULLET_ANCHOR = re.compile(r"b\d+")


@dataclass(slots=True)
class PartialSave:
    """State of an autosave.

    `errors` refer to fields or row keys; `rejected_keys` are merge keys of the content.
    """

    draft: Draft
    errors: list[FieldError] = field(default_factory=list)
    rejected_keys: set[str] = field(default_factory=set)
    bullet_numbers: Mapping[str, int] = field(default_factory=dict)

    def build_content(self, base: Content, bullet_numbers: Mapping[str, int]) -> Content:
        self.bullet_numbers = bullet_numbers
        content, self.errors = parse_content_with_errors(self.draft, base, bullet_numbers, by=None)
        groups = {f"name-{row.key}": "authors" for row in self.draft.authors}
        groups |= {f"name-{row.key}": "keywords" for row in self.draft.keywords}
        self.rejected_keys = {groups.get(said.about, said.about) for said in self.errors}
        return content

    def revert_rejected(self, content: Content, base: Content, reasons: Sequence[Reason]) -> Content:
        """Return the content with the rejected values replaced by those of `base`.

        Raises Refused if a reason cannot be assigned to a single value.
        """
        hopeless = [reason for reason in reasons if not self._is_revertible(reason)]
        if hopeless:
            raise Refused(*hopeless)
        about = {reason.about for reason in reasons if not _BULLET_ANCHOR.fullmatch(reason.about)}
        self.rejected_keys |= about
        self.errors += field_errors(Refused(*(r for r in reasons if not _BULLET_ANCHOR.fullmatch(r.about))))
        leads = {name: getattr(base, name) for name in LEAD_NAMES if name in about}
        facts: dict[str, Any] = {name: getattr(base.facts, name) for name in FACT_NAMES if name in about}
        if "source" in about:  # a vocabulary row that the facts refer to no longer exists
            facts |= {name: getattr(base.facts, name) for name in VOCABULARY_FACTS}
        found = {bullet.number: bullet for bullet in base.bullets}
        bullets = tuple(
            self._revert_rejected_cells(b, found.get(b.number, Bullet(b.number))) for b in content.bullets
        )
        return replace(content, **leads, bullets=bullets, facts=replace(content.facts, **facts))

    @staticmethod
    def _is_revertible(reason: Reason) -> bool:
        if _BULLET_ANCHOR.fullmatch(reason.about):
            return reason.code in ("control-character", "too-long")
        return reason.about in (*LEAD_NAMES, *FACT_NAMES)

    def has_rejected_text(self, row: BulletRow) -> bool:
        """Return whether any text in this row was rejected."""
        name = f"b{row.number or self.bullet_numbers.get(row.key, 0)}-"
        return any(key.startswith(name) for key in self.rejected_keys)

    def _revert_rejected_cells(self, bullet: Bullet, base: Bullet) -> Bullet:
        reverted = {}
        for name, rule in CELL_RULES.items():
            tidying = ContentTidier()
            anchor = f"b{bullet.number}"
            tidying.tidy_text(getattr(bullet, name), rule, about=anchor)
            if tidying.reasons:
                reverted[name] = getattr(base, name)
                self.rejected_keys.add(f"{anchor}-{name.removeprefix('text_')}")
                self.errors += with_row_keys(field_errors(Refused(*tidying.reasons)), self.bullet_numbers)
        return replace(bullet, **reverted)


def with_row_keys(errors: Iterable[FieldError], bullet_numbers: Mapping[str, int]) -> list[FieldError]:
    """Replace bullet anchors such as `b7` by the page's key of the new row with that number."""
    keys = {f"b{number}": key for key, number in bullet_numbers.items()}
    return [replace(s, about=keys.get(s.about, s.about)) for s in errors]


# Form values after a three-way merge: other people's changes, else the values as typed.

type MatchingKeys = set[str]
"""Keys at which the merged content equals the accepted value, so that the page keeps the value as typed."""

CELL_KEYS: Final = {
    "text_zh": "zh",
    "text_en": "en",
    "structure_zh": "zh-structure",
    "structure_en": "en-structure",
    "passage": "passage",
    "one_sided": "one_sided",
}
"""Merge keys of a row's fields."""


def build_merged_form(saved: SaveResult, partial_save: PartialSave, names: NamesById) -> dict[str, Any]:
    """Return the merged form as JSON.

    Stored rows are in stored order; rows that are not stored keep their position.
    """
    draft = partial_save.draft
    theirs = Draft.from_content(saved.content, names)
    mine, now = collect_values_by_key(saved.mine), collect_values_by_key(saved.content)
    matching = {key for key, value in now.items() if key in mine and mine[key] == value}
    fields = {name: _choose_draft(name, matching, draft, theirs).fields[name] for name in FORM_FIELDS}
    return {
        "fields": fields,
        "bullets": [_row_as_json(row) for row in _merge_bullets(saved, partial_save, matching)],
        **{
            f"{group}s": [
                _row_as_json(row)
                for row in _choose_draft(f"{group}s", matching, draft, theirs).rows(group)
                if not row.deleted
            ]
            for group in ("author", "keyword")
        },
    }


def _choose_draft(name: str, matching: MatchingKeys, draft: Draft, theirs: Draft) -> Draft:
    return draft if get_merge_key(name) in matching else theirs


def _merge_bullets(saved: SaveResult, partial_save: PartialSave, matching: MatchingKeys) -> list[BulletRow]:
    posted = {
        row.number or saved.bullet_numbers.get(row.key, 0): row
        for row in partial_save.draft.bullets_to_save()
    }
    rows = [
        _merge_row(build_bullet_row(b), b.number, posted.get(b.number), matching)
        for b in saved.content.bullets
    ]
    _insert_unstored_rows(rows, partial_save)
    return rows


def _merge_row(row: BulletRow, number: int, typed: BulletRow | None, matching: MatchingKeys) -> BulletRow:
    if typed is None:
        return row
    own = {name: getattr(typed, name) for name, cell in CELL_KEYS.items() if f"b{number}-{cell}" in matching}
    return replace(row, key=typed.key, **own)


def _insert_unstored_rows(rows: list[BulletRow], partial_save: PartialSave) -> None:
    """Insert rows that are blank or whose text was rejected, since the stored content does not have them."""
    there = {row.key for row in rows}
    typed = partial_save.draft.bullets
    for i, row in enumerate(typed):
        if row.deleted or row.key in there or not (row.is_blank or partial_save.has_rejected_text(row)):
            continue
        before = next((r.key for r in reversed(typed[:i]) if r.key in there), None)
        at = next((n for n, r in enumerate(rows, 1) if r.key == before), 0)
        rows.insert(at, row)
        there.add(row.key)


def _row_as_json(row: Any) -> dict[str, str]:
    return {name: value for name, value in asdict(row).items() if name != "deleted"}


# Save the posted brief form, or show the page again with everything typed and all errors.


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
        saved = workflow.concurrent_save.merge_and_save(brief, typed, by=person_of(request))
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
        saved = workflow.concurrent_save.create_once(typed, by=person, begun_as=begun_as)
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
    numbers = workflow.concurrent_save.find_bullet_numbers(brief, keys)
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
    numbers = workflow.concurrent_save.find_bullet_numbers(brief, keys) if brief else {}
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


# Autosave: store what can be stored of the posted form and return the stored state.


def autosave(request: HttpRequest, pk: int) -> HttpResponse:
    person = require_role(request)
    return _save_and_respond(
        request,
        person,
        lambda typed: workflow.concurrent_save.merge_and_save(pk, typed, by=person),
        brief_id=pk,
    )


def autosave_new_brief(request: HttpRequest) -> HttpResponse:
    """Save the page of a new brief. A repeated request with the same `client_key` saves to the same brief."""
    person = require_role(request, "import")
    key = request.POST.get("client_key", "")
    if request.method == "POST" and not PAGE_KEY.fullmatch(key):
        return HttpResponseBadRequest()
    return _save_and_respond(
        request, person, lambda typed: workflow.concurrent_save.create_once(typed, by=person, begun_as=key)
    )


def _save_and_respond(
    request: HttpRequest,
    person: Person,
    save: Callable[[SaveRequest], SaveResult],
    *,
    brief_id: int | None = None,
) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if "draft" not in request.POST:
        return HttpResponseBadRequest()
    draft = read_draft(request, brief_id)
    partial_save = PartialSave(draft)
    typed = SaveRequest(
        partial_save.build_content,
        draft.base_revision,
        draft.new_bullet_keys(),
        page_key=read_page_key(request.POST),
        revert_refused=partial_save.revert_rejected,
        list_unstored_keys=lambda: partial_save.rejected_keys,
    )
    try:
        if request.POST.get("compare"):
            unsaved = workflow.concurrent_save.would_store(lambda: save(typed)) or bool(partial_save.errors)
            return json_response({"unsaved": unsaved})
        saved = save(typed)
    except Brief.DoesNotExist as error:
        raise Http404 from error
    except SaveConflict as clashed:
        return json_response({"clash": True, "by": clashed.by, "at": clashed.at, "text": str(clashed)}, 409)
    except Refused as refused:
        errors = with_row_keys(field_errors(refused), partial_save.bullet_numbers)
        return json_response({"clash": False, "reasons": errors_as_json(errors)}, 409)
    response = _build_response(saved, partial_save, person)
    if not request.POST.get("quiet"):  # while a row is typed, the page does not ask for findings
        response |= _build_findings(saved, person)
    return json_response(response)


def _build_findings(saved: SaveResult, person: Person) -> dict[str, Any]:
    keys = {number: key for key, number in saved.bullet_numbers.items()}
    shown, plain = findings.as_json_with_plain_repair(saved.brief.pk, saved.content, keys)
    margin = render_items(BriefPageData(saved.brief, person), list_finding_items(shown))
    texts = {bullet.number: (bullet.text_zh, bullet.text_en) for bullet in saved.content.bullets}
    key_points = list(list_key_points(texts, str(saved.content.key_point or "")))
    return {"findings": shown, "plain_repair": plain, "margin": margin, "key_points": key_points}


def _build_response(saved: SaveResult, partial_save: PartialSave, person: Person) -> dict[str, Any]:
    now = timezone.now()
    pk = saved.brief.pk
    merged = saved.content != saved.mine
    names = load_names_by_id([saved.content], with_keywords=merged)
    return {
        "brief": pk,
        "url": reverse("admin:briefs_brief_change", args=[pk]),
        "version": saved.brief.version,
        "base": saved.revision_number,
        "at": format_time(now),
        "changed": saved.revision is not None,
        "numbers": saved.bullet_numbers,
        "content": build_merged_form(saved, partial_save, names) if merged else None,
        "merged_from": list(saved.other_editors) if merged else [],
        "reasons": errors_as_json(partial_save.errors),
        "fact_line": fact_text.build_fact_line(saved.content.facts, names),
        "original": render_original_link(saved.content.facts.url, saved.content.facts.doi),
        "title": str(saved.brief),
        "people": presence.list_present_people(pk, person, now),
    }
