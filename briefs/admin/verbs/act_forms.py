"""The form of an act, built from its row in the table: one form and one page for briefs and issues.

Rules are checked by the workflow alone. A form that would be refused whatever is typed shows why instead of its fields.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final, cast

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from briefs import workflow
from briefs.admin.common.brief_pages import render_page
from briefs.admin.common.brief_rows import build_rows, render_rows
from briefs.admin.common.fact_text import build_key_line
from briefs.admin.common.form_fields import (
    FieldError,
    LocalDateTimeField,
    field_errors_from_form,
    field_errors_from_reasons,
    link_errors,
    simplify_stale_reasons,
    wrong_state_errors,
)
from briefs.admin.common.interface_labels import (
    SIDE_NAMES,
    format_with_label,
    format_with_remark,
    interface_side,
)
from briefs.admin.common.publication import Publication
from briefs.admin.common.task_list import build_keyword_url
from briefs.admin.editor.editor_page_data import BriefPageData
from briefs.admin.history.revision_pages import describe_comparison
from briefs.bilingual.lexicon import passages
from briefs.bilingual.text import date_format, paths
from briefs.bilingual.text.content_diff import ContentDifference, diff_contents
from briefs.content import LANGUAGE_TAGS, NO_CHANGE, SIDES, Content, Side
from briefs.derived import PageNames
from briefs.models import Brief, Edition, Issue, WithdrawalKind
from briefs.workflow import Refused
from briefs.workflow.acts import Act
from briefs.workflow.brief_facts import load_edition_content
from briefs.workflow.rules import find_last_shown_edition
from briefs.workflow.rules.local_times import find_moments, format_time
from briefs.workflow.rules.refusals import Reason

from .correction_pages import describe_holders

MAX_EXCERPT_LENGTH: Final = 60
"""Characters shown of an open note."""


def _build_text_field(label: str | Promise, **attributes: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3, **attributes})
    return forms.CharField(label=cast(str, label), required=False, widget=widget)


def _list_kinds(page: Any) -> list[tuple[str, str]]:
    """Return the kinds of a withdrawal, each with the sentence that readers will see."""
    side = interface_side()
    return [("", "–"), *((kind, f"{kind.label} – {kind.sentence(side, page)}") for kind in WithdrawalKind)]


FIELDS: Final[Mapping[str, Callable[[str], forms.Field]]] = {
    "note": lambda _page: _build_text_field(gettext_lazy("Note"), autofocus=True),
    "sides": lambda _page: forms.MultipleChoiceField(
        label=gettext_lazy("Languages that need changes"),
        choices=list(SIDE_NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    ),
    "kind": lambda page: forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=_list_kinds(page), required=False
    ),
    "reason": lambda _page: _build_text_field(gettext_lazy("Reason")),
    "at": lambda _page: LocalDateTimeField(
        label=_("Time (%(zone)s)") % {"zone": settings.TIME_ZONE}, required=False
    ),
    "mail": lambda _page: forms.BooleanField(required=False),
}
"""Builds each field that an act may have, for a `brief` or an `issue`."""


class ActForm(forms.Form):
    """The form of one act on one page. `page`: what the person sees, a `BriefPageData` or an `IssuePageData`."""

    page_kind: ClassVar[str] = "brief"

    def __init__(self, data: Any = None, *, act: Act, page: Any) -> None:
        self.act, self.page = act, page
        super().__init__(data, auto_id="%s", label_suffix="")
        for name in act.fields:
            self.fields[name] = FIELDS[name](self.page_kind)
        self.ambiguous_moments = _find_ambiguous_moments(str(data.get("at", ""))) if data else []
        if self.ambiguous_moments:
            choices = [(str(n), _format_offset(moment)) for n, moment in enumerate(self.ambiguous_moments)]
            label = _("Which of the two")
            self.fields["which"] = forms.ChoiceField(
                label=label, choices=choices, required=False, widget=forms.RadioSelect
            )

    @property
    def row(self) -> Brief | Issue:
        return cast(Brief | Issue, self.page.row)

    def link_reasons(self, reasons: Iterable[Reason]) -> list[FieldError]:
        return field_errors_from_reasons(reasons)

    def build_context(self) -> dict[str, Any]:
        """Return what the template needs beside the form."""
        return {}

    # What the act needs

    @property
    def title(self) -> str:
        return str(self.act.label)

    def find_obstacles(self) -> list[FieldError]:
        """Return why the act would be refused whatever is typed: the state, or the conditions of the table."""
        wrong_state = wrong_state_errors(self.act.name, self.row)
        return wrong_state or self.link_reasons(self.page.standing.list_unmet(self.act.name))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "at" not in self.fields or "at" in self.errors:
            return values
        if self.ambiguous_moments:
            if which := values.get("which"):
                values["at"] = self.ambiguous_moments[int(which)]
            else:
                sentence = _("This time comes twice in %(zone)s because the clocks change. Choose which.")
                self.add_error("which", sentence % {"zone": settings.TIME_ZONE})
        typed, said = self.data.get("at", ""), self.data.get("when", "")
        if said == "later" and not typed:
            self.add_error("at", _("Choose a time."))
        elif said not in ("", "later", typed or "now"):
            self.add_error("at", _("The button said another time. It says this one now: press it again."))
        return values

    @property
    def time_button(self) -> dict[str, str]:
        """Return what the button of a publishing act says and sends: `now`, or the time that the field has."""
        if "at" not in self.fields:
            return {}
        words = {"now": _("Publish now"), "later": _("Publish on %(time)s")}
        if self.act.of_issue:
            words = {
                "now": pgettext("issue", "Publish now"),
                "later": pgettext("issue", "Publish on %(time)s"),
            }
        value = str(self["at"].value() or "")
        try:
            moment = dt.datetime.fromisoformat(value)
        except ValueError:
            return {**words, "value": "now", "label": words["now"]}
        is_this_year = moment.year == timezone.localtime(self.page.now).year
        style = pgettext("date format", "j F, H:i") if is_this_year else pgettext("date format", "j F Y, H:i")
        label = words["later"] % {"time": formats.date_format(moment, style)}
        return {**words, "value": value, "label": label}

    @property
    def publication(self) -> Publication | None:
        return self.page.publication() if self.act.rule == "approve" else None

    def perform(self) -> Any:
        """Do the act with what the valid form says. Raise Refused."""
        values = {name: self.cleaned_data[name] for name in self.act.fields if name != "mail"}
        return perform_act(self.act, self.row, by=self.page.person, data=self.data, **values)


def perform_act(act: Act, row: Brief | Issue, *, by: Any, data: Mapping[str, Any], **values: Any) -> Any:
    """Call the function of the act with what the page sent back of what it showed. Raise Refused."""
    if act.leaf:
        values["name"] = act.leaf
    if act.sends == "leaf":
        values["seen"] = data.get(f"seen_{act.leaf}", "")
    elif act.sends == "seen":
        values["seen"] = data.get("seen", "")
        if not act.of_issue:
            values["names_seen"] = PageNames.parse(data.get("names_seen", ""))
    elif act.sends == "version":
        typed = str(data.get("version", ""))
        values["version"] = int(typed) if typed.isdecimal() and typed.isascii() and len(typed) < 10 else 0
    return getattr(workflow, act.function)(row, by=by, **values)


def _find_ambiguous_moments(value: str) -> list[dt.datetime]:
    """Return both moments of a time repeated by a clock change, else an empty list."""
    try:
        moments = find_moments(dt.datetime.fromisoformat(value).replace(tzinfo=None))
    except ValueError:
        return []
    return moments if len(moments) == 2 else []


def _format_offset(moment: dt.datetime) -> str:
    offset = f"{moment:%z}"
    return format_with_remark(f"{moment:%H:%M}", f"UTC{offset[:3]}:{offset[3:]}")


def answer_form(
    request: HttpRequest,
    form_class: type[ActForm],
    act: Act,
    page: Any,
    *,
    reload_page: Callable[[], Any],
    finish: Callable[[Any], HttpResponse],
) -> HttpResponse:
    """Show the form of an act. A POST does it; a refusal shows the form again, with everything typed and what is now.

    `finish` gets what the act returned.
    """
    if request.method != "POST":
        return render_form(request, form_class(act=act, page=page))
    form = form_class(request.POST, act=act, page=page)
    if not form.is_valid():
        return render_form(request, form, field_errors_from_form(form))
    try:
        done = form.perform()
    except Refused as refused:
        form = form_class(request.POST, act=act, page=reload_page())
        return render_form(request, form, form.link_reasons(simplify_stale_reasons(refused)))
    return finish(done)


def render_form(request: HttpRequest, form: ActForm, errors: list[FieldError] | None = None) -> HttpResponse:
    obstacles = form.find_obstacles() if errors is None else wrong_state_errors(form.act.name, form.row)
    links = {name: f"#{name}" for name in form.fields}
    return render_page(
        request,
        "verbs/act",
        status=200 if errors is None else 409,
        title=form.title,
        opts=form.row._meta,
        parent_url=form.page.url,
        form=form,
        is_open=not obstacles,
        reasons=link_errors(errors or [], links, base_url=form.page.url),
        unmet=link_errors(obstacles if errors is None else [], links, base_url=form.page.url),
        **form.build_context(),
    )


class BriefActForm(ActForm):
    page: BriefPageData

    def __init__(self, data: Any = None, *, act: Act, page: BriefPageData) -> None:
        super().__init__(data, act=act, page=page)
        if not self.is_bound and act.shows == "scheduled" and page.facts.scheduled_edition:
            self.initial["at"] = (
                f"{timezone.localtime(page.facts.scheduled_edition.live_from):%Y-%m-%dT%H:%M}"
            )

    def get_seen(self) -> dict[str, object]:
        """Return the hidden values. `seen` is always there: it tells this form from a button of the brief's page."""
        names = self.page.page_names if self.act.sends == "seen" else None
        return {
            "version": self.page.brief.version,
            "seen": names.hash_with(self.page.content) if names else "-",
            **({"names_seen": names.as_text()} if names else {}),
        }

    def link_reasons(self, reasons: Iterable[Reason]) -> list[FieldError]:
        """Link each error to the place where it can be fixed, and list each open note."""
        errors: list[FieldError] = []
        for reason in reasons:
            errors += field_errors_from_reasons([reason], href=self._find_place(reason))
            if reason.code == "open-notes":
                errors += self._list_open_notes()
        return list(dict.fromkeys(errors))

    @property
    def _review_url(self) -> str:
        return reverse("admin:briefs_brief_review", args=[self.row.pk])

    def _find_place(self, reason: Reason) -> str:
        if reason.about.startswith("signoff-") or reason.about == "notes":
            return f"{self._review_url}#{reason.about}"
        if reason.code in ("keyword-zh", "keyword-en"):
            return build_keyword_url(reason.values["pk"], back=self.page.url)
        return ""

    def _list_open_notes(self) -> list[FieldError]:
        return [
            FieldError(
                _("%(part)s: %(who)s") % {"part": note.by, "who": note.text[:MAX_EXCERPT_LENGTH]},
                href=f"{self._review_url}#note-{note.pk}",
            )
            for note in self.page.notes
            if note.resolved_at is None
        ]

    # What the page says and shows beside the fields

    def describe_situation(self) -> list[str]:
        """Describe the public and the scheduled edition, who signed, and what else the act concerns."""
        page, lines = self.page, []
        match self.act.name:
            case "send_back":
                n = sum(note.resolved_at is None for note in page.notes)
                text = ngettext("%(n)s open note goes with it.", "%(n)s open notes go with it.", n)
                return [text % {"n": n}] if n else []
            case "reinstate":
                return list(_describe_taking_down(page.facts.public_edition))
        if (edition := page.facts.public_edition) is not None:
            values = {"n": edition.number, "time": format_time(edition.live_from)}
            lines.append(_("Edition %(n)s has been public since %(time)s.") % values)
        if (edition := page.facts.scheduled_edition) is not None:
            values = {"n": edition.number, "time": format_time(edition.live_from), "zone": settings.TIME_ZONE}
            lines.append(_("Edition %(n)s is scheduled for %(time)s (%(zone)s).") % values)
        return lines + (describe_holders(page.brief) if self.act.name in ("approve", "withdraw") else [])

    @property
    def _edition(self) -> Edition | None:
        return {"public": self.page.facts.public_edition, "scheduled": self.page.facts.scheduled_edition}.get(
            self.act.shows
        )

    @property
    def shown_content(self) -> Content | None:
        if self.act.shows == "draft":
            return self.page.content
        return load_edition_content(self._edition) if self._edition else None

    @property
    def content_heading(self) -> str:
        if self.act.name == "reinstate":
            return _("What readers will see again")
        return _("What readers will see") if self.act.shows == "draft" else _("The text of this edition")

    def find_difference(self) -> ContentDifference | None:
        """Return what a publication changes for readers, without the change note, which the page shows above."""
        edition = find_last_shown_edition(self.page.facts.editions, self.page.now)
        if edition is None or self.act.name != "approve":
            return None
        before, after = load_edition_content(edition), self.page.content.without_staff_fields()
        return diff_contents(replace(before, **NO_CHANGE), replace(after, **NO_CHANGE))

    def notices(self) -> list[dict[str, str]]:
        """Return the notices, in both languages, that readers would see in place of the text."""
        if self.act.name == "remove":
            return _render_in_both_languages(lambda side: _("This page has been removed."))
        if self.act.name != "withdraw":
            return []
        kind = self["kind"].value()

        def format_notice(side: Side) -> str:
            reason = WithdrawalKind(kind).sentence(side) if kind in WithdrawalKind else "…"
            values = {"date": date_format.format_day(timezone.localdate(), side), "reason": reason}
            return _("This brief was withdrawn on %(date)s. Reason: %(reason)s") % values

        return _render_in_both_languages(format_notice)

    def build_context(self) -> dict[str, Any]:
        page, shown, difference = self.page, self.shown_content, self.find_difference()
        approved = shown if self.act.name == "approve" else None
        return {
            "brief": page.brief,
            "subtitle": str(page.brief),
            "desk": page,
            "original": page.original_link,
            "shown": shown,
            "is_draft": shown == page.content,
            "runs": render_rows(build_rows(diff_contents(shown, shown))) if shown and not difference else [],
            "difference": describe_comparison(difference) if difference else None,
            "key_line": build_key_line(approved) if approved else None,
            "unsourced": _list_unsourced(approved) if approved and page.has_original else (),
        }


def _list_unsourced(content: Content) -> list[str]:
    """Return the points with a figure or a quotation and no passage of the original, in the interface language."""
    rows = [row for row in content.bullets if not row.passage and passages.has_figure_or_quotation(row)]
    return [row.text_zh if interface_side() == "zh" else row.text_en for row in rows]


def _describe_taking_down(edition: Edition | None) -> Iterable[str]:
    if edition and edition.withdrawn_at:
        reason = getattr(edition, f"withdrawn_reason_{interface_side()}")
        yield format_with_label(_("Withdrawn"), f"{format_time(edition.withdrawn_at)} – {reason}")
    if edition and edition.removed_at:
        yield format_with_label(_("Removed"), f"{format_time(edition.removed_at)} – {edition.removed_reason}")


def _render_in_both_languages(build_sentence: Callable[[Side], str]) -> list[dict[str, str]]:
    """Return the sentence for readers in both languages."""
    sentences = []
    for side in SIDES:
        with translation.override(paths.LANGUAGE_CODES[side]):
            sentences.append({"lang": LANGUAGE_TAGS[side], "sentence": build_sentence(side)})
    return sentences
