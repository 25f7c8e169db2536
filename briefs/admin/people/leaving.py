"""Who may change whose account, what is open for a person, and the page on which a person leaves."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from briefs import policy, workflow
from briefs.accounts import account_actions
from briefs.accounts.sessions import end_sessions
from briefs.admin.common.access import person_of
from briefs.admin.common.brief_pages import Badge, desk_badge, render_page
from briefs.admin.common.form_fields import FieldError, field_errors, field_errors_from_form, link_errors
from briefs.admin.common.interface_labels import SIDE_NAMES
from briefs.admin.common.outstanding_work import get_assignees, get_roles_of_part, replace_assignee
from briefs.models import Assignment, Brief, Edition, Note, Outbox, Person, PreviewLink, Revision, Suggestion
from briefs.models.people import SignInEvent
from briefs.preview.links import active_links
from briefs.workflow import Assignee, AssignmentPlan, Refused, build_refusal
from briefs.workflow.brief_facts import load_brief_facts
from briefs.workflow.rules.transitions import format_permitted_people, lock_brief

# Who may change whose account. Nobody grants permissions that they lack or changes a person who has more.


def get_permission_names(person: Person) -> set[str]:
    """Return the person's permissions, even if the account is inactive, since it could be reactivated."""
    groups = Permission.objects.filter(group__user=person)
    rows = (groups | person.user_permissions.all()).values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def grantable_groups(person: Person) -> QuerySet[Group]:
    """Return the groups whose permissions the person has in full."""
    groups = Group.objects.order_by("name")
    if person.is_superuser:
        return groups
    held = get_permission_names(person)
    names = {
        group.pk: {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all()}
        for group in groups.prefetch_related("permissions__content_type")
    }
    return groups.filter(pk__in=[pk for pk, permissions in names.items() if permissions <= held])


def has_more_permissions(person: Person, *, than: Person) -> bool:
    if than.is_superuser:
        return False
    return person.is_superuser or not get_permission_names(person) <= get_permission_names(than)


def get_changeable_person(request: HttpRequest, pk: int) -> Person:
    """Return the person. Raise PermissionDenied if the requesting person may not change the account."""
    me = person_of(request)
    if not me.has_perm("briefs.change_person"):
        raise PermissionDenied
    person = get_object_or_404(Person, pk=pk)
    if has_more_permissions(person, than=me):
        raise PermissionDenied
    return person


# Find what is open for a person, and let the person leave: hand over the work, close the account.

type PartKey = tuple[int, str]
"""Id of a brief, and a part of its plan: `writer`, `zh` or `en`."""
type Receivers = Mapping[PartKey, Person | None]
"""Who gets each part. None: nobody yet."""


@dataclass(frozen=True, slots=True)
class OpenPart:
    """A part of an open brief that the person has. `to_answer` counts notes and suggestions."""

    brief: Brief
    part: str
    due_on: dt.date | None
    to_answer: int
    is_assigned: bool = True
    """False for a brief that the person began and that is assigned to nobody."""

    @property
    def key(self) -> PartKey:
        return self.brief.pk, self.part


@dataclass(frozen=True, slots=True)
class OpenWork:
    """Everything that is open for a person. A constant number of queries."""

    writing: Sequence[OpenPart]
    reviews: Sequence[OpenPart]
    scheduled: Sequence[Edition]
    links: Sequence[PreviewLink]
    waiting_mail: int

    @classmethod
    def load(cls, person: Person, *, now: dt.datetime) -> Self:
        briefs = _find_open_briefs(person)
        asked = _find_open_reviews(person)
        answers = _count_open_answers([*briefs, *(row.brief for row in asked)])
        scheduled = Edition.objects.scheduled(now).filter(approved_by=person).defer("content")
        mail = Outbox.objects.filter(to=person, sent_at=None, cancelled_at=None)
        return cls(
            [
                OpenPart(b, "writer", b.due_on, answers.get(b.pk, 0), b.assigned_to_id is not None)
                for b in briefs
            ],
            [OpenPart(row.brief, row.side, row.due_on, answers.get(row.brief.pk, 0)) for row in asked],
            list(scheduled.select_related("brief__source").order_by("live_from")),
            list(find_shared_links(person, now).select_related("brief__source")),
            mail.count(),
        )


def _find_open_briefs(person: Person) -> list[Brief]:
    began = Exists(Revision.objects.filter(brief=OuterRef("pk"), number=1, by=person))
    rows = Brief.objects.filter(Q(assigned_to=person) | Q(began, assigned_to=None))
    rows = rows.filter(state__in=policy.OPEN_STATES).select_related("source")
    return list(rows.order_by("state", "-updated_at", "-id"))


def count_assigned_parts(person: Person) -> int:
    """Count the parts assigned to the person. Unassigned briefs that the person began do not count."""
    briefs = Brief.objects.filter(assigned_to=person, state__in=policy.OPEN_STATES)
    return briefs.count() + _open_reviews(person).count()


def _open_reviews(person: Person) -> QuerySet[Assignment]:
    return Assignment.objects.filter(person=person, ended_at=None, brief__state__in=policy.OPEN_STATES)


def _find_open_reviews(person: Person) -> list[Assignment]:
    rows = _open_reviews(person)
    return list(rows.select_related("brief__source").order_by("-brief__state", "-brief__updated_at", "id"))


def _count_open_answers(briefs: Sequence[Brief]) -> dict[int, int]:
    """Count the open notes and unanswered suggestions by brief id. Two queries."""
    ids = [brief.pk for brief in briefs]
    open_rows = (
        Note.objects.filter(brief__in=ids, resolved_at=None),
        Suggestion.objects.filter(brief__in=ids, answer=""),
    )
    found: dict[int, int] = {}
    for rows in open_rows:
        for pk, n in rows.order_by().values_list("brief").annotate(n=Count("pk")):
            found[pk] = found.get(pk, 0) + n
    return found


def find_shared_links(person: Person, now: dt.datetime) -> QuerySet[PreviewLink]:
    """Return the preview links that the person shared and that still open."""
    return active_links(now).filter(by=person).order_by("brief_id", "id")


@dataclass(frozen=True, slots=True)
class Departure:
    """The result of `leave`."""

    parts: int
    links: int
    closed: bool
    """Whether the account was open before."""

    def __bool__(self) -> bool:
        return bool(self.parts or self.links or self.closed)


def has_left(person: Person) -> bool:
    return not (person.is_active or person.is_staff)


def find_departure_refusal(person: Person, by: Person) -> Refused | None:
    """Return a refusal if the account is one's own or that of the last administrator."""
    if person.pk == by.pk:
        return build_refusal("leave-own")
    admins = Person.objects.filter(is_superuser=True, is_active=True, is_staff=True)
    if admins.filter(pk=person.pk).exists() and not admins.exclude(pk=person.pk).exists():
        return build_refusal("leave-last", name=str(person))
    return None


@transaction.atomic
def leave(
    person: Person,
    receivers: Receivers,
    *,
    by: Person,
    revoke_links: bool,
    now: dt.datetime,
    request: HttpRequest | None = None,
) -> Departure:
    """Hand over the parts in `receivers`, close the account and end its sessions. Nothing is deleted.

    Parts that somebody else has meanwhile are unchanged, and so are parts missing in `receivers`, since work that arrived
    after the page was shown is not handed over unseen. If one hand-over fails, raise Refused and change nothing.
    """
    person = _lock_account(person)
    if refused := find_departure_refusal(person, by):
        raise refused
    links = list(find_shared_links(person, now)) if revoke_links else []
    parts = 0
    for pk in sorted({pk for pk, _part in receivers} | {link.brief_id for link in links}):
        parts += _hand_over(pk, person, receivers, by=by, now=now)
        for link in links:
            if link.brief_id == pk:
                workflow.unshare(link, by=by, now=now)
    is_open = not has_left(person)
    departure = Departure(parts, len(links), is_open)
    if is_open:
        Person.objects.filter(pk=person.pk).update(is_active=False, is_staff=False)
    sessions = end_sessions(person)
    if departure:
        what = "left" if is_open else "handed over"
        detail = f"{what}: {parts} parts handed over, {len(links)} links revoked, {sessions} sessions ended"
        account_actions.record(
            SignInEvent.Kind.ACCOUNT, username=person.username, person=by, request=request, detail=detail
        )
    return departure


def _lock_account(person: Person) -> Person:
    """Lock the person and all administrators, so that the last two cannot close each other's account at once.

    `no_key`: verbs that hold a brief may insert rows that refer to the person meanwhile, which would deadlock.
    """
    rows = Person.objects.select_for_update(no_key=True).filter(Q(pk=person.pk) | Q(is_superuser=True))
    return next(row for row in rows.order_by("pk") if row.pk == person.pk)


def _hand_over(pk: int, person: Person, receivers: Receivers, *, by: Person, now: dt.datetime) -> int:
    """Replace the person in the plan of one brief. Return the number of parts."""
    brief = lock_brief(pk)
    if brief.state not in policy.OPEN_STATES:
        return 0
    plan = AssignmentPlan.load(brief)
    parts = list(_find_parts_to_hand_over(plan, pk, person, receivers))
    for part, assignee in parts:
        plan = replace_assignee(plan, part, assignee)
    if parts:
        workflow.apply_plan(brief, plan, by=by, now=now)
    return len(parts)


def _find_parts_to_hand_over(
    plan: AssignmentPlan, pk: int, person: Person, receivers: Receivers
) -> Iterator[tuple[str, Assignee]]:
    for part, assignee in get_assignees(plan).items():
        if (pk, part) not in receivers:
            continue
        receiver = receivers[pk, part]
        is_free = part == "writer" and assignee.person is None and receiver is not None
        if assignee.person == person or is_free:
            due_on = assignee.due_on if receiver or part == "writer" else None
            yield part, Assignee(receiver, due_on)


# The page on which a person leaves: what is open, to whom it goes, and one button.

AS_ABOVE: Final = "above"
"""Value of a row that follows the choice for all rows."""
WRITING, REVIEWS = "writing", "reviews"


@dataclass(frozen=True, slots=True)
class PartRow:
    part: OpenPart
    badge: Badge
    language: str
    select: forms.BoundField | None
    """None if the requesting person may not assign."""


class LeaverForm(forms.Form):
    """Form for the receivers of writing and reviews: one choice for all, which each row can override."""

    revoke = forms.BooleanField(required=False, initial=True)

    def __init__(self, data: Any = None, *, person: Person, work: OpenWork, may_assign: bool) -> None:
        super().__init__(data, auto_id="%s", label_suffix="")
        self.work, self.may_assign = work, may_assign
        briefs = list({part.brief.pk: part.brief for part in (*work.writing, *work.reviews)}.values())
        self.facts = load_brief_facts(briefs, timezone.now(), policy.load_staff())
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
        """Return the receiver of each part that the page showed."""
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
            yield PartRow(part, desk_badge(self.facts[part.brief.pk]), language, select)

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
        parent_url=reverse("admin:briefs_person_change", args=[person.pk]),
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
    """Add a message on what was done. Show the page again while parts are still open."""
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
