"""The page on which a person leaves: what is open, to whom it goes, and one button."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ... import policy
from ...models import Person
from ...workflow import Refused
from ...workflow.rules.transitions import format_permitted_people
from ..common.access import person_of
from ..common.assignment_rows import get_roles_of_part
from ..common.badges import Badge, desk_badge
from ..common.brief_pages import render_page
from ..common.error_list import FieldError, field_errors, field_errors_from_form, link_errors
from ..common.interface_labels import SIDE_NAMES
from .leaving import (
    Departure,
    OpenPart,
    OpenWork,
    Receivers,
    count_assigned_parts,
    find_departure_refusal,
    has_left,
    leave,
)
from .person_access import get_changeable_person

AS_ABOVE: Final = "above"
"""Value of a row that follows the choice for all rows."""
WRITING, REVIEWS = "writing", "reviews"


@dataclass(frozen=True, slots=True)
class PartRow:
    part: OpenPart
    badge: Badge
    language: str
    select: forms.BoundField | None
    """None if whoever asks may not assign."""


class LeaverForm(forms.Form):
    """Who gets the writing and the reviews: one choice for all, which each row can override."""

    revoke = forms.BooleanField(required=False, initial=True)

    def __init__(self, data: Any = None, *, person: Person, work: OpenWork, may_assign: bool) -> None:
        super().__init__(data, auto_id="%s", label_suffix="")
        self.work, self.may_assign = work, may_assign
        self.people: dict[str, dict[str, Person]] = {}
        if may_assign:
            self._add_choices(WRITING, work.writing, gettext_lazy("All writing goes to"), person)
            self._add_choices(REVIEWS, work.reviews, gettext_lazy("All reviews go to"), person)
        if not (work.links and may_assign):
            del self.fields["revoke"]

    def _add_choices(self, group: str, parts: Any, label: Any, leaver: Person) -> None:
        if not parts:
            return
        found = policy.find_people_with_roles(get_roles_of_part(parts[0].part)).exclude(pk=leaver.pk)
        people = self.people[group] = {str(person.pk): person for person in found}
        names = [("", _("Nobody yet")), *((pk, str(person)) for pk, person in people.items())]
        self.fields[group] = _build_choice(label, names)
        for part in parts:
            self.fields[_field_name(part)] = _build_choice(
                str(part.brief), [(AS_ABOVE, _("As above")), *names], initial=AS_ABOVE
            )

    def find_receivers(self) -> Receivers:
        """Return who gets each part that the page showed. A part that the page lacked is not in the data."""
        receivers: dict[tuple[int, str], Person | None] = {}
        for group, parts in ((WRITING, self.work.writing), (REVIEWS, self.work.reviews)):
            for part in parts:
                name = _field_name(part)
                if name not in self.data or name not in self.fields:
                    continue
                chosen = self.cleaned_data[name]
                pk = self.cleaned_data[group] if chosen == AS_ABOVE else chosen
                receivers[part.key] = self.people[group].get(pk)
        return receivers

    def _rows(self, parts: Any) -> Iterator[PartRow]:
        for part in parts:
            name = _field_name(part)
            language = "" if part.part == "writer" else str(SIDE_NAMES[part.part])
            select = self[name] if name in self.fields else None
            yield PartRow(part, desk_badge(part.brief, None), language, select)

    def writing_rows(self) -> list[PartRow]:
        return list(self._rows(self.work.writing))

    def review_rows(self) -> list[PartRow]:
        return list(self._rows(self.work.reviews))


def _build_choice(label: Any, choices: list[tuple[str, str]], initial: str = "") -> forms.ChoiceField:
    gone = gettext_lazy("The chosen person may not do this any more. Choose again.")
    return forms.ChoiceField(
        label=label,
        choices=choices,
        initial=initial,
        required=False,
        error_messages={"invalid_choice": gone},
    )


def _field_name(part: OpenPart) -> str:
    return f"{part.part}-{part.brief.pk}"


def leaver_page(request: HttpRequest, pk: int) -> HttpResponse:
    person, me, now = get_changeable_person(request, pk), person_of(request), timezone.now()
    form = _build_form(request, person, OpenWork.load(person, now=now))
    errors: list[FieldError] = []
    if refused := find_departure_refusal(person, me):
        errors = field_errors(refused)
    elif request.method == "POST" and form.is_valid():
        revoke = bool(form.cleaned_data.get("revoke"))
        try:
            done = leave(person, form.find_receivers(), by=me, revoke_links=revoke, now=now, request=request)
        except Refused as changed:
            errors = field_errors(changed)
        else:
            return _answer(request, person, done)
    elif request.method == "POST":
        errors = field_errors_from_form(form)
    return render_page(
        request,
        "people/leave",
        title=_("Hand over the open work") if has_left(person) else _("This person leaves"),
        subtitle=str(person),
        opts=Person._meta,
        person=person,
        form=form,
        work=form.work,
        assigned_parts=count_assigned_parts(person),
        refused=refused,
        has_left=has_left(person),
        may_assign=form.may_assign,
        who_assigns=format_permitted_people("assign"),
        reasons=link_errors(errors, {name: f"#{name}" for name in form.fields}),
        status=409 if request.method == "POST" else 200,
    )


def _build_form(request: HttpRequest, person: Person, work: OpenWork) -> LeaverForm:
    data = request.POST if request.method == "POST" else None
    may_assign = policy.has_role_for(person_of(request), "assign")
    return LeaverForm(data, person=person, work=work, may_assign=may_assign)


def _answer(request: HttpRequest, person: Person, done: Departure) -> HttpResponse:
    """Say what was done. Stay on the page while something is open."""
    if done:
        messages.success(request, " ".join(_describe(person, done)))
    else:
        messages.info(request, _("There was nothing left to do."))
    n = count_assigned_parts(person)
    if not n:
        return redirect("admin:briefs_person_change", person.pk)
    text = ngettext(
        "%(n)s piece of work is still with %(name)s.", "%(n)s pieces of work are still with %(name)s.", n
    )
    messages.warning(request, text % {"n": n, "name": person})
    return redirect("admin:briefs_person_leave", person.pk)


def _describe(person: Person, done: Departure) -> Iterator[str]:
    if done.closed:
        yield _("%(name)s has left. The account is closed and signed out everywhere.") % {"name": person}
    if n := done.parts:
        yield ngettext("%(n)s piece of work handed over.", "%(n)s pieces of work handed over.", n) % {"n": n}
    if n := done.links:
        yield ngettext("%(n)s preview link revoked.", "%(n)s preview links revoked.", n) % {"n": n}
